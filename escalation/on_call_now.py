"""Who is rung for an elder who waits on the line: whoever has the order, else one after the other on duty."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.asking import FIELD_ROLES, ladder_of, what_follows
from escalation.duty import Roster, of_role, on_call
from records.orders import WorkOrder
from records.people import Worker
from records.rings import ringing_about, take_ring

HELD = ("accepted", "on_the_way")
NEEDS_NOBODY = ("on_site", "closed")


@dataclass(frozen=True, slots=True)
class Ring:
    """Somebody to be rung; nobody else rings them meanwhile."""

    worker_id: int
    login: str
    number: str
    language: str


@dataclass(frozen=True, slots=True)
class Busy:
    """Whoever could be rung is on the telephone with the robot."""

    about_this: bool
    """About this very order: they may take it any moment."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """There is nobody further."""

    taken: bool
    """Though somebody has the order."""


def next_to_ring(
    session: Session,
    order: WorkOrder,
    tried: Collection[int],
    *,
    holder: str,
    now: datetime,
    seconds: float,
) -> Ring | Busy | Nobody:
    """Find the next person to ring about an order and have their telephone for ``seconds``.

    An order that somebody has is for them alone. Otherwise the person whom the ladder asks at present comes
    first, then the others on duty as the ladder would ask them, coordinators last; none who declined or was
    ``tried``. The ladder itself is not moved: whoever does not answer here is still waited for there.
    """
    if order.status in NEEDS_NOBODY:
        return Nobody(taken=True)
    held = order.status in HELD
    but, busy = {*tried, *_declined(session, order, now)}, set[int]()
    while (worker := _next(session, order, but | busy, now)) is not None:
        if not worker.number:
            but.add(worker.id)
        elif take_ring(session, worker.id, order.id, holder=holder, now=now, seconds=seconds):
            return Ring(worker.id, worker.login, worker.number, worker.language)
        elif ringing_about(session, worker.id, now) == order.id:
            return Busy(about_this=True)
        else:
            busy.add(worker.id)
    return Busy(about_this=False) if busy else Nobody(taken=held)


def _next(session: Session, order: WorkOrder, but: Collection[int], now: datetime) -> Worker | None:
    asked = order.assignee
    if asked is not None and asked.id not in but and asked.active and asked.role in FIELD_ROLES:
        there = Roster.at(session, now).in_place_of(session, asked)
        if order.status in HELD or (there is not None and there.id == asked.id):
            return asked
    if order.status in HELD:
        return None
    ladder = ladder_of(order)
    roles = FIELD_ROLES if ladder is None else ladder.roles
    found = on_call(session, order.elder.area_id, roles, but=but, now=now)
    if found is not None:
        return found
    coordinators = of_role(session, order.elder.area_id, "coordinator", now)
    return next((each for each in coordinators if each.id not in but), None)


def _declined(session: Session, order: WorkOrder, now: datetime) -> set[int]:
    following = what_follows(session, order, now)
    logins = following.declined if following is not None else frozenset[str]()
    return set(session.scalars(select(Worker.id).where(Worker.login.in_(logins))))
