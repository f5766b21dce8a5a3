"""Taking the steps of a ladder: finding the people, writing the messages, noting what was done.

A step is one transaction: its events, its messages and the moment of the next step stand or fall together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.alerts import NOBODY as WATCHERS
from escalation.alerts import Occasion, Standing, recipients, tell
from escalation.climbing import ASKED, NOBODY, OVERDUE, PASSED, TOLD, Happening, NextStep, next_step
from escalation.duty import Roster, areas_above, of_role, on_call
from escalation.history import note_event
from escalation.ladder_books import book_in_force
from escalation.ladders import OrderLadder, Target
from escalation.policy import Role, UrgencyLabel
from escalation.rules import Rules
from escalation.step_people import area_of, told_besides
from records.orders import WorkOrder, WorkOrderEvent
from records.people import Area, Worker

FIELD_ROLES: tuple[Role, ...] = ("grid_worker", "social_worker", "coordinator")
"""Who may hold an order."""


@dataclass(frozen=True, slots=True)
class Climbed:
    """What came of looking at a ladder."""

    steps: int
    told: frozenset[str]
    """Logins of those for whom there are new messages."""


def put_on_ladder(
    session: Session, rules: Rules, order: WorkOrder, roles: Sequence[Role] | None = None
) -> OrderLadder:
    """Give the order its own copy of the ladder for its urgency and place.

    ``roles``: for whom it is, by default those of the policy.
    """
    session.flush()
    names = {row.id: row.name for row in session.execute(select(Area.id, Area.name))}
    ladder = book_in_force(session, rules.ladders).for_order(
        cast("UrgencyLabel", order.urgency),
        areas=[names[area] for area in areas_above(session, order.elder.area_id)],
        timezone=order.elder.area.timezone,
        roles=roles or _roles(rules, order),
    )
    order.ladder = ladder.model_dump(mode="json")
    return ladder


def what_follows(session: Session, order: WorkOrder, now: datetime) -> NextStep | None:
    """The order's next step, which may lie in the future; None when nothing is to be climbed."""
    ladder = ladder_of(order)
    if ladder is None:
        return None
    rows = session.execute(
        select(
            WorkOrderEvent.kind,
            WorkOrderEvent.at,
            WorkOrderEvent.actor,
            WorkOrderEvent.note,
            WorkOrderEvent.step,
        )
        .where(WorkOrderEvent.order_id == order.id)
        .order_by(WorkOrderEvent.id)
    )
    return next_step(ladder, [Happening(*row) for row in rows], deadline=order.deadline, now=now)


def ladder_of(order: WorkOrder) -> OrderLadder | None:
    """The order's own ladder; None on orders older than ladders, and for a copy that cannot be read."""
    try:
        return OrderLadder.model_validate(order.ladder)
    except ValidationError:
        return None


def climb(session: Session, rules: Rules, order: WorkOrder, now: datetime) -> Climbed:
    """Take every step of the order's ladder that is due.

    The caller has made the order or locked its row, so that nobody else climbs at the same moment.
    """
    session.flush()
    if ladder_of(order) is None:
        put_on_ladder(session, rules, order)
    steps, told = 0, set[str]()
    while (following := what_follows(session, order, now)) is not None and following.at <= now:
        take = _press if following.late else _ask
        told |= take(session, rules, order, following, now)
        steps += 1
    order.next_step_at = None if following is None else following.at
    session.flush()
    return Climbed(steps, frozenset(told))


def _ask(session: Session, rules: Rules, order: WorkOrder, following: NextStep, now: datetime) -> set[str]:
    """Offer an order that nobody has to the next on duty, and tell whom else the step names."""
    targets = following.step.to
    offers = [target for target in targets if target.who == "on_duty"]
    found = (_on_duty(session, order, target, following, now) for target in offers)
    worker = next((each for each in found if each is not None), None)
    others = told_besides(session, order.elder.area_id, targets, order.assignee, now)
    nobody = bool(offers) and worker is None and not following.asked
    if nobody:
        others += of_role(session, order.elder.area_id, "coordinator", now)
    others = list({each.id: each for each in others if each is not worker}.values())
    number = following.number
    if worker is not None:
        order.assignee_id, order.assignee = worker.id, worker
        note_event(session, order, ASKED, worker.login, step=number, now=now)
        _tell(session, rules, order, [worker], following, "new", now)
    if nobody:
        order.assignee_id, order.assignee = None, None
        note_event(session, order, NOBODY, "nobody on duty", step=number, now=now)
        _tell(session, rules, order, others, following, "unassigned", now)
    elif others or (worker is None and len(offers) < len(targets)):
        # Where those whom the step names are not to be found, whoever watches the channel is told.
        note_event(session, order, TOLD, _logins(others) or WATCHERS, step=number, now=now)
        _tell(session, rules, order, others, following, "untaken", now)
    elif worker is None:
        note_event(session, order, PASSED, "", step=number, now=now)
    return {each.login for each in others} | ({worker.login} if worker is not None else set())


def _press(session: Session, rules: Rules, order: WorkOrder, following: NextStep, now: datetime) -> set[str]:
    """The deadline is missed and somebody has the order: remind them, and tell whom else the step names."""
    people = told_besides(session, order.elder.area_id, following.step.to, order.assignee, now)
    note_event(session, order, OVERDUE, _logins(people), step=following.number, now=now)
    _tell(session, rules, order, people, following, "overdue", now)
    return {each.login for each in people}


def _tell(
    session: Session,
    rules: Rules,
    order: WorkOrder,
    people: Sequence[Worker],
    following: NextStep,
    standing: Standing,
    now: datetime,
) -> None:
    occasion = Occasion(following.number, step=True, standing=standing, channels=following.step.channels)
    tell(session, rules, order, recipients(people, rules), occasion, now)


def _on_duty(
    session: Session, order: WorkOrder, target: Target, following: NextStep, now: datetime
) -> Worker | None:
    """The nearest worker not asked yet; at first whoever knows the order or goes to this elder anyway."""
    refused = {*following.asked, *following.declined}
    but = frozenset(session.scalars(select(Worker.id).where(Worker.login.in_(refused))))
    known = order.assignee or (_goes_there(session, order) if following.fresh else None)
    if following.fresh and known is not None and known.active and known.role in FIELD_ROLES:
        there = Roster.at(session, now).in_place_of(session, known)
        if there is not None and there.id not in but:
            return there
    ladder = ladder_of(order)
    roles = FIELD_ROLES if ladder is None else ladder.roles
    return on_call(session, area_of(session, target, order.elder.area_id), roles, but=but, now=now)


def _goes_there(session: Session, order: WorkOrder) -> Worker | None:
    """Whoever is on the way to this elder, or there, by another order: they need no second person."""
    return session.scalars(
        select(Worker)
        .join(WorkOrder, WorkOrder.assignee_id == Worker.id)
        .where(
            WorkOrder.elder_id == order.elder_id,
            WorkOrder.id != order.id,
            WorkOrder.kind == "in_person_visit",
            WorkOrder.status.in_(["accepted", "on_the_way", "on_site"]),
        )
        .order_by(WorkOrder.id.desc())
        .limit(1)
    ).first()


def _roles(rules: Rules, order: WorkOrder) -> tuple[Role, ...]:
    """For whom the policy meant this order."""
    if order.reason == "in_home":
        return rules.policy.in_home.roles
    for name, rule in rules.policy.situations.items():
        if name == order.reason:
            return next((each.roles for each in rule.orders if each.kind == order.kind), FIELD_ROLES)
    return FIELD_ROLES


def _logins(people: Sequence[Worker]) -> str:
    return ", ".join(worker.login for worker in people)
