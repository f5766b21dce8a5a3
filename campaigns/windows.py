"""When an elder may be phoned: days of the week and hours of the day in the elder's own time zone.

Pure: the moment is always given. Calling fails closed: an unknown time zone or no hours at all means never.
Whoever leaves out weekends or holidays goes by the Chinese calendar (``campaigns.calendar``): a make-up
workday counts as a workday, and in a year whose holidays are not announced every possible holiday is one.

Where a clock change makes a wall-clock time happen twice or not at all, the narrower reading counts: a window
begins at the later and ends at the earlier of the two moments its hours can mean. So an open window is always
open by the clock on the elder's wall.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    field_validator,
)

from campaigns.calendar import DayKind, day_of

_WEEK = 7
_HOLIDAYS_AHEAD = 28
"""Days more to look ahead where weekends or holidays are left out: the longest holidays and what follows."""
_WORKING_WEEK = frozenset(range(5))


def _read_time(value: Any) -> Any:
    # YAML reads an unquoted 14:30 as the number 870 (sexagesimal): say so instead of opening at 00:14:30.
    if isinstance(value, str) and len(value) == len("09:00"):
        return time.fromisoformat(value)
    if isinstance(value, time):
        return value
    raise ValueError(f'write an hour of the day as "HH:MM" in quotes, not {value!r}')


TimeOfDay = Annotated[
    time, BeforeValidator(_read_time), PlainSerializer(lambda value: value.strftime("%H:%M"), return_type=str)
]
"""A wall-clock time; in JSON and YAML ``"HH:MM"``."""


def _join_hours(hours: tuple[tuple[time, time], ...]) -> tuple[tuple[time, time], ...]:
    joined: list[tuple[time, time]] = []
    for begin, end in sorted(hours):
        if begin >= end:
            raise ValueError(f"hours {begin:%H:%M}-{end:%H:%M} end before they begin")
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return tuple(joined)


Weekday = Annotated[int, Field(ge=0, le=6)]
"""0 is Monday."""
Hours = Annotated[tuple[tuple[TimeOfDay, TimeOfDay], ...], AfterValidator(_join_hours)]
"""From (inclusive) and until (exclusive), within one day; kept sorted, touching intervals joined."""


class Windows(BaseModel):
    """Calling windows: ``{"days": [0, 1], "hours": [["09:00", "11:30"]], "timezone": "Asia/Shanghai"}``.

    A lunch gap is two intervals with nothing between them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: tuple[Weekday, ...] = (0, 1, 2, 3, 4, 5, 6)
    """Days of the week; 0 is Monday."""
    hours: Hours = ((time(9), time(11, 30)), (time(14, 30), time(17, 30)))
    timezone: str = "Asia/Shanghai"
    """IANA name. One that is unknown here is kept, and never opens."""
    min_remaining: int = Field(default=10, ge=0, le=240)
    """Minutes that must be left before closing for a call to begin, so that no talk runs past the hour."""
    weekends: bool = True
    """Whether Saturdays and Sundays that are neither make-up workdays nor holidays are calling days."""
    holidays: bool = True
    """Whether public holidays are calling days."""

    @field_validator("days")
    @classmethod
    def _sort_days(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(set(days)))

    @property
    def zone(self) -> ZoneInfo | None:
        """The time zone, or None when its name is unknown."""
        return known_zone(self.timezone)

    @property
    def goes_by_the_calendar(self) -> bool:
        """Whether it matters what kind of day a date is."""
        return not (self.weekends and self.holidays)

    def is_calling_day(self, day: date) -> bool:
        """Whether anybody may be phoned on a date at all."""
        if not self.goes_by_the_calendar:
            return day.weekday() in self.days
        found = day_of(day)
        if found.is_make_up_workday and _WORKING_WEEK.issubset(self.days):
            return True
        closed = {DayKind.WEEKEND: not self.weekends, DayKind.HOLIDAY: not self.holidays}
        return day.weekday() in self.days and not closed.get(found.kind, False)

    @property
    def never_opens(self) -> bool:
        """Whether no call can ever begin: the zone is unknown, there are no days, or no hours long enough."""
        if self.zone is None or not self.days:
            return True
        return not any(_minutes(begin, end) >= self.min_remaining for begin, end in self.hours)


