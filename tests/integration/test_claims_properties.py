"""Whatever callers do, in whatever order they die: a visit has one holder, and an attempt is dialled once."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from support.campaigning import CALLER, MONDAY, Community
from support.ledgers import Ledgers, ledger_at

from campaigns.attempts import Ready, mark_dialling, prepare
from campaigns.claims import LEASE, Lease, LeaseLostError, claim_due, renew
from campaigns.outcomes import record_outcome
from campaigns.recovery import lapsed_visits, recover
from ivr.lines import Disposition
from ivr.report import CallReport
from records.keyring import Keyring
from records.visits import CallAttempt, Visit

VISITS = 3
OWNERS = st.sampled_from(["a", "b", "c"])
PICK = st.integers(0, 1000)


class Callers(RuleBasedStateMachine):
    """Callers that claim, ring, stand still and come back too late, with a sweeper between them.

    Nobody ever really dies here: a dead caller is one that does nothing any more, and one that comes back
    after its lease has run out is worse than a dead one.
    """

    ledgers: Ledgers
    keyring: Keyring
    folder: Path
    numbers = count()

    @initialize()
    def settle(self) -> None:
        place = self.folder / f"example-{next(self.numbers)}"
        place.mkdir()
        self.ledger = ledger_at(self.ledgers.migrated_url(place), self.keyring)
        self.community = Community(self.ledger, place)
        self.community.settle(VISITS, campaign={"max_concurrent": 2})
        self.now = MONDAY
        self.leases: list[Lease] = []
        """Every lease there ever was; whoever held one may still believe in it."""
        self.holds: dict[int, tuple[Lease, object]] = {}
        """Visit -> the lease that is good, and until when it is."""
        self.rung: dict[int, Ready] = {}
        """Fence by fence: the attempt that a lease's holder has given to the line."""
        self.journal: list[str] = []
        """What the line saw."""

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.dispose()

    @rule(seconds=st.integers(1, 120))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(owner=OWNERS, limit=st.integers(1, 3))
    def claim(self, owner: str, limit: int) -> None:
        with self.ledger.session() as session:
            claimed = claim_due(session, 1, owner=owner, now=self.now, limit=limit)
        for lease in claimed:
            assert lease.visit_id not in self.holds, "somebody held it"
            assert all(lease.fence > old.fence for old in self.leases if old.visit_id == lease.visit_id)
            self.leases.append(lease)
            self.holds[lease.visit_id] = (lease, self.now + LEASE)

    @rule(pick=PICK)
    def renew(self, pick: int) -> None:
        if not self.leases:
            return
        lease = self.leases[pick % len(self.leases)]
        if self._is_good(lease):
            with self.ledger.session() as session:
                renew(session, lease, self.now)
            self.holds[lease.visit_id] = (lease, self.now + LEASE)
            return
        with pytest.raises(LeaseLostError), self.ledger.session() as session:
            renew(session, lease, self.now)

    @rule(pick=PICK, stands_still=st.sampled_from([0, 0, 0, 30, 95]))
    def ring(self, pick: int, stands_still: int) -> None:
        """The intent, a while in which everything may happen, and the call."""
        if not self.leases:
            return
        lease = self.leases[pick % len(self.leases)]
        if id(lease) in self.rung:
            return
        try:
            with self.ledger.session() as session:
                found = prepare(
                    session, lease, caller=CALLER, aftercare=self.community.aftercare, now=self.now
                )
        except LeaseLostError:
            assert not self._is_good(lease)
            return
        assert self._is_good(lease)
        if not isinstance(found, Ready):
            del self.holds[lease.visit_id]
            return
        self.holds[lease.visit_id] = (lease, self.now + LEASE)
        self.now += timedelta(seconds=stands_still)
        if stands_still:
            self.sweep()
        try:
            with self.ledger.session() as session:
                mark_dialling(session, found, line="rehearsal", now=self.now)
        except LeaseLostError:
            assert stands_still >= LEASE.total_seconds()
            return
        self.holds[lease.visit_id] = (lease, self.now + LEASE)
        self.rung[id(lease)] = found
        self.journal.append(found.reference)

    @rule(pick=PICK)
    def come_to_an_end(self, pick: int) -> None:
        """A call is over; nobody picked up."""
        if not self.rung:
            return
        ready = list(self.rung.values())[pick % len(self.rung)]
        report = CallReport(Disposition.NO_ANSWER, None)
        try:
            with self.ledger.session() as session:
                record_outcome(
                    session,
                    ready.lease,
                    ready.attempt_id,
                    report,
                    recording="",
                    aftercare=self.community.aftercare,
                    now=self.now,
                )
        except LeaseLostError:
            assert not self._is_good(ready.lease)
            return
        assert self._is_good(ready.lease)
        del self.holds[ready.lease.visit_id]

    @rule()
    def sweep(self) -> None:
        with self.ledger.reading() as session:
            lapsed = set(lapsed_visits(session, self.now))
        assert lapsed == {visit for visit, (_, until) in self.holds.items() if until <= self.now}
        for visit_id in lapsed:
            with self.ledger.session() as session:
                assert recover(session, visit_id, self.community.aftercare, self.now) is not None
            del self.holds[visit_id]

    @invariant()
    def every_visit_has_one_holder_or_a_date_or_an_end(self) -> None:
        if not hasattr(self, "ledger"):
            return
        with self.ledger.reading() as session:
            visits = session.scalars(select(Visit)).all()
            attempts = session.scalars(select(CallAttempt)).all()
        assert {visit.id for visit in visits if visit.status == "in_progress"} == self.holds.keys()
        assert len(self.holds) <= 2, "the campaign allows two calls"
        for visit in visits:
            assert visit.status != "planned" or visit.next_attempt_at is not None
            still = [each for each in attempts if each.visit_id == visit.id and each.status != "ended"]
            assert len(still) <= (visit.id in self.holds)
        assert sorted(self.journal) == sorted(each.reference for each in attempts if each.dialled_at)
        assert len(set(self.journal)) == len(self.journal)

    def _is_good(self, lease: Lease) -> bool:
        return self.holds.get(lease.visit_id, (None,))[0] == lease


def test_callers_never_share_a_visit(sqlite_ledgers: Ledgers, keyring: Keyring, tmp_path: Path) -> None:
    surroundings = {"ledgers": sqlite_ledgers, "keyring": keyring, "folder": tmp_path, "numbers": count()}
    run_state_machine_as_test(
        type("CallersHere", (Callers,), surroundings),
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
