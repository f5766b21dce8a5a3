"""Work orders: the list by urgency and deadline, and everything needed to act on one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, joinedload

from escalation.asking import what_follows
from escalation.climbing import NextStep
from escalation.feedback import unasked
from records.call_ins import CallIn
from records.feedback import Feedback
from records.orders import Notification, WorkOrder, WorkOrderEvent
from records.people import Elder
from records.visits import Turn
from web.identity import SignedIn
from web.pages import Page, fingerprint, slice_of

PER_PAGE = 25
SHOW = ("open", "overdue", "mine", "closed", "unasked")
OVER = ("closed", "unasked")
"""Of these, those that list what is done."""
MOST_ALERTS = 20
"""Emergencies that an open page is told of at once."""
URGENCIES = ("emergency", "urgent", "need", "none")


@dataclass(frozen=True)
class OrderFilter:
    """What the list is narrowed to; empty means anything."""

    show: str = "open"
    urgency: str = ""
    kind: str = ""


def find_orders(
    session: Session, user: SignedIn, wanted: OrderFilter, page: int, now: datetime
) -> Page[WorkOrder]:
    """Open orders by urgency, then deadline; closed ones by when they were closed, newest first."""
    conditions = _conditions(user, wanted)
    if wanted.show == "overdue":
        conditions += _late(now)
    if wanted.show == "unasked":
        to_ask = select(Feedback.order_id).where(Feedback.order_id == WorkOrder.id, unasked(now))
        conditions.append(to_ask.exists())
    counted = select(func.count(WorkOrder.id)).join(Elder, Elder.id == WorkOrder.elder_id).where(*conditions)
    at = slice_of(session.scalar(counted) or 0, page, PER_PAGE)
    statement = (
        select(WorkOrder)
        .join(Elder, Elder.id == WorkOrder.elder_id)
        .where(*conditions)
        .options(joinedload(WorkOrder.elder).joinedload(Elder.area), joinedload(WorkOrder.assignee))
        .offset(at.offset)
        .limit(PER_PAGE)
    )
    if wanted.show in OVER:
        statement = statement.order_by(WorkOrder.closed_at.desc(), WorkOrder.id.desc())
    else:
        statement = statement.order_by(urgency_rank(), WorkOrder.deadline, WorkOrder.id)
    return Page(session.scalars(statement).all(), at)


def urgency_rank() -> ColumnElement[int]:
    """Sorts emergencies first."""
    return case({urgency: rank for rank, urgency in enumerate(URGENCIES)}, value=WorkOrder.urgency, else_=0)


def open_count(session: Session, user: SignedIn) -> int:
    """How many orders are not closed."""
    conditions = _conditions(user, OrderFilter())
    return (
        session.scalar(
            select(func.count(WorkOrder.id)).join(Elder, Elder.id == WorkOrder.elder_id).where(*conditions)
        )
        or 0
    )


def overdue_count(session: Session, user: SignedIn, now: datetime) -> int:
    """How many orders are past their deadline with nobody on site."""
    conditions = [*_conditions(user, OrderFilter()), *_late(now)]
    counted = select(func.count(WorkOrder.id)).join(Elder, Elder.id == WorkOrder.elder_id)
    return session.scalar(counted.where(*conditions)) or 0


def emergencies_untaken(session: Session, user: SignedIn) -> Sequence[WorkOrder]:
    """Emergencies that nobody has taken yet, by deadline; at most ``MOST_ALERTS``."""
    statement = (
        select(WorkOrder)
        .join(Elder, Elder.id == WorkOrder.elder_id)
        .where(*_conditions(user, OrderFilter(urgency="emergency")), WorkOrder.status == "open")
        .options(joinedload(WorkOrder.elder))
        .order_by(WorkOrder.deadline, WorkOrder.id)
        .limit(MOST_ALERTS)
    )
    return session.scalars(statement).all()


def _late(now: datetime) -> list[ColumnElement[bool]]:
    return [WorkOrder.deadline < now, WorkOrder.status != "on_site"]


def revision(session: Session, user: SignedIn) -> str:
    """A short text that changes whenever an open order comes, goes, moves on or becomes more urgent."""
    rows = session.execute(
        select(WorkOrder.id, WorkOrder.status, WorkOrder.urgency, WorkOrder.assignee_id, WorkOrder.deadline)
        .join(Elder, Elder.id == WorkOrder.elder_id)
        .where(*_conditions(user, OrderFilter()))
        .order_by(WorkOrder.id)
    ).all()
    return fingerprint(rows)


def _conditions(user: SignedIn, wanted: OrderFilter) -> list[ColumnElement[bool]]:
    # Whoever stands in for somebody of another area has the orders they are asked about, and no others.
    theirs = Elder.area_id.in_(user.areas) | (WorkOrder.assignee_id == user.id)
    conditions: list[ColumnElement[bool]] = [theirs]
    conditions.append(WorkOrder.status == "closed" if wanted.show in OVER else WorkOrder.status != "closed")
    if wanted.show == "mine":
        conditions.append(WorkOrder.assignee_id == user.id)
    if wanted.urgency:
        conditions.append(WorkOrder.urgency == wanted.urgency)
    if wanted.kind:
        conditions.append(WorkOrder.kind == wanted.kind)
    return conditions


@dataclass(frozen=True)
class Message:
    """What one person was told about an order at one time, over all channels."""

    at: datetime
    recipient: str
    status: str
    channels: tuple[str, ...]


def history(session: Session, order: WorkOrder) -> list[WorkOrderEvent | Message]:
    """What happened to an order and who was told, in order."""
    rows = session.scalars(
        select(Notification).where(Notification.order_id == order.id).order_by(Notification.id)
    )
    told: dict[tuple[datetime, str, str], list[str]] = {}
    for row in rows:
        told.setdefault((row.created_at, row.recipient, row.status), []).append(row.channel)
    messages = [
        Message(at, recipient, status, tuple(channels)) for (at, recipient, status), channels in told.items()
    ]
    events = [event for event in order.events if event.kind != "notified"]  # the messages say it better
    return sorted([*events, *messages], key=lambda step: step.at)


def next_step(session: Session, order: WorkOrder, now: datetime) -> NextStep | None:
    """Who is asked or reminded next, and when, unless somebody takes the order or is there by then."""
    return what_follows(session, order, now)


def call_of(session: Session, order: WorkOrder) -> CallIn | None:
    """The call to us that an order came of, where no visit was waiting; None for all other orders."""
    matter, _, rest = order.dedupe_key.partition(":")
    number = rest.partition(":")[0]
    return session.get(CallIn, int(number)) if matter == "call_in" and number.isdigit() else None


def evidence_turns(session: Session, order: WorkOrder) -> list[Turn]:
    """The exchanges an order rests on."""
    ids = [item["turn_id"] for item in order.evidence if item.get("turn_id") is not None]
    if not ids:
        return []
    return list(
        session.scalars(
            select(Turn).where(Turn.id.in_(ids)).options(joinedload(Turn.attempt)).order_by(Turn.id)
        ).all()
    )