@dataclass(frozen=True, slots=True)
class Period:
    """One uninterrupted stretch of calling time, in UTC; ``closes`` is exclusive."""

    opens: datetime
    closes: datetime


def known_zone(name: str) -> ZoneInfo | None:
    """The time zone of that name, or None when there is none: nobody is phoned by a clock nobody knows."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def is_open(windows: Windows, moment: datetime) -> bool:
    """Whether ``moment`` (aware) lies within a window."""
    return closes_at(windows, moment) is not None


def closes_at(windows: Windows, moment: datetime) -> datetime | None:
    """When the window that is open at ``moment`` closes (UTC), or None when none is open."""
    for period in _periods(windows, moment):
        if period.opens <= moment < period.closes:
            return period.closes
    return None


def may_begin(windows: Windows, moment: datetime) -> bool:
    """Whether a call may begin at ``moment``: a window is open, and for long enough."""
    closes = closes_at(windows, moment)
    return closes is not None and moment + timedelta(minutes=windows.min_remaining) <= closes


def next_opening(windows: Windows, moment: datetime) -> datetime | None:
    """The first moment (UTC), ``moment`` itself included, at which a call may begin; None means never.

    A window shorter than ``min_remaining`` never opens. Where weekends or holidays are left out, None means:
    not in the next five weeks. Raises ValueError for a naive ``moment``.
    """
    least = timedelta(minutes=windows.min_remaining)
    for period in _periods(windows, moment):
        begin = max(period.opens, moment)
        if begin < period.closes and begin + least <= period.closes:
            return begin.astimezone(UTC)
    return None


def end_of_day(day: date, timezone: str) -> datetime:
    """The moment (UTC) at which ``day`` is over in that time zone.

    In an unknown zone it is the earliest such moment anywhere on Earth (UTC+14), so that whoever waits for
    the end of a period does not wait too long.
    """
    zone = known_zone(timezone)
    if zone is None:
        return datetime.combine(day, time(10), UTC)
    return _first(day + timedelta(days=1), time(), zone)


def start_of_day(day: date, timezone: str) -> datetime | None:
    """The moment (UTC) at which ``day`` begins in that time zone, or None when the zone is unknown."""
    zone = known_zone(timezone)
    return None if zone is None else _first(day, time(), zone)


def _periods(windows: Windows, moment: datetime) -> Iterator[Period]:
    """Calling time from the day before ``moment`` for as long as it takes to come round again, in order."""
    if moment.tzinfo is None:
        raise ValueError(f"A moment without a time zone cannot be compared with calling hours: {moment!r}")
    zone = windows.zone
    if zone is None:
        return
    yesterday = moment.astimezone(zone).date() - timedelta(days=1)
    # One week, one day on either side of it, and one more for a zone that skips a whole day.
    ahead = _WEEK + 3 + (_HOLIDAYS_AHEAD if windows.goes_by_the_calendar else 0)
    for offset in range(ahead):
        day = yesterday + timedelta(days=offset)
        if not windows.is_calling_day(day):
            continue
        for begin, end in windows.hours:
            period = Period(_first(day, begin, zone), _last(day, end, zone))
            if period.opens < period.closes:
                yield period


def _minutes(begin: time, end: time) -> float:
    return (end.hour - begin.hour) * 60 + end.minute - begin.minute + (end.second - begin.second) / 60


def _first(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A wall-clock time as a window's start: the second of two, and after a gap that swallows it."""
    return max(_readings(day, at, zone))


def _last(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A wall-clock time as a window's end: the first of two, and before a gap that swallows it."""
    return min(_readings(day, at, zone))


def _readings(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Both moments (UTC) that a wall-clock time can mean; on all but two days of a year they are one."""
    wall = datetime.combine(day, at, zone)
    return wall.replace(fold=0).astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
