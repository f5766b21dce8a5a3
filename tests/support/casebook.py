"""Small cases for escalation: one village, one elder, one visit, told row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.aftercare import VisitAftercare
from escalation.rules import Channel, Rules
from ivr.script import document_of, load_script
from records.orders import Notification, WorkOrder, WorkOrderEvent
from records.people import Area, Consent, Elder, Phone, Worker
from records.sessions import Ledger
from records.visits import Answer, Assessment, CallAttempt, Campaign, Flag, ScriptVersion, Turn, Visit
from speech.types import Urgency

MORNING = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
"""A Wednesday, 10:00 in China."""
CORE = ("wellbeing", "falls", "eating", "mood", "safety", "help_needed")
"""The core questions of the standard script."""


@cache
def rules() -> Rules:
    """The shipped rules, told on one channel that may say what an order is about."""
    return Rules.load([Channel("memory", "code")])


@cache
def script_document() -> dict[str, Any]:
    """The standard script as campaigns keep it."""
    return dict(document_of(load_script("standard")))


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self, moment: datetime = MORNING) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.forward(seconds=seconds)

    def forward(self, **time: float) -> datetime:
        self.moment += timedelta(**time)
        return self.moment


@dataclass
class Village:
    """A town with one grid in it and whoever works there."""

    town: int
    grid: int
    campaign: int
    workers: dict[str, int] = field(default_factory=dict)


def settle_village(ledger: Ledger, *staff: str) -> Village:
    """Make areas, campaign and staff: ``role`` or ``role:login`` works in the grid, ``^role`` in town."""
    with ledger.session() as session:
        town = Area(level="town", name="城关镇", timezone="Asia/Shanghai")
        session.add(town)
        session.flush()
        grid = Area(parent_id=town.id, level="grid", name="一网格", timezone="Asia/Shanghai")
        script = ScriptVersion(script_id="standard", version=1, sha256="0" * 64, document=script_document())
        session.add_all([grid, script])
        session.flush()
        campaign = Campaign(
            name="三月探访",
            script_version_id=script.id,
            starts_on=date(2026, 3, 1),
            ends_on=date(2026, 3, 31),
            timezone="Asia/Shanghai",
            who={},
            windows={"days": [0, 1, 2, 3, 4, 5, 6], "hours": [["09:00", "11:30"], ["14:30", "17:30"]]},
            retries={},
            status="running",
            created_at=MORNING,
        )
        session.add(campaign)
        session.flush()
        village = Village(town.id, grid.id, campaign.id)
        for entry in staff:
            role, _, login = entry.lstrip("^").partition(":")
            area = town.id if entry.startswith("^") else grid.id
            worker = Worker(login=login or role, name=login or role, role=role, area_id=area)
            session.add(worker)
            session.flush()
            village.workers[worker.login] = worker.id
    return village


def plan_visit(
    session: Session,
    village: Village,
    *,
    name: str = "王桂兰",
    tier: str = "general",
    mode: str = "telephone",
    created_at: datetime = MORNING,
    campaign: int | None = None,
    elder: Elder | None = None,
) -> Visit:
    """One elder with one visit ahead."""
    if elder is None:
        elder = Elder(
            area_id=village.grid,
            roster_key=f"key-{name}",
            name=name,
            birth_date=date(1948, 5, 1),
            tier=tier,
            visit_mode=mode,
            created_at=created_at,
            updated_at=created_at,
        )
        session.add(elder)
        session.flush()
        session.add(Phone(elder_id=elder.id, position=0, number="+865335181234", number_key=f"n-{name}"))
    visit = Visit(
        campaign_id=campaign or village.campaign,
        elder_id=elder.id,
        mode=mode,
        mode_reason="" if mode == "telephone" else "ability_too_low",
        snapshot={},
        next_attempt_at=created_at if mode == "telephone" else None,
        created_at=created_at,
    )
    session.add(visit)
    session.flush()
    return visit


def agree_to_visits(session: Session, visit: Visit) -> None:
    """The elder's consent to be visited at home is on file."""
    session.add(
        Consent(
            elder_id=visit.elder_id, kind="in_home_visit", granted=True, source="form", recorded_at=MORNING
        )
    )


