"""Which due visits of a campaign are claimed: key tier first, then the longest overdue, within areas' limits.

Where no area has a limit that is one range of an index. Where there are limits, each area is asked for its
first visit, and areas whose limit is reached are passed over, however long the queue there is. Of areas with
equally long overdue visits the one with the fewest calls comes next, so that they take turns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from heapq import heapify, heappop, heappush

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from campaigns.area_lines import AreaLines, calls_by_area
from records.locks import take_turns
from records.people import Area
from records.visits import Visit, is_open, waits

TURNS = "area-lines"
"""The lock under which calls are counted against limits and begun, whatever campaign they are of."""


def due_in_order(session: Session, campaign_id: int, now: datetime, limit: int) -> list[int]:
    """Ids of up to ``limit`` due visits, locked until the transaction ends, in the order of claims.

    Where areas have limits, claims of all campaigns take turns until their transactions end.
    """
    if limit <= 0:
        return []
    lines = AreaLines.read(session)
    if lines:
        take_turns(session, TURNS)
        return _Within(session, campaign_id, now, lines).choose(limit)
    chosen: list[int] = []
    for first in (True, False):
        if limit > len(chosen):
            chosen += session.scalars(
                select(Visit.id)
                .where(Visit.campaign_id == campaign_id, *in_order(first=first), Visit.next_attempt_at <= now)
                .order_by(Visit.next_attempt_at, Visit.id)
                .limit(limit - len(chosen))
                .with_for_update(skip_locked=True)
            )
    return chosen


def in_order(*, first: bool) -> tuple[ColumnElement[bool], ...]:
    """What a visit is that waits for its call, in the order of the index."""
    return (is_open(), Visit.status == "planned", Visit.mode == "telephone", Visit.comes_first == first)


class _Within:
    """One choice within the limits of areas."""

    def __init__(self, session: Session, campaign_id: int, now: datetime, lines: AreaLines) -> None:
        self._session = session
        self._campaign_id = campaign_id
        self._now = now
        self._lines = lines
        self._calls = calls_by_area(session)
        self._in_use: Counter[int] = lines.in_use(self._calls)

    def choose(self, limit: int) -> list[int]:
        chosen: list[int] = []
        for first in (True, False):
            if len(chosen) < limit:
                chosen += self._of_tier(first=first, limit=limit - len(chosen))
        return chosen

    def _of_tier(self, *, first: bool, limit: int) -> list[int]:
        queues = [(at, self._calls[area], area) for area, at in self._heads(first=first)]
        heapify(queues)
        chosen: list[int] = []
        while queues and len(chosen) < limit:
            at, calls, area = heappop(queues)
            if self._lines.room(area, self._in_use) == 0:
                continue
            if calls != self._calls[area]:
                heappush(queues, (at, self._calls[area], area))
                continue
            found = self._session.execute(self._first_two(area, chosen, first=first)).all()
            if not found:
                continue  # what stood at the head is just being written by somebody else
            chosen.append(found[0].id)
            self._calls[area] += 1
            self._in_use.update(self._lines.over(area))
            if len(found) > 1:
                heappush(queues, (found[1].next_attempt_at, self._calls[area], area))
        return chosen

    def _heads(self, *, first: bool) -> list[tuple[int, datetime]]:
        """The areas with room and a due visit, and since when it is due."""
        oldest = (
            select(func.min(Visit.next_attempt_at))
            .where(Visit.area_id == Area.id, *self._waiting(first=first))
            .scalar_subquery()
        )
        rows = self._session.execute(select(Area.id, oldest))
        return [(area, at) for area, at in rows if at is not None and at <= self._now]

    def _first_two(self, area: int, taken: Sequence[int], *, first: bool) -> Select[int, datetime | None]:
        return (
            select(Visit.id, Visit.next_attempt_at)
            .where(Visit.area_id == area, *self._waiting(first=first))
            .where(Visit.next_attempt_at <= self._now, Visit.id.not_in(taken))
            .order_by(Visit.next_attempt_at, Visit.id)
            .limit(2)
            .with_for_update(skip_locked=True)
        )

    def _waiting(self, *, first: bool) -> tuple[ColumnElement[bool], ...]:
        return (Visit.campaign_id == self._campaign_id, *waits(), Visit.comes_first == first)
