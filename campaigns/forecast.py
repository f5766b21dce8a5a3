"""Who will be called when, before anybody is: the dialer's own rules played through on paper.

Pure. Lines, areas' limits, calling hours, retry rules and the order in which the dialer claims are the real
ones; whether somebody answers and how long they talk is assumed, spread evenly and the same at every asking.
It is a forecast of load and time, not of persons: who in particular answers nobody knows.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from zoneinfo import ZoneInfo

from campaigns.retries import Circumstances, Past, Retry, RetryPolicy, after, next_phone
from campaigns.windows import Windows, next_opening
from ivr.lines import Disposition
from ivr.report import CallOutcome

_STEPS = tuple(math.sqrt(prime) for prime in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29))
"""One for each attempt. The fractions of a step's multiples fill 0 to 1 evenly, those of two fill the square:
who did not answer the first time is neither more nor less likely to answer the second time."""
MOST_LINES = 64


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What nobody can know beforehand."""

    answered: float = 0.6
    """Share of ringings that somebody answers."""
    talk_seconds: float = 180.0
    ring_seconds: float = 60.0
    """How long a telephone rings in vain; one that is answered rings a third of it."""
    calls: int = 0
    """How many calls of the past this rests on; 0 for none."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A visit that is still to be made by telephone."""

    visit_id: int
    first: bool
    """Whether it is claimed before others that are due: the key tier is."""
    due: datetime
    ends: datetime
    """When the period is over."""
    windows: Windows
    """As they apply to the elder."""
    retries: RetryPolicy
    phones: tuple[int, ...]
    past: tuple[Past, ...] = ()
    limited_by: tuple[int, ...] = ()
    """Areas over the elder that have a limit of lines."""


@dataclass(frozen=True, slots=True)
class Ring:
    """One call on paper."""

    visit_id: int
    at: datetime
    seconds: float
    answered: bool


@dataclass(slots=True)
class Forecast:
    """What comes of it. Every visit is in exactly one of the three lists."""

    rings: list[Ring] = field(default_factory=list)
    reached: list[int] = field(default_factory=list)
    to_people: list[int] = field(default_factory=list)
    """Rung, but not reached as often as the rules allow or the period lasts: a person goes."""
    never_rung: list[int] = field(default_factory=list)
    """Lines and hours do not suffice to ring them even once."""

    @property
    def line_hours(self) -> float:
        """How long lines are in use."""
        return sum(ring.seconds for ring in self.rings) / 3600

    def by_hour(self, zone: ZoneInfo) -> Counter[tuple[date, int]]:
        """Calls by day and hour of the day, on a clock."""
        return Counter(
            (local.date(), local.hour) for ring in self.rings for local in [ring.at.astimezone(zone)]
        )

    def seconds_by_day(self, zone: ZoneInfo) -> dict[date, float]:
        """Seconds in which lines are in use, by the day on which a call begins."""
        days: Counter[date] = Counter()
        for ring in self.rings:
            days[ring.at.astimezone(zone).date()] += round(ring.seconds)
        return {day: float(seconds) for day, seconds in sorted(days.items())}


def forecast(
    visits: Sequence[Awaited],
    lines: int,
    now: datetime,
    assumed: Assumptions,
    limits: Mapping[int, int] | None = None,
) -> Forecast:
    """Play the calls through from ``now`` on, with ``lines`` (at least 1) calls at the same time.

    ``limits``: the most calls at the same time in an area, each at least 1.
    """
    return _Play(visits, lines, now, assumed, limits or {}).run()


def lines_needed(
    visits: Sequence[Awaited], now: datetime, assumed: Assumptions, limits: Mapping[int, int] | None = None
) -> int | None:
    """The fewest lines with which everybody is rung at least once; None when no number of them suffices."""
    if forecast(visits, MOST_LINES, now, assumed, limits).never_rung:
        return None
    least, enough = 1, MOST_LINES
    while least < enough:
        middle = (least + enough) // 2
        if forecast(visits, middle, now, assumed, limits).never_rung:
            least = middle + 1
        else:
            enough = middle
    return enough


