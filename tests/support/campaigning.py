"""A small community to be phoned: elders, a campaign, and a dialer that rehearses on a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from campaigns.briefing import Caller
from campaigns.desk import Converse, DialerOptions
from campaigns.dialer import Dialer, new_owner
from campaigns.opening import open_campaign
from campaigns.planner import PlanReport, plan_visits
from campaigns.progress import ProgressEvent
from campaigns.rehearsal import NotedAftercare, Plan, Rehearsal, RehearsalLine, Talk
from campaigns.retries import RetryPolicy
from campaigns.who import Who
from campaigns.windows import Windows
from ivr.clock import Clock
from ivr.lines import Line
from ivr.script import Script, load_script
from ivr.virtual_time import run_virtual
from records.people import Area, Consent, Elder, Phone
from records.sealing import keyring
from records.sessions import Ledger
from records.visits import CallAttempt, Campaign, Visit

T = TypeVar("T")

MONDAY = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
"""Half past nine in China."""
WINDOWS = Windows(hours=((time(9), time(11, 30)), (time(14, 30), time(17, 30))))
CALLER = Caller("滨河社区", "0533-5181234")
NUMBER = "+865335550{:04d}"


def number(index: int) -> str:
    """The number of the elder with that index."""
    return NUMBER.format(index)


def elder_name(index: int) -> str:
    """A name for the elder with that index; no two elders share one."""
    return f"王桂{chr(ord('茀') + index)}"


@cache
def script() -> Script:
    """The shipped script, read once."""
    return load_script("standard")


def add_elder(session: Session, index: int, area: Area, **about: Any) -> Elder:
    """A healthy elder who has agreed to be phoned; ``phones`` and ``consent`` may say otherwise."""
    phones: Sequence[str] = about.pop("phones", [number(index)])
    consent: bool | None = about.pop("consent", True)
    usual = {
        "name": elder_name(index),
        "sex": "female",
        "birth_date": date(1950, 1, 1),
        "ability": "intact",
        "tier": "general",
        "visit_mode": "telephone",
    }
    elder = Elder(
        area=area, roster_key=f"elder-{index}", created_at=MONDAY, updated_at=MONDAY, **(usual | about)
    )
    session.add(elder)
    for position, each in enumerate(phones, start=1):
        elder.phones.append(Phone(position=position, number=each, number_key=keyring().lookup_key(each)))
    if consent is not None:
        elder.consents.append(
            Consent(kind="telephone_visit", granted=consent, source="form", recorded_at=MONDAY)
        )
    session.flush()
    return elder


def add_area(session: Session, name: str = "滨河社区", parent: Area | None = None) -> Area:
    """A community."""
    area = Area(level="community", name=name, parent=parent)
    session.add(area)
    session.flush()
    return area


def open_monthly(session: Session, now: datetime = MONDAY, **about: Any) -> Campaign:
    """A campaign for everybody until the end of November."""
    usual: dict[str, Any] = {
        "name": "十一月问安",
        "who": Who(),
        "windows": WINDOWS,
        "retries": RetryPolicy(),
        "starts_on": date(2026, 11, 1),
        "ends_on": date(2026, 11, 30),
        "timezone": "Asia/Shanghai",
    }
    return open_campaign(session, script=about.pop("script", script()), now=now, **(usual | about))


@dataclass
class Community:
    """Elders in a ledger, phoned in rehearsal."""

    ledger: Ledger
    recordings: Path
    plans: dict[str, Plan] = field(default_factory=dict)
    """What each number does when it is rung; whoever has no plan answers one question and is done."""
    aftercare: NotedAftercare = field(default_factory=NotedAftercare)
    events: list[ProgressEvent] = field(default_factory=list)
    dialled: list[tuple[str, str, datetime]] = field(default_factory=list)
    """Reference, number and moment of everything that reached the line, over all runs."""
    now: datetime = MONDAY

    def settle(self, count: int, campaign: Mapping[str, Any] | None = None, **about: Any) -> PlanReport:
        """Elders 1..count move in, and a campaign is opened for them."""
        with self.ledger.session() as session:
            area = add_area(session)
            for index in range(1, count + 1):
                add_elder(session, index, area, **about)
            opened = open_monthly(session, self.now, **(campaign or {}))
            return plan_visits(session, opened, self.now)

    def run(
        self,
        *,
        line: Callable[[Clock], Line] | None = None,
        converse: Callable[[Clock], Converse] | None = None,
        meanwhile: Callable[[Dialer, Clock], Awaitable[None]] | None = None,
        until_idle: bool = True,
        **options: Any,
    ) -> None:
        """Let a fresh dialer work on a virtual clock until nothing is open or ``meanwhile`` stops it."""

        async def work(clock: Clock) -> None:
            rehearsal = RehearsalLine(clock, self.plans, otherwise=rings(Talk(questions=1)))
            rehearsal.dialled = self.dialled
            dialer = Dialer(
                self.ledger,
                line(clock) if line else rehearsal,
                converse(clock) if converse else Rehearsal(clock),
                clock,
                self.aftercare,
                owner=new_owner(),
                recordings_dir=self.recordings,
                options=DialerOptions(caller=CALLER, on_event=self.events.append, **options),
            )
            try:
                if meanwhile is None:
                    await dialer.run(until_idle=until_idle)
                else:
                    await _together(dialer.run(until_idle=until_idle), meanwhile(dialer, clock))
            finally:
                self.now = clock.now()

        run_virtual(work, self.now)

    def visit(self, index: int = 1) -> Visit:
        """The visit of an elder, with elder, attempts, answers and flags read."""
        with self.ledger.reading() as session:
            visit = session.scalars(
                select(Visit).join(Elder).where(Elder.roster_key == f"elder-{index}")
            ).one()
            _ = visit.elder.phones, visit.elder.consents, visit.answers, visit.flags, visit.terms
            _ = [(attempt.turns, attempt.phone) for attempt in visit.attempts]
            return visit

    def visits(self) -> list[Visit]:
        """All visits."""
        with self.ledger.reading() as session:
            return list(session.scalars(select(Visit).options(selectinload(Visit.terms)).order_by(Visit.id)))

    def attempts(self) -> list[CallAttempt]:
        """All attempts."""
        with self.ledger.reading() as session:
            return list(session.scalars(select(CallAttempt).order_by(CallAttempt.id)))

    def aftercare_of(self, index: int = 1) -> list[str]:
        """What aftercare was told about an elder's visit."""
        visit = self.visit(index)
        with self.ledger.reading() as session:
            return self.aftercare.noted(session, visit.id)

    def wait(self, **span: float) -> None:
        """Time passes while nothing runs."""
        self.now += timedelta(**span)


async def _together(first: Awaitable[None], second: Awaitable[None]) -> None:

    async with asyncio.TaskGroup() as group:
        group.create_task(_run(first))
        group.create_task(_run(second))


async def _run(work: Awaitable[None]) -> None:
    await work


def rings(*plan: Any) -> Plan:
    """A plan: dispositions and talks in turn; the last repeats."""
    return plan


__all__ = [
    "CALLER",
    "MONDAY",
    "WINDOWS",
    "Community",
    "Talk",
    "add_area",
    "add_elder",
    "elder_name",
    "number",
    "open_monthly",
    "rings",
    "script",
]
