"""What kind of day a date is in China: workday, weekend or public holiday, make-up workdays included.

Pure. The State Council announces each year's holidays and make-up workdays (调休) late in the year before;
``chinesecalendar`` carries what has been announced. A year it does not know yet is read cautiously: every day
that past announcements have ever made a holiday around a statutory festival counts as one, and no weekend
counts as a make-up workday. Such days say of themselves that they are not certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache, lru_cache

import chinese_calendar

from campaigns.occasions import LunarYearUnknownError, date_of_qingming, lunar_date

SATURDAY = 5


class DayKind(StrEnum):
    """What a date is, as far as work and rest go."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class Day:
    """One date. ``certain`` is False when the year's holidays have not been announced here."""

    date: date
    kind: DayKind
    certain: bool

    @property
    def is_make_up_workday(self) -> bool:
        """A Saturday or Sunday on which people work for a day that was moved."""
        return self.kind is DayKind.WORKDAY and self.date.weekday() >= SATURDAY


_SPANS: tuple[tuple[int, int, int, int], ...] = ((1, 1, -2, 2), (5, 1, -2, 4), (10, 1, -2, 7))
"""Month, day, and how many days before and after it have been holidays: New Year, May Day, National Day."""
_LUNAR_SPANS: tuple[tuple[int, int, int, int], ...] = ((1, 1, -2, 7), (5, 5, -2, 2), (8, 15, -2, 2))
"""The same by the lunar calendar: Spring Festival, Dragon Boat, Mid-Autumn."""
_QINGMING_SPAN = (-2, 2)


@lru_cache(maxsize=4096)
def day_of(day: date) -> Day:
    """What kind of day a date is; never raises, however far away the year."""
    if is_known(day):
        off, festival = chinese_calendar.get_holiday_detail(day)
        if not off:
            return Day(day, DayKind.WORKDAY, certain=True)
        return Day(day, DayKind.HOLIDAY if festival else DayKind.WEEKEND, certain=True)
    if _may_be_holiday(day):
        return Day(day, DayKind.HOLIDAY, certain=False)
    kind = DayKind.WEEKEND if day.weekday() >= SATURDAY else DayKind.WORKDAY
    return Day(day, kind, certain=False)


def is_known(day: date) -> bool:
    """Whether the holidays around a date have been announced.

    The last days of a December belong to the next year's New Year holiday and are announced with it.
    """
    year = (day + timedelta(days=-_SPANS[0][2])).year
    try:
        for each in {day.year, year}:
            chinese_calendar.is_workday(date(each, 1, 1))
    except NotImplementedError:
        return False
    return True


def unknown_years(first: date, last: date) -> list[int]:
    """The years between two dates (inclusive) whose holidays are not known here."""
    return [year for year in range(first.year, last.year + 1) if not is_known(date(year, 1, 1))]


def _may_be_holiday(day: date) -> bool:
    try:
        return day in _possible_holidays(day.year) or day in _possible_holidays(day.year + 1)
    except LunarYearUnknownError:
        # Nobody can say when the festivals are: calling fails closed.
        return True


@cache
def _possible_holidays(year: int) -> frozenset[date]:
    """Every date that may be a public holiday because of one of that year's festivals."""
    spans = [(date(year, month, day), before, after) for month, day, before, after in _SPANS]
    spans += [(lunar_date(year, month, day), before, after) for month, day, before, after in _LUNAR_SPANS]
    spans.append((date_of_qingming(year), *_QINGMING_SPAN))
    return frozenset(
        middle + timedelta(days=offset)
        for middle, before, after in spans
        for offset in range(before, after + 1)
    )
