"""Who is asked to go: the nearest active worker of a fitting role, going up the tree of areas."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records.orders import WorkOrder
from records.people import Area, Worker


def areas_above(session: Session, area_id: int) -> list[int]:
    """The area and those above it, nearest first. A tree that was tied into a ring by mistake ends."""
    chain: list[int] = []
    current: int | None = area_id
    while current is not None and current not in chain:
        chain.append(current)
        current = session.scalar(select(Area.parent_id).where(Area.id == current))
    return chain


def on_call(
    session: Session, area_id: int, roles: Sequence[str], *, but: Collection[int] = ()
) -> Worker | None:
    """The worker to ask: nearest area first, then role in order of preference, then fewest open orders.

    ``but``: ids of workers who are not asked, such as those who declined. None when nobody is on duty.
    """
    for area in areas_above(session, area_id):
        for role in roles:
            if found := _least_busy(session, area, role, but):
                return found
    return None


def of_role(session: Session, area_id: int | None, role: str) -> list[Worker]:
    """Everybody of a role in the nearest area that has any; without one above, everybody of the role."""
    statement = select(Worker).where(Worker.role == role, Worker.active).order_by(Worker.id)
    for area in areas_above(session, area_id) if area_id is not None else ():
        if found := session.scalars(statement.where(Worker.area_id == area)).all():
            return list(found)
    return list(session.scalars(statement).all())


def _least_busy(session: Session, area_id: int, role: str, but: Collection[int]) -> Worker | None:
    busy = (
        select(func.count(WorkOrder.id))
        .where(WorkOrder.assignee_id == Worker.id, WorkOrder.status != "closed")
        .scalar_subquery()
    )
    return session.scalars(
        select(Worker)
        .where(Worker.area_id == area_id, Worker.role == role, Worker.active, Worker.id.not_in(list(but)))
        .order_by(busy, Worker.id)
        .limit(1)
    ).first()