class _Ready:
    """Visits that are due, in the order of claims; of those whose areas have room."""

    def __init__(self, visits: Sequence[Awaited], limits: Mapping[int, int]) -> None:
        self._visits = visits
        self._limits = limits
        self._queues: dict[tuple[int, ...], list[tuple[bool, datetime, int]]] = {}
        """Those under the same limits stand in one queue: there are as many as limits."""
        self._in_use: Counter[int] = Counter()
        self._calls: list[tuple[datetime, tuple[int, ...]]] = []

    def __bool__(self) -> bool:
        return any(self._queues.values())

    def add(self, due: datetime, index: int) -> None:
        """A visit has become due."""
        visit = self._visits[index]
        queue = self._queues.setdefault(visit.limited_by, [])
        heappush(queue, (not visit.first, due, index))

    def next(self, at: datetime) -> int | None:
        """Takes out the visit that comes first; None when all areas have all the calls they may have."""
        while self._calls and self._calls[0][0] <= at:
            self._in_use.subtract(heappop(self._calls)[1])
        open_ = [
            queue
            for areas, queue in self._queues.items()
            if queue and all(self._in_use[area] < self._limits.get(area, math.inf) for area in areas)
        ]
        return heappop(min(open_, key=lambda queue: queue[0]))[2] if open_ else None

    def begun(self, index: int, over: datetime) -> None:
        """A visit is called until then."""
        if areas := self._visits[index].limited_by:
            self._in_use.update(areas)
            heappush(self._calls, (over, areas))

    @property
    def room_at(self) -> datetime:
        """When the first of the calls that count against a limit is over."""
        return self._calls[0][0]


class _Play:
    """One forecast under way."""

    def __init__(
        self,
        visits: Sequence[Awaited],
        lines: int,
        now: datetime,
        assumed: Assumptions,
        limits: Mapping[int, int],
    ) -> None:
        self._visits = visits
        self._assumed = assumed
        self._past: list[list[Past]] = [list(visit.past) for visit in visits]
        self._now = now
        self._lines = [now] * lines
        self._waiting: list[tuple[datetime, int]] = []
        self._ready = _Ready(visits, limits)
        self._found = Forecast()
        for index, visit in enumerate(visits):
            heappush(self._waiting, (max(visit.due, now), index))

    def run(self) -> Forecast:
        while self._waiting or self._ready:
            free = heappop(self._lines)
            # Time never runs back: a line may have been free long before anybody was due.
            self._now = at = max(self._now, free) if self._ready else max(free, self._waiting[0][0])
            while self._waiting and self._waiting[0][0] <= at:
                due, index = heappop(self._waiting)
                self._ready.add(due, index)
            chosen = self._ready.next(at)
            if chosen is None:
                # Lines are free, but none that these areas may use until a call there ends.
                coming = [self._ready.room_at, *(due for due, _ in self._waiting[:1])]
                heappush(self._lines, free)
                self._now = min(coming)
                continue
            heappush(self._lines, self._take(chosen, at, free))
        return self._found

    def _take(self, index: int, at: datetime, free: datetime) -> datetime:
        """Ring a visit that is due, or put it off; when the line is free again."""
        visit = self._visits[index]
        opening = next_opening(visit.windows, at)
        too_late = visit.ends - timedelta(minutes=visit.windows.min_remaining)
        phone = next_phone(self._past[index], visit.phones)
        if opening is None or opening > too_late or phone is None:
            self._give_up(index)
            return free
        if opening > at:
            heappush(self._waiting, (opening, index))
            return free
        return self._ring(index, phone, at)

    def _ring(self, index: int, phone: int, at: datetime) -> datetime:
        visit, past, assumed = self._visits[index], self._past[index], self._assumed
        place = (index + 1) * _STEPS[len(past) % len(_STEPS)]
        answered = place % 1.0 < assumed.answered
        seconds = assumed.ring_seconds / 3 + assumed.talk_seconds if answered else assumed.ring_seconds
        over = at + timedelta(seconds=seconds)
        self._found.rings.append(Ring(visit.visit_id, at, seconds, answered))
        self._ready.begun(index, over)
        outcome = CallOutcome.COMPLETED if answered else None
        past.append(Past(_DISPOSITIONS[answered], phone, outcome))
        if answered:
            self._found.reached.append(visit.visit_id)
            return over
        decision = after(
            past,
            Circumstances(),
            phones=visit.phones,
            policy=visit.retries,
            windows=visit.windows,
            moment=over,
            ends=visit.ends,
        )
        if isinstance(decision, Retry):
            heappush(self._waiting, (decision.at, index))
        else:
            self._give_up(index)
        return over

    def _give_up(self, index: int) -> None:
        """Nobody was reached; whoever was rung at least once, now or before, is left to people."""
        was_rung = bool(self._past[index])
        (self._found.to_people if was_rung else self._found.never_rung).append(self._visits[index].visit_id)


_DISPOSITIONS = {True: Disposition.ANSWERED_HUMAN, False: Disposition.NO_ANSWER}
