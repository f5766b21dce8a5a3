"""Who is asked to go: the nearest worker of a fitting role who is there, going up the tree of areas."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records.orders import WorkOrder
from records.people import Absence, Area, Worker


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is away at one moment, and who stands in for them."""

    away: dict[int, int | None] = field(default_factory=dict)
    """Worker id -> id of the stand-in."""

    @classmethod
    def at(cls, session: Session, now: datetime) -> Self:
        """The absences that hold at this moment; of several for one worker one with a stand-in counts."""
        rows = session.execute(
            select(Absence.worker_id, Absence.stand_in_id)
            .where(Absence.starts_at <= now, Absence.ends_at > now)
            .order_by(Absence.id)
        )
        away: dict[int, int | None] = {}
        for worker, stand_in in rows:
            away[worker] = stand_in or away.get(worker)
        return cls(away)

    def in_place_of(self, session: Session, worker: Worker) -> Worker | None:
        """The worker if they are there, else whoever stands in (and for them in turn); None: nobody."""
        found: Worker | None = worker
        seen: set[int] = set()
        while found is not None and found.id in self.away:
            if found.id in seen:
                return None  # they stand in for each other, and all are away
            seen.add(found.id)
            stand_in = self.away[found.id]
            found = None if stand_in is None else session.get(Worker, stand_in)
        return found if found is not None and found.active else None

    def present(self, session: Session, workers: Iterable[Worker]) -> list[Worker]:
        """Those who are there, and the stand-ins of the others; each once."""
        there = (self.in_place_of(session, worker) for worker in workers)
        return list({worker.id: worker for worker in there if worker is not None}.values())


def areas_above(session: Session, area_id: int) -> list[int]:
    """The area and those above it, nearest first. A tree that was tied into a ring by mistake ends."""
    chain: list[int] = []
    current: int | None = area_id
    while current is not None and current not in chain:
        chain.append(current)
        current = session.scalar(select(Area.parent_id).where(Area.id == current))
    return chain


def on_call(
    session: Session,
    area_id: int,
    roles: Sequence[str],
    *,
    but: Collection[int] = (),
    now: datetime,
) -> Worker | None:
    """The worker to ask: nearest area first, then role in order of preference, then fewest open orders.

    ``but``: ids of workers who are not asked, such as those who declined. None when nobody is on duty.
    """
    roster = Roster.at(session, now)
    for area in areas_above(session, area_id):
        for role in roles:
            for worker in _least_busy_first(session, area, role):
                there = roster.in_place_of(session, worker)
                if there is not None and there.id not in but:
                    return there
    return None


def of_role(session: Session, area_id: int | None, role: str, now: datetime) -> list[Worker]:
    """Everybody of a role in the nearest area that has any; without one above, everybody of the role.

    When all of them are away and nobody stands in, they are told nevertheless: better than nobody.
    """
    roster = Roster.at(session, now)
    statement = select(Worker).where(Worker.role == role, Worker.active).order_by(Worker.id)
    for area in areas_above(session, area_id) if area_id is not None else ():
        if found := roster.present(session, session.scalars(statement.where(Worker.area_id == area))):
            return found
    everybody = session.scalars(statement).all()
    return roster.present(session, everybody) or list(everybody)


def _least_busy_first(session: Session, area_id: int, role: str) -> Sequence[Worker]:
    busy = (
        select(func.count(WorkOrder.id))
        .where(WorkOrder.assignee_id == Worker.id, WorkOrder.status != "closed")
        .scalar_subquery()
    )
    return session.scalars(
        select(Worker)
        .where(Worker.area_id == area_id, Worker.role == role, Worker.active)
        .order_by(busy, Worker.id)
    ).all()
