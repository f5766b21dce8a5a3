"""The dialer when things go wrong around it: errors, stuck calls, lost ledgers and leases, being stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from support.campaigning import MONDAY, Community, Talk, elder_name, number, rings
from support.recorded import read_recording

from campaigns.desk import Converse
from campaigns.dialer import Dialer
from campaigns.opening import resume_campaign
from campaigns.rehearsal import NotedAftercare, Rehearsal, RehearsalLine, flag
from campaigns.sweeper import overdue
from ivr.call import hold_conversation
from ivr.clock import Clock
from ivr.dialogue import DialogueState
from ivr.lines import Call, Disposition
from ivr.report import CallObserver, CallOutcome, CallReport
from ivr.script import Script
from ivr.senses import Senses
from records.people import Consent
from records.sessions import Ledger, LedgerError
from records.visits import Campaign, Flag, Visit
from speech.types import Urgency


@pytest.fixture
def community(sqlite_ledger: Ledger, tmp_path: Path) -> Community:
    return Community(sqlite_ledger, tmp_path / "recordings")


def as_converse(senses: Senses, clock: Clock) -> Converse:
    """The real conversation fits where the dialer wants one; the type checker reads this."""
    return partial(hold_conversation, senses=senses, clock=clock, max_seconds=600.0)


class TestErrorsInACall:
    def test_an_unforeseen_error_in_one_call_does_not_touch_the_others(self, community: Community) -> None:
        broken = Talk(CallOutcome.COMPLETED, questions=2, breaks_with=KeyError(elder_name(1)))
        community.plans[number(1)] = rings(broken)
        community.settle(4)
        community.run(most_failures=50)
        assert [visit.outcome for visit in community.visits()] == [
            "unreachable",
            "completed",
            "completed",
            "completed",
        ]
        causes = {attempt.cause for attempt in community.visit(1).attempts}
        assert causes == {"interrupted: KeyError"}, "and the elder's name is in no log or cause"
        assert "ended:unreachable" in community.aftercare_of(1)

    def test_after_one_the_next_call_goes_on_where_it_was(self, community: Community) -> None:
        broken = Talk(CallOutcome.COMPLETED, questions=2, breaks_with=RuntimeError("engine"))
        community.plans[number(1)] = rings(broken, Talk())
        community.settle(1)
        community.run()
        first, second = community.visit().attempts
        assert len(first.turns) == 2
        assert second.turns[0].index == 2
        assert community.visit().outcome == "completed"

    def test_a_cry_for_help_before_one_is_looked_after(self, community: Community) -> None:
        broken = Talk(
            CallOutcome.COMPLETED,
            questions=1,
            flags={0: flag("fall_now", Urgency.EMERGENCY)},
            breaks_with=RuntimeError("engine"),
        )
        community.plans[number(1)] = rings(broken)
        community.settle(1)
        community.run()
        assert community.aftercare_of() == ["flag:fall_now:emergency", "ended:escalated"]

    def test_a_line_that_raises_what_it_should_not_is_a_failed_attempt(self, community: Community) -> None:
        class Torn(RehearsalLine):
            async def dial(self, number: str, *, reference: str, ring_seconds: float = 60.0) -> Call:
                if not self.dialled:
                    self.dialled.append((reference, number, MONDAY))
                    raise OSError("cable")
                return await super().dial(number, reference=reference, ring_seconds=ring_seconds)

        community.settle(1)
        community.run(line=lambda clock: Torn(clock, {}))
        first, _ = community.visit().attempts
        assert (first.cause, community.visit().outcome) == ("interrupted: OSError", "completed")

    def test_a_call_that_never_ends_is_ended(self, community: Community) -> None:
        class Endless(Rehearsal):
            async def __call__(self, call: Call, /, **about: Any) -> CallReport:
                if not community.events[-1].attempt > 1:
                    await asyncio.Event().wait()
                return await super().__call__(call, **about)

        community.settle(1)
        community.run(converse=Endless)
        first, _ = community.visit().attempts
        assert (first.cause, community.visit().outcome) == ("interrupted: no end", "completed")

    def test_engines_that_fail_call_after_call_pause_the_campaign(self, community: Community) -> None:
        class Deaf(Rehearsal):
            async def __call__(self, call: Call, /, **about: Any) -> CallReport:  # noqa: ARG002
                return CallReport(
                    Disposition.ANSWERED_HUMAN, CallOutcome.PARTIAL, cause="no model", ended_early=True
                )

        community.settle(20)
        community.run(converse=Deaf)
        assert community.visits()[19].attempts_made == 0
        with community.ledger.reading() as session:
            campaign = session.scalars(select(Campaign)).one()
        assert (campaign.status, "no model" in campaign.status_reason) == ("paused", True)

    def test_a_paused_campaign_goes_on_once_it_is_resumed(self, community: Community) -> None:
        for index in range(1, 7):
            community.plans[number(index)] = rings(Disposition.FAILED)
        community.settle(6)
        community.run()
        with community.ledger.session() as session:
            resume_campaign(session, 1, now=community.now, actor="wang")
        community.plans.clear()
        community.run()
        assert {visit.outcome for visit in community.visits()} == {"completed"}


class TestTheLedgerFails:
    def test_an_outcome_waits_until_the_ledger_can_be_written_again(self, community: Community) -> None:
        flaky = FlakyLedger(community.ledger, failing=range(6, 9))
        community.settle(1)
        community.ledger = flaky
        community.run()
        assert flaky.failed == 3
        assert community.visit().outcome == "completed"
        assert len(community.dialled) == 1

    def test_a_flag_that_could_not_be_written_is_written_with_the_next_turn(
        self, community: Community
    ) -> None:
        pain = Talk(CallOutcome.COMPLETED, questions=3, flags={0: flag("chest_pain", Urgency.EMERGENCY)})
        community.plans[number(1)] = rings(pain)
        community.settle(1)
        community.ledger = FlakyLedger(community.ledger, failing=range(6, 8))
        community.run()
        assert community.aftercare_of() == ["flag:chest_pain:emergency", "ended:escalated"]

    def test_no_call_is_placed_whose_intent_is_not_on_record(self, community: Community) -> None:
        community.settle(1)
        community.ledger = FlakyLedger(community.ledger, failing=range(3, 5))
        community.run()
        known = {attempt.reference for attempt in community.attempts()}
        assert {reference for reference, _, _ in community.dialled} <= known
        assert community.visit().outcome == "completed"

    def test_a_moment_without_the_ledger_is_no_reason_to_pause_the_campaign(
        self, community: Community
    ) -> None:
        community.settle(1)
        community.ledger = FlakyLedger(community.ledger, failing=range(3, 4))
        community.run(most_failures=1)
        assert community.visit().outcome == "completed"

    def test_a_dialer_whose_ledger_is_gone_for_good_gives_up(self, community: Community) -> None:
        community.settle(1)
        community.ledger = FlakyLedger(community.ledger, failing=range(1, 10_000))
        with pytest.raises(LedgerError):
            community.run()


class FlakyLedger(Ledger):
    """A ledger in which the transactions of the given numbers fail when they are to be committed."""

    def __init__(self, ledger: Ledger, *, failing: range) -> None:  # the real ledger is open already
        self._ledger = ledger
        self._failing = failing
        self._begun = 0
        self.failed = 0
        self.engine = ledger.engine

    @contextmanager
    def session(self) -> Iterator[Session]:
        self._begun += 1
        with self._ledger.session() as session:
            yield session
            if self._begun in self._failing:
                self.failed += 1
                raise LedgerError("The ledger has been busy.")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._ledger.reading() as session:
            yield session


class TestAftercareFails:
    def test_the_elder_is_not_rung_again_for_it_and_the_visit_is_seen_to_lie(
        self, community: Community
    ) -> None:
        class Broken(NotedAftercare):
            def visit_ended(self, session: Session, visit: Visit, now: datetime) -> None:
                super().visit_ended(session, visit, now)
                raise KeyError("policy")

        community.aftercare = Broken()
        community.settle(1)
        community.run()
        visit = community.visit()
        assert (visit.status, visit.outcome, len(community.dialled)) == ("in_progress", None, 1)
        assert visit.attempts[0].call_outcome == "completed"
        with community.ledger.reading() as session:
            [lying] = overdue(session, community.now + timedelta(hours=1))
        assert (lying.visit_id, lying.why) == (visit.id, "call_lost")
        community.aftercare = NotedAftercare()
        community.run(take_over=True)
        assert (community.visit().outcome, len(community.dialled)) == ("completed", 1)

    def test_over_a_flag_and_is_told_again_by_recovery(self, community: Community) -> None:
        class Broken(NotedAftercare):
            def flag_raised(self, session: Session, visit: Visit, flag: Flag, now: datetime) -> None:
                super().flag_raised(session, visit, flag, now)
                raise KeyError("policy")

        pain = Talk(CallOutcome.COMPLETED, questions=1, flags={0: flag("chest_pain", Urgency.EMERGENCY)})
        community.plans[number(1)] = rings(pain)
        community.aftercare = Broken()
        community.settle(1)
        community.run()
        assert [flag.code for flag in community.visit().flags] == ["chest_pain"]
        community.aftercare = NotedAftercare()
        community.run(take_over=True)
        assert community.aftercare_of() == ["flag:chest_pain:emergency", "ended:escalated"]


class TestLosingTheVisit:
    def test_to_another_process_ends_the_call_and_keeps_what_was_said(self, community: Community) -> None:
        def steal(session: Session) -> None:
            session.execute(update(Visit).values(lease_owner="another", fence=Visit.fence + 1))

        class Stolen(Rehearsal):
            async def __call__(
                self, call: Call, /, *, state: DialogueState, script: Script, observer: CallObserver
            ) -> CallReport:
                with community.ledger.session() as session:
                    steal(session)
                return await super().__call__(call, state=state, script=script, observer=observer)

        pain = Talk(CallOutcome.COMPLETED, questions=2, flags={0: flag("chest_pain", Urgency.EMERGENCY)})
        community.plans[number(1)] = rings(pain)
        community.settle(1)
        with community.ledger.session() as session:
            session.execute(update(Campaign).values(status="running"))

        async def stop_soon(dialer: Dialer, clock: Clock) -> None:
            await clock.sleep(60)
            await dialer.stop()

        community.run(converse=Stolen, meanwhile=stop_soon)
        visit = community.visit()
        assert (visit.status, visit.lease_owner, visit.outcome) == ("in_progress", "another", None)
        assert visit.attempts[0].cause == "interrupted: lease lost"
        assert community.aftercare_of() == ["flag:chest_pain:emergency"]


class Recorded(Rehearsal):
    """Talks that leave a second of noise."""

    async def __call__(self, call: Call, /, **about: Any) -> CallReport:
        report = await super().__call__(call, **about)
        noise = np.arange(16000, dtype=np.int16).reshape(8000, 2)
        return CallReport(**{name: getattr(report, name) for name in report.__slots__} | {"recording": noise})


class TestRecordings:
    def test_are_kept_by_month_and_visit(self, community: Community) -> None:
        community.settle(1)
        community.run(converse=Recorded)
        kept = community.visit().attempts[0].recording
        assert kept == "2026-11/visit-1-attempt-1.wav"
        assert len(read_recording(community.recordings / kept)) == 8000

    def test_of_elders_who_do_not_want_them_are_not_kept(self, community: Community) -> None:
        community.settle(1)
        with community.ledger.session() as session:
            session.add(
                Consent(elder_id=1, kind="recording", granted=False, source="form", recorded_at=MONDAY)
            )
        community.run(converse=Recorded)
        assert community.visit().attempts[0].recording == ""
        assert not community.recordings.exists()

    def test_that_cannot_be_stored_do_not_cost_the_outcome(self, community: Community) -> None:
        community.recordings.write_text("a file where the folder should be")
        community.settle(1)
        community.run(converse=Recorded)
        visit = community.visit()
        assert (visit.outcome, visit.attempts[0].recording) == ("completed", "")


class TestCallsPerSecond:
    def test_calls_begin_no_faster_than_the_trunk_agreed_to(self, community: Community) -> None:
        community.settle(6, {"max_concurrent": 6})
        community.run(max_calls=6, calls_per_second=0.5)
        begun = sorted(at for _, _, at in community.dialled)
        assert len(begun) == 6
        assert all(later - sooner >= timedelta(seconds=2) for sooner, later in pairwise(begun))
        assert begun[-1] - begun[0] < timedelta(seconds=60)


class TestEnginesThatDoNotKeepUp:
    def test_no_more_calls_are_held_than_they_keep_up_with(self, community: Community) -> None:
        community.settle(6, {"max_concurrent": 6})
        community.run(max_calls=6, keeps_up=lambda calls: 2 - calls)
        under_way = most = 0
        for event in community.events:
            under_way += {"ringing": 1, "ended": -1}.get(event.state, 0)
            most = max(most, under_way)
        assert most == 2
        assert all(visit.outcome == "completed" for visit in community.visits())

    def test_whoever_waits_for_them_is_called_as_soon_as_they_do(self, community: Community) -> None:
        """With nothing under way whose end could wake the dialer."""
        asked = 0

        def keeps_up(calls: int) -> int:
            nonlocal asked
            asked += 1
            return 0 if asked < 5 else 6 - calls

        community.settle(3)
        community.run(max_calls=6, keeps_up=keeps_up)
        assert all(visit.outcome == "completed" for visit in community.visits())
        begun = sorted(at for _, _, at in community.dialled)
        assert begun[-1] - begun[0] < timedelta(seconds=30)
