"""What `make chaos` proves it proves: the product broken on purpose does not get past its invariants.

In one process and virtual time; `make chaos-proof` does the same to real processes on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import pytest
from support.campaigning import WINDOWS, Community, number
from support.casebook import HandClock

from benchmarks.chaos.exchange import Dialled
from benchmarks.chaos.fates import plan_of
from benchmarks.chaos.running import MORNING, STAFF
from benchmarks.chaos.sabotage import SABOTAGES
from benchmarks.chaos.verdict import Fault, faults
from benchmarks.chaos.worker import chaos_rules
from campaigns.rehearsal import Plan, RehearsalLine
from escalation.aftercare import VisitAftercare
from escalation.notifiers import FileNotifier
from escalation.outbox import Outbox
from ivr.clock import Clock
from ivr.lines import Call
from records.people import Area, Worker
from records.sessions import Ledger

SEED = 6
"""Of five telephones one is busy first, one is never answered, and somebody cries for help."""
ELDERS = 5


class Trunk(RehearsalLine):
    """Connects whatever it is given, as a real one does: what was dialled twice is found in the journal."""

    def __init__(self, clock: Clock, plans: Mapping[str, Plan], journal: list[Dialled]) -> None:
        super().__init__(clock, plans)
        self._journal = journal

    async def dial(self, number: str, *, reference: str, ring_seconds: float = 60.0) -> Call:
        self._journal.append(Dialled(reference, number, self._clock.now()))
        self.dialled.clear()
        return await super().dial(number, reference=reference, ring_seconds=ring_seconds)


def phoned(ledger: Ledger, folder: Path, sabotage: str = "") -> list[Fault]:
    """A street is phoned, looked after and told of; what the invariants say of it."""
    rules, broken = chaos_rules(), SABOTAGES.get(sabotage)
    community = Community(ledger, folder, aftercare=VisitAftercare(rules))  # type: ignore[arg-type]
    community.now = (broken.begins if broken else None) or MORNING
    community.plans = {number(index): plan_of(SEED, number(index)) for index in range(1, ELDERS + 1)}
    community.settle(ELDERS)
    with ledger.session() as session:
        area = session.query(Area).one()
        session.add_all(Worker(login=role, name=role, role=role, area_id=area.id) for role in STAFF)
    messages, journal = folder / "messages.jsonl", list[Dialled]()
    with broken.committed() if broken else nullcontext():
        community.run(line=lambda clock: Trunk(clock, community.plans, journal))
        clock = HandClock(community.now)
        Outbox(ledger, {"file": FileNotifier(messages, clock.now)}, rules.policy.delivery, clock).drain()
    return faults(ledger, journal, messages, seed=SEED, windows=WINDOWS, misled_s=0)


def test_a_street_that_is_phoned_as_it_should_be_breaks_no_invariant(
    sqlite_ledger: Ledger, tmp_path: Path
) -> None:
    assert phoned(sqlite_ledger, tmp_path) == []


@pytest.mark.parametrize("name", sorted(SABOTAGES))
def test_what_is_broken_on_purpose_is_noticed_by_the_invariant_that_is_there_for_it(
    sqlite_ledger: Ledger, tmp_path: Path, name: str
) -> None:
    found = phoned(sqlite_ledger, tmp_path, name)
    assert {fault.invariant for fault in found} == {SABOTAGES[name].invariant}, [str(each) for each in found]
