"""Who should have been visited, called back or attended to, and wasn't? Queries only; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from escalation.climbing import ANEW, TAKEN_AWAY
from escalation.idle_rounds import rounds_missed, rounds_waiting
from escalation.late_visits import visits_overdue, visits_past_period
from escalation.opening import going_to
from escalation.oversight import Oversight
from escalation.paused_campaigns import campaigns_paused
from escalation.policy import AuditorRules, UrgencyLabel
from escalation.situations import SETTLED
from escalation.unheard_callers import callers_unheard
from escalation.unreviewed import emergencies_unreviewed
from records.audit import Heartbeat
from records.bulk import these
from records.farewells import RETIRED, farewell
from records.marks import is_grave, is_unsettled
from records.orders import Notification, WorkOrder, WorkOrderEvent
from records.people import Elder
from records.visits import Assessment, Flag, Visit, is_open, is_under_way

LOOK_BACK = timedelta(days=30)
"""How far back flags and ended visits are checked; older ones have been raised long since."""


def find_oversights(
    session: Session, rules: AuditorRules, now: datetime, *, watching_since: datetime | None = None
) -> list[Oversight]:
    """Everything that was forgotten, the most urgent and oldest first.

    ``watching_since``: when the system was started; components get their time from then on. None: no grace.
    """
    found = [
        *visits_overdue(session, rules, now),
        *visits_past_period(session, now),
        *leases_dead(session, rules, now),
        *orders_unaccepted(session, rules, now),
        *orders_overdue(session, now),
        *orders_unfinished(session, rules, now),
        *ladders_stuck(session, rules, now),
        *notifications_stuck(session, rules, now),
        *flags_without_order(session, rules, now),
        *visits_unassessed(session, rules, now),
        *in_home_unordered(session, rules, now),
        *campaigns_paused(session, rules, now),
        *rounds_waiting(session, rules, now),
        *rounds_missed(session, now),
        *emergencies_unreviewed(session, rules, now),
        *callers_unheard(session, rules, now),
        *components_silent(session, rules, now, watching_since),
    ]
    rank = {"emergency": 0, "urgent": 1, "need": 2, "none": 3}
    return sorted(found, key=lambda each: (rank[each.urgency], each.since, each.kind, each.subject))


def leases_dead(session: Session, rules: AuditorRules, now: datetime) -> Iterator[Oversight]:
    """Visits whose caller has gone silent in the middle."""
    rows = session.scalars(
        _visits().where(
            is_under_way(),
            Visit.lease_owner.is_not(None),
            Visit.lease_until < now - timedelta(minutes=rules.lease_dead),
        )
    ).all()
    return (_of_visit("lease_dead", visit, visit.lease_until or now, "urgent") for visit in rows)


def orders_unaccepted(session: Session, rules: AuditorRules, now: datetime) -> Iterator[Oversight]:
    """Orders that nobody has taken in the time their urgency allows."""
    for order in _orders(session, WorkOrder.status == "open"):
        allowed = timedelta(minutes=rules.order_unaccepted[cast("UrgencyLabel", order.urgency)])
        if order.opened_at + allowed < now and (since := _open_since(session, order)) + allowed < now:
            yield _of_order("order_unaccepted", order, since)


def _open_since(session: Session, order: WorkOrder) -> datetime:
    """Since when somebody is looked for: the time in which somebody had it is not held against it."""
    latest = session.scalar(
        select(func.max(WorkOrderEvent.at)).where(
            WorkOrderEvent.order_id == order.id,
            WorkOrderEvent.kind.in_(["opened", "reopened", ANEW, TAKEN_AWAY]),
        )
    )
    return max(order.opened_at, latest or order.opened_at)


def orders_overdue(session: Session, now: datetime) -> Iterator[Oversight]:
    """Orders past their deadline that are not closed and where nobody has arrived."""
    late = _orders(session, WorkOrder.status.not_in(["closed", "on_site"]), WorkOrder.deadline < now)
    return (_of_order("order_overdue", order, order.deadline) for order in late)


def orders_unfinished(session: Session, rules: AuditorRules, now: datetime) -> Iterator[Oversight]:
    """Orders on site for so long that somebody should ask what came of it."""
    for order in _orders(session, WorkOrder.status == "on_site"):
        arrived = session.scalar(
            select(func.max(WorkOrderEvent.at)).where(
                WorkOrderEvent.order_id == order.id, WorkOrderEvent.kind == "on_site"
            )
        )
        since = arrived or order.opened_at
        if since + timedelta(minutes=rules.order_unfinished) < now:
            yield _of_order("order_unfinished", order, since)


def ladders_stuck(session: Session, rules: AuditorRules, now: datetime) -> Iterator[Oversight]:
    """Orders whose next step is long due: nobody climbs, or this one cannot be climbed."""
    late = now - timedelta(minutes=rules.ladder_stuck)
    waiting = _orders(session, WorkOrder.status == "open", WorkOrder.next_step_at < late)
    return (_of_order("ladder_stuck", order, order.next_step_at or order.opened_at) for order in waiting)


def notifications_stuck(session: Session, rules: AuditorRules, now: datetime) -> Iterator[Oversight]:
    """Messages that were not delivered in the time their urgency allows, or never can be."""
    rows = session.scalars(
        select(Notification)
        .where(
            Notification.status.not_in(["sent", "delivered", "lapsed"]),
            Notification.created_at > now - LOOK_BACK,
        )
        .options(joinedload(Notification.order).joinedload(WorkOrder.elder))
    ).all()
    for row in rows:
        urgency = cast("UrgencyLabel", row.urgency)
        waited = now - row.created_at
        if row.status == "undelivered" and row.order_id is None:
            continue  # about itself the auditor would speak without end on a channel that delivers nothing
        if row.status in ("failed", "undelivered") or waited > timedelta(
            minutes=rules.notification_stuck[urgency]
        ):
            area = row.order.elder.area_id if row.order is not None else None
            yield Oversight(
                "notification_stuck", "notification", row.id, str(row.id), urgency, row.created_at, area
            )


def flags_without_order(session: Session, rules: AuditorRules, now: datetime) -> Iterator[Oversight]:
    """Red flags that stand and that no work order of their visit speaks of."""
    flags = session.execute(
        select(Flag.visit_id, Flag.code, Flag.urgency, Flag.raised_at)
        .where(
            is_grave(),
            Flag.raised_at < now - timedelta(minutes=rules.flag_unanswered),
            Flag.raised_at > now - LOOK_BACK,
        )
        .order_by(Flag.raised_at, Flag.id)
    ).all()
    known: dict[int, set[str]] = {}
    flagged = these(session, sorted({flag.visit_id for flag in flags}))
    orders = select(WorkOrder.visit_id, WorkOrder.codes).where(WorkOrder.visit_id.in_(flagged))
    for visit_id, codes in session.execute(orders):
        if visit_id is not None:
            known.setdefault(visit_id, set()).update(codes)
    first: dict[int, Any] = {}
    for flag in flags:
        if flag.code not in known.get(flag.visit_id, set()):
            first.setdefault(flag.visit_id, flag)
    areas = dict(
        session.execute(
            select(Visit.id, Elder.area_id)
            .join(Elder, Elder.id == Visit.elder_id)
            .where(Visit.id.in_(these(session, list(first))))
        ).all()
    )
    for visit_id, flag in first.items():
        urgency = cast("UrgencyLabel", flag.urgency)
        yield Oversight(
            "flag_without_order", "visit", visit_id, str(visit_id), urgency, flag.raised_at, areas[visit_id]
        )


def visits_unassessed(session: Session, rules: AuditorRules, now: datetime) -> Iterator[Oversight]:
    """Telephone visits that ended without an assessment, or badly and without any order.

    Asked of the rows, about those visits that are not marked as settled (``records.aftermath``).
    """
    rows = session.execute(
        select(Visit, Assessment.id, WorkOrder.id)
        .outerjoin(Assessment, Assessment.visit_id == Visit.id)
        .outerjoin(WorkOrder, WorkOrder.visit_id == Visit.id)
        .where(
            is_unsettled(),
            Visit.ended_at < now - timedelta(minutes=rules.unassessed),
            Visit.ended_at > now - LOOK_BACK,
            or_(Visit.outcome.is_(None), Visit.outcome != "cancelled"),
            or_(Assessment.id.is_(None), WorkOrder.id.is_(None)),
        )
        .options(joinedload(Visit.elder))
    ).all()
    for visit, assessment, order in rows:
        if assessment is None or (order is None and visit.outcome not in SETTLED):
            yield _of_visit("visit_unassessed", visit, visit.ended_at or now, "urgent")


def in_home_unordered(session: Session, rules: AuditorRules, now: datetime) -> Iterator[Oversight]:
    """Planned visits in person that nobody was asked to make."""
    rows = session.scalars(
        _visits()
        .outerjoin(WorkOrder, going_to(Visit.id))
        .where(
            Visit.mode == "in_home",
            is_open(),
            WorkOrder.id.is_(None),
            Visit.created_at < now - timedelta(minutes=rules.in_home_unordered),
        )
    ).all()
    return (_of_visit("in_home_unordered", visit, visit.created_at) for visit in rows)


def components_silent(
    session: Session, rules: AuditorRules, now: datetime, watching_since: datetime | None = None
) -> Iterator[Oversight]:
    """Parts of the system that have stopped beating, or never began; not those that are retired.

    One that signed off is missed like one that died: the policy wants its work done by somebody.
    """
    rows = session.scalars(select(Heartbeat)).all()
    beats = {row.component: row.at for row in rows}
    retired = {row.component for row in rows if farewell(row) == RETIRED}
    unseen = watching_since or now.replace(minute=0, second=0, microsecond=0)
    for component, minutes in sorted(rules.heartbeats.items()):
        if component in retired:
            continue
        last = beats.get(component)
        limit = now - timedelta(minutes=minutes)
        just_started = watching_since is not None and watching_since >= limit
        if not just_started and (last is None or last < limit):
            yield Oversight("component_silent", "component", None, component, "urgent", last or unseen)


def _visits() -> Select[Visit]:
    return select(Visit).options(joinedload(Visit.elder), joinedload(Visit.campaign)).order_by(Visit.id)


def _orders(session: Session, *conditions: Any) -> Sequence[WorkOrder]:
    return session.scalars(
        select(WorkOrder).where(*conditions).options(joinedload(WorkOrder.elder)).order_by(WorkOrder.id)
    ).all()


def _of_visit(kind: str, visit: Visit, since: datetime, urgency: UrgencyLabel = "need") -> Oversight:
    return Oversight(kind, "visit", visit.id, str(visit.id), urgency, since, visit.elder.area_id)


def _of_order(kind: str, order: WorkOrder, since: datetime) -> Oversight:
    elder: Elder = order.elder
    urgency = cast("UrgencyLabel", order.urgency)
    return Oversight(kind, "work_order", order.id, str(order.id), urgency, since, elder.area_id)
