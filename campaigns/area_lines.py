"""How many calls at the same time an area may have: its share of the lines, so that no area takes them all.

A limit holds for an area with everything below it, and every limit on the way up holds. Calls count wherever
they come from: of all campaigns, of all gateways, and those that come in. Who rings us is never turned away
for it; only claims look at limits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records.audit import audit
from records.nudges import Work, nudge
from records.people import Area
from records.visits import Visit, is_under_way

MOST_LINES = 1000
"""More than any area could use; a larger number is a slip of the keyboard."""


class AreaLinesError(Exception):
    """An area cannot have so many lines; the message says how many it may have."""


@dataclass(frozen=True, slots=True)
class AreaLines:
    """The limits in force, and which of them an area lies under."""

    limits: Mapping[int, int] = field(default_factory=dict)
    """By area: the most calls at the same time in it and below it."""
    parents: Mapping[int, int | None] = field(default_factory=dict)
    """The area above each; only read where there are limits."""

    def __bool__(self) -> bool:
        """Whether there is any limit."""
        return bool(self.limits)

    @classmethod
    def read(cls, session: Session) -> AreaLines:
        """Those in the ledger. Where there is none, the tree of areas is not read."""
        limited = select(Area.id, Area.lines).where(Area.lines.is_not(None))
        limits = {area: lines for area, lines in session.execute(limited) if lines is not None}
        if not limits:
            return cls()
        return cls(limits, dict(session.execute(select(Area.id, Area.parent_id)).all()))

    def over(self, area_id: int | None) -> tuple[int, ...]:
        """The areas whose limits hold in an area: itself and those above it, as far as they have one."""
        path: list[int] = []
        while area_id is not None and area_id not in path:
            path.append(area_id)
            area_id = self.parents.get(area_id)
        return tuple(each for each in path if each in self.limits)

    def in_use(self, calls: Mapping[int | None, int]) -> Counter[int]:
        """Lines in use by limited area, of the calls under way by the area where the elder lives."""
        found: Counter[int] = Counter()
        for area_id, many in calls.items():
            for each in self.over(area_id):
                found[each] += many
        return found

    def room(self, area_id: int | None, in_use: Mapping[int, int]) -> int | None:
        """How many more calls may begin in an area; None for as many as there are lines."""
        left = [self.limits[each] - in_use.get(each, 0) for each in self.over(area_id)]
        return max(0, min(left)) if left else None


def calls_by_area(session: Session) -> Counter[int | None]:
    """Calls under way by the area where the elder lives, of all campaigns and gateways."""
    rows = session.execute(select(Visit.area_id, func.count()).where(is_under_way()).group_by(Visit.area_id))
    return Counter(dict(rows.all()))


@dataclass(frozen=True, slots=True)
class LinesInUse:
    """How an area stands with its lines."""

    area_id: int
    name: str
    in_use: int
    limit: int

    @property
    def is_full(self) -> bool:
        """Whether no further call may begin there."""
        return self.in_use >= self.limit


def lines_in_use(session: Session, areas: Iterable[int] | None = None) -> list[LinesInUse]:
    """The areas with a limit, in the order of the ledger; only those among ``areas`` unless that is None."""
    lines = AreaLines.read(session)
    if not lines:
        return []
    wanted = set(lines.limits) if areas is None else set(lines.limits) & set(areas)
    busy = lines.in_use(calls_by_area(session))
    names = session.execute(select(Area.id, Area.name).where(Area.id.in_(wanted)).order_by(Area.id))
    return [LinesInUse(area, name, busy[area], lines.limits[area]) for area, name in names]


def limit_lines(session: Session, area: Area, lines: int | None, *, now: datetime, actor: str) -> bool:
    """Let an area and all below it have so many calls at the same time; None for as many as there are lines.

    Whether that is a change. Calls under way are finished. Raises AreaLinesError for a number that is none:
    with 0 an area would be forgotten without anybody seeing it; calling hours say when nobody is called.
    """
    if lines is not None and not 1 <= lines <= MOST_LINES:
        raise AreaLinesError(f"{area.name} cannot have {lines} lines; 1 to {MOST_LINES} are possible")
    if area.lines == lines:
        return False
    before, area.lines = area.lines, lines
    nudge(session, Work.CALLS, 0)
    audit(
        session,
        at=now,
        actor=actor,
        action="area_lines",
        subject_type="area",
        subject_id=area.id,
        before=before,
        lines=lines,
    )
    return True
