"""Who will be asked first in the coming days, and when nobody is on duty. The rule is pure.

It goes by the same order as ``escalation.duty.on_call``: nearest area first, then role by preference; who is
away is stood in for. How busy somebody will be nobody knows yet, so that all of the first place are named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.people import Absence, Area, Worker


@dataclass(frozen=True, slots=True)
class OnBooks:
    """A worker as the calendar sees them."""

    id: int
    name: str
    role: str
    area_id: int


@dataclass(frozen=True, slots=True)
class Away:
    """An absence, and who stands in."""

    worker_id: int
    starts_at: datetime
    ends_at: datetime
    stand_in_id: int | None


@dataclass(frozen=True, slots=True)
class DutyDay:
    """One day in one area."""

    day: date
    names: tuple[str, ...]
    """Who is asked first at its beginning."""
    hole: datetime | None
    """The first moment of the day at which nobody is on duty; None: somebody always is."""


class DutyBook:
    """Workers, absences and the tree of areas, to be asked who is on duty. Reads nothing itself."""

    def __init__(
        self, workers: Sequence[OnBooks], absences: Sequence[Away], parents: Mapping[int, int | None]
    ) -> None:
        self._workers = {worker.id: worker for worker in workers}
        self._parents = parents
        self._places: dict[tuple[int, str], list[OnBooks]] = {}
        for worker in workers:
            self._places.setdefault((worker.area_id, worker.role), []).append(worker)
        self._away: dict[int, list[Away]] = {}
        for each in absences:
            self._away.setdefault(each.worker_id, []).append(each)
        self._changes = sorted({edge for each in absences for edge in (each.starts_at, each.ends_at)})

    @classmethod
    def read(cls, session: Session, since: datetime) -> DutyBook:
        """Everybody active, and the absences that end after ``since``."""
        workers = session.execute(
            select(Worker.id, Worker.name, Worker.role, Worker.area_id)
            .where(Worker.active)
            .order_by(Worker.id)
        )
        absences = session.execute(
            select(Absence.worker_id, Absence.starts_at, Absence.ends_at, Absence.stand_in_id)
            .where(Absence.ends_at > since)
            .order_by(Absence.id)
        )
        parents = {row.id: row.parent_id for row in session.execute(select(Area.id, Area.parent_id))}
        return cls([OnBooks(*row) for row in workers], [Away(*row) for row in absences], parents)

    def first(self, area_id: int, roles: Sequence[str], moment: datetime) -> list[OnBooks]:
        """Those of whom one is asked first at a moment; empty when nobody is on duty."""
        for area in self._upwards(area_id):
            for role in roles:
                of_place = self._places.get((area, role), ())
                there = {
                    found.id: found
                    for each in of_place
                    if (found := self._in_place_of(each, moment)) is not None
                }
                if there:
                    return list(there.values())
        return []

    def days(
        self, area_id: int, roles: Sequence[str], first: date, count: int, zone: tzinfo
    ) -> list[DutyDay]:
        """So many days from the first on, on a clock. A day is looked at wherever somebody comes or goes."""
        return [self._day(area_id, roles, first + timedelta(days=ahead), zone) for ahead in range(count)]

    def _day(self, area_id: int, roles: Sequence[str], day: date, zone: tzinfo) -> DutyDay:
        begins = datetime.combine(day, time(0), zone)
        ends = datetime.combine(day + timedelta(days=1), time(0), zone)
        moments = [begins, *(edge for edge in self._changes if begins < edge < ends)]
        hole = next((moment for moment in moments if not self.first(area_id, roles, moment)), None)
        names = tuple(each.name for each in self.first(area_id, roles, begins))
        return DutyDay(day, names, hole)

    def _in_place_of(self, worker: OnBooks, moment: datetime) -> OnBooks | None:
        found: OnBooks | None = worker
        seen: set[int] = set()
        while found is not None:
            absences = self._away.get(found.id, ())
            held = [away for away in absences if away.starts_at <= moment < away.ends_at]
            if not held:
                return found
            if found.id in seen:
                return None
            seen.add(found.id)
            stand_in = next((away.stand_in_id for away in reversed(held) if away.stand_in_id), None)
            found = self._workers.get(stand_in) if stand_in else None
        return None

    def _upwards(self, area_id: int) -> list[int]:
        chain: list[int] = []
        current: int | None = area_id
        while current is not None and current not in chain:
            chain.append(current)
            current = self._parents.get(current)
        return chain
