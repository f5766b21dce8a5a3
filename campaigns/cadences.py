"""How often somebody is visited: so many days after the last time, or by the calendar. Pure.

Districts report the calendar month (月探访率), so "monthly" means: every calendar month has its visit, and no
two visits lie further apart than a month. Thirty days do neither: from 31 January they lead past February,
and whoever was visited on 1 January would be overdue on the 31st.

A cadence by the calendar asks for the next visit on the same day of the month, so many months later, and
never later than ``RESERVE_FROM``: what is left of the month is there to look for those who were not reached.
A round of a week in which somebody is due is over before the month is, so it is the same month whichever day
of the round the call comes through. And nothing drifts: a day of the month never becomes a later one.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

RESERVE_FROM = 22
"""The last day of a month by which anybody is due: the week that holds it ends on the 28th at the latest."""
_ABOUT_A_MONTH = range(28, 32)
"""Numbers of days by which somebody meant a month: they never skip a calendar month either."""


class ByCalendar(StrEnum):
    """Cadences that are counted in calendar months."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"


MONTHS = {ByCalendar.MONTHLY: 1, ByCalendar.QUARTERLY: 3, ByCalendar.HALF_YEARLY: 6, ByCalendar.YEARLY: 12}
_FEWEST = {
    ByCalendar.MONTHLY: 22,
    ByCalendar.QUARTERLY: 81,
    ByCalendar.HALF_YEARLY: 172,
    ByCalendar.YEARLY: 356,
}
"""Fewest days from a visit to the day by which the next is due: from the last of a month to the 22nd."""
IN_DAYS = {"daily": 1, "weekly": 7, "fortnightly": 14}
"""Words for numbers of days. Seven days after a visit is the next week, whatever its day."""


def _in_days(value: object) -> object:
    return IN_DAYS.get(value, value) if isinstance(value, str) else value


Days = Annotated[int, Field(ge=1, le=366)]
Cadence = Annotated[Days | ByCalendar, BeforeValidator(_in_days)]
"""A number of days, or a word: daily, weekly, fortnightly, monthly, quarterly, half_yearly, yearly."""


def due_after(last: date, cadence: int | ByCalendar) -> date:
    """The last day on which the visit after ``last`` is in time."""
    if isinstance(cadence, ByCalendar):
        return _months_later(last, MONTHS[cadence])
    due = last + timedelta(days=cadence)
    return (
        min(due, _months_later(last, 1)) if cadence in _ABOUT_A_MONTH and _skips_a_month(last, due) else due
    )


def soonest(last: date, cadences: Iterable[int | ByCalendar]) -> date:
    """When the next visit is due by whichever of some cadences (at least one) asks first."""
    return min(due_after(last, each) for each in cadences)


def fewest_days(cadence: int | ByCalendar) -> int:
    """The fewest days that may lie between a visit and the day by which the next one is due."""
    return _FEWEST[cadence] if isinstance(cadence, ByCalendar) else cadence


def most_often(cadences: Iterable[int | ByCalendar]) -> int | ByCalendar:
    """The one of some cadences (at least one) that asks for the most visits."""
    return min(cadences, key=lambda each: (fewest_days(each), str(each)))


def _skips_a_month(last: date, due: date) -> bool:
    return (due.year - last.year) * 12 + due.month - last.month > 1


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if year > date.max.year:
        return date.max
    _, length = calendar.monthrange(year, month + 1)
    return date(year, month + 1, min(day.day, RESERVE_FROM, length))
