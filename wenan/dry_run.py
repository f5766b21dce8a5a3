"""A dry run: the simulated village is phoned by a campaign's own terms, in a ledger that is thrown away.

Planner, dialer, calendar, retry rules and aftercare are the real ones, on a clock of their own; the village's
telephones do what they do in the demo (busy, never answered, a machine, a relative, who hangs up half-way).
What is said is no part of it: whoever answers answers everything. Nothing is rung, and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, select

from campaigns.briefing import Caller
from campaigns.desk import DialerOptions
from campaigns.dialer import Dialer, new_owner
from campaigns.opening import open_campaign
from campaigns.planner import plan_visits
from campaigns.policies import save_policy
from campaigns.policy import Policy
from campaigns.progress import ProgressEvent
from campaigns.rehearsal import Plan, Rehearsal, RehearsalLine, Talk
from campaigns.retries import RetryPolicy
from campaigns.roster import import_roster
from campaigns.windows import Windows
from escalation.aftercare import VisitAftercare
from escalation.rules import Channel, Rules
from ivr.clock import Clock
from ivr.lines import Disposition
from ivr.report import CallOutcome
from ivr.script import Script
from ivr.virtual_time import run_virtual
from records.keyring import Keyring
from records.orders import WorkOrder
from records.sessions import Ledger
from records.visits import Visit
from wenan.demo import ROSTER
from wenan.village.personas import Persona, load_village


@dataclass(frozen=True)
class DryTerms:
    """The terms of the campaign that is tried out."""

    script: Script
    windows: Windows | dict[str, Any]
    retries: RetryPolicy
    policy: Policy
    starts_on: date
    ends_on: date
    max_concurrent: int
    tiers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one elder of the village."""

    elder: str
    mode: str
    mode_reason: str
    outcome: str
    rings: tuple[tuple[datetime, str], ...]
    """When the telephone rang, and what came of it."""
    orders: tuple[str, ...]
    """What people have to do, as kind/reason."""


def dry_run(terms: DryTerms, now: datetime, progress: Callable[[int, int], None]) -> list[Tried]:
    """Phone the village from ``now`` on until nothing is left to call; ``progress``: visits over, and all."""
    with TemporaryDirectory(prefix="wenan-dry-run-") as name:
        folder = Path(name)
        ledger = Ledger(f"sqlite:///{folder / 'ledger.sqlite'}", Keyring.at(folder / "wenan.key"))
        try:
            ledger.migrate()
            _agree(ledger, terms, now)
            import_roster(ledger, ROSTER, now=now, default_area_code="0533")
            visits = _plan(ledger, terms, now)
            over = 0

            def note(event: ProgressEvent) -> None:
                nonlocal over
                over += bool(event.outcome)
                progress(over, visits)

            async def call(clock: Clock) -> None:
                dialer = Dialer(
                    ledger,
                    RehearsalLine(clock, _telephones()),
                    Rehearsal(clock),
                    clock,
                    VisitAftercare(Rules.load((Channel("console"),))),
                    owner=new_owner(),
                    recordings_dir=folder,
                    options=DialerOptions(
                        caller=Caller("", ""), max_calls=terms.max_concurrent, on_event=note
                    ),
                )
                await dialer.run(until_idle=True)

            run_virtual(call, now)
            return _tried(ledger)
        finally:
            ledger.dispose()


def _agree(ledger: Ledger, terms: DryTerms, now: datetime) -> None:
    """The village lives by the policy that is tried out: by it the roster says who belongs to which tier."""
    with ledger.session() as session:
        today = now.astimezone(UTC).date()
        save_policy(session, None, terms.policy, today, today=today, now=now, actor="dry run")


def _plan(ledger: Ledger, terms: DryTerms, now: datetime) -> int:
    with ledger.session() as session:
        campaign = open_campaign(
            session,
            script=terms.script,
            now=now,
            name="dry run",
            who={"tiers": tuple(terms.tiers)},
            windows=terms.windows,
            retries=terms.retries,
            starts_on=terms.starts_on,
            ends_on=terms.ends_on,
            max_concurrent=terms.max_concurrent,
        )
        plan_visits(session, campaign, now, policy=terms.policy)
        calls = select(func.count(Visit.id)).where(Visit.mode == "telephone")
        return session.scalar(calls) or 0


def _tried(ledger: Ledger) -> list[Tried]:
    found = []
    with ledger.reading() as session:
        for visit in session.scalars(select(Visit).order_by(Visit.id)):
            orders = session.scalars(select(WorkOrder).where(WorkOrder.visit_id == visit.id))
            rings = [
                (attempt.dialled_at, attempt.disposition or "")
                for attempt in visit.attempts
                if attempt.dialled_at is not None
            ]
            found.append(
                Tried(
                    elder=visit.elder.name,
                    mode=visit.mode,
                    mode_reason=visit.mode_reason,
                    outcome=visit.outcome or visit.status,
                    rings=tuple(rings),
                    orders=tuple(sorted(f"{order.kind}/{order.reason}" for order in orders)),
                )
            )
    return found


def _telephones() -> dict[str, Plan]:
    """What every telephone of the village does, ring by ring."""
    return {number: _plan_of(each) for each in load_village() for number in (each.number, *each.also)}


def _plan_of(persona: Persona) -> Plan:
    answered = iter(_talks(persona))
    last = Talk()
    plan: list[Disposition | Talk] = []
    for ring in persona.rings:
        if isinstance(ring, Disposition):
            plan.append(ring)
        else:
            last = next(answered, last)
            plan.append(last)
    return (*plan, *answered)


def _talks(persona: Persona) -> tuple[Talk, ...]:
    """What comes of it the first, second ... time somebody answers."""
    outcome = persona.expects.outcome
    if outcome == "unreachable":
        machine = any(step.beep for turns in persona.says.values() for turn in turns for step in turn)
        return (Talk(CallOutcome.MACHINE if machine else CallOutcome.PROXY),)
    if outcome == "partial":
        return (Talk(CallOutcome.PARTIAL, questions=1, human_requested=True),)
    if outcome == "refused":
        return (Talk(CallOutcome.REFUSED, do_not_call=True),)
    if outcome == "wrong_person":
        return (Talk(CallOutcome.WRONG_PERSON),)
    if persona.expects.attempts > 1 and persona.rings == ("answers",):
        return Talk(CallOutcome.PARTIAL, questions=1), Talk()
    return (Talk(),)