def ring(session: Session, visit: Visit, disposition: str, outcome: str | None = None) -> CallAttempt:
    """One attempt, over."""
    number = visit.attempts_made + 1
    visit.attempts_made = number
    phone = session.scalars(select(Phone).where(Phone.elder_id == visit.elder_id)).first()
    assert phone is not None
    attempt = CallAttempt(
        visit_id=visit.id,
        number=number,
        phone_id=phone.id,
        reference=f"visit-{visit.id}-{number}",
        fence=1,
        status="ended",
        disposition=disposition,
        call_outcome=outcome,
        intended_at=MORNING,
        dialled_at=MORNING,
    )
    session.add(attempt)
    session.flush()
    return attempt


def say(  # noqa: PLR0913 - the columns of one exchange, each by name
    session: Session,
    attempt: CallAttempt,
    question: str,
    words: str,
    answer: str = "ok",
    *,
    urgency: str = "none",
    codes: tuple[str, ...] = (),
    stands: bool = True,
    key: str = "",
    delay: float = 1.0,
    dbfs: float | None = None,
    paused: float | None = None,
) -> Turn:
    """One exchange; ``stands``: its answer is the visit's answer to the question."""
    index = len(session.scalars(select(Turn.id).where(Turn.attempt_id == attempt.id)).all())
    turn = Turn(
        attempt_id=attempt.id,
        index=index,
        question=question,
        prompt=f"{question}?",
        transcript=words,
        key=key,
        answer=answer,
        urgency=urgency,
        codes=list(codes),
        evidence=[
            {
                "code": code,
                "rule": f"zh-CN/{code}/1",
                "phrase": words,
                "found": words,
                "via": "text",
                "score": 0.9,
            }
            for code in codes
        ],
        confidence=0.9,
        asked_at=MORNING,
        started_s=index * 10.0,
        ended_s=index * 10.0 + 4.0,
        response_delay_s=delay if words else None,
        speech_s=len(words) / 4,
        pause_s=paused,
        speech_dbfs=dbfs,
        background_dbfs=None if dbfs is None else -50.0,
    )
    session.add(turn)
    session.flush()
    if stands:
        session.add(
            Answer(
                visit_id=attempt.visit_id,
                question=question,
                answer=answer,
                urgency=urgency,
                codes=list(codes),
                turn_id=turn.id,
            )
        )
        session.flush()
    return turn


def raise_flag(
    session: Session,
    visit: Visit,
    code: str,
    urgency: Urgency = Urgency.EMERGENCY,
    *,
    confirmed: str = "yes",
    words: str = "",
    turn: Turn | None = None,
    at: datetime = MORNING,
) -> Flag:
    """A red flag, as the dialer writes it."""
    flag = Flag(
        visit_id=visit.id,
        turn_id=turn.id if turn else None,
        code=code,
        urgency=urgency.label,
        confirmed=confirmed,
        words=words,
        raised_at=at,
    )
    session.add(flag)
    session.flush()
    return flag


def end(visit: Visit, outcome: str, at: datetime = MORNING) -> None:
    """The visit is over."""
    visit.status, visit.outcome, visit.ended_at, visit.next_attempt_at = "ended", outcome, at, None


def chat_well(session: Session, visit: Visit, questions: tuple[str, ...] = CORE) -> CallAttempt:
    """A call in which all is well."""
    attempt = ring(session, visit, "answered_human", "completed")
    for question in questions:
        say(session, attempt, question, "都挺好的")
    return attempt


def aftercare() -> VisitAftercare:
    """Aftercare by the shipped rules."""
    return VisitAftercare(rules())


def orders(session: Session) -> list[WorkOrder]:
    """All orders, the most urgent first."""
    found = session.scalars(select(WorkOrder).order_by(WorkOrder.id)).all()
    return sorted(found, key=lambda order: (-Urgency.parse(order.urgency), order.id))


def notifications(session: Session) -> list[Notification]:
    """The whole outbox."""
    return list(session.scalars(select(Notification).order_by(Notification.id)).all())


def history(session: Session, order: WorkOrder) -> list[str]:
    """The kinds of an order's events."""
    return list(
        session.scalars(
            select(WorkOrderEvent.kind).where(WorkOrderEvent.order_id == order.id).order_by(WorkOrderEvent.id)
        ).all()
    )


def assessment(session: Session, visit: Visit) -> Assessment:
    """What the visit was scored."""
    return session.scalars(select(Assessment).where(Assessment.visit_id == visit.id)).one()
