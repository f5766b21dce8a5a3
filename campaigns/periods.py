"""The periods of rounds that open by themselves. Pure.

A week begins on Monday, a month on its first. Surge days are cut into pieces as long as two visits may lie
apart in them: each piece has a round of its own.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from campaigns.cadences import ByCalendar
from campaigns.policy import Policy, RoundLength

WEEK_DAYS, MONTH_DAYS = 7, 28
"""Days between two visits from which on a round a week, or a month, is often enough."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the first to the last day, both inclusive."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1


def period_with(day: date, every: RoundLength) -> Period:
    """The period of that length to which a day belongs."""
    if every is RoundLength.DAY:
        return Period(day, day)
    if every is RoundLength.WEEK:
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=WEEK_DAYS - 1))
    _, days = calendar.monthrange(day.year, day.month)
    return Period(day.replace(day=1), day.replace(day=days))


def long_enough(policies: Collection[Policy]) -> RoundLength:
    """The longest period in which one visit each is as often as all of these policies ask for.

    Nobody is due twice within it. Without any policy it is a week.
    """
    shortest = min(
        (
            MONTH_DAYS if isinstance(cadence, ByCalendar) else cadence
            for policy in policies
            for cadence in (*policy.cadence_days.tiers.values(), *policy.cadence_days.groups.values())
        ),
        default=WEEK_DAYS,
    )
    if shortest < WEEK_DAYS:
        return RoundLength.DAY
    return RoundLength.WEEK if shortest < MONTH_DAYS else RoundLength.MONTH


def piece_with(day: date, starts_on: date, ends_on: date, days: int) -> Period | None:
    """The piece of surge days to which a day belongs; None outside of them. ``days`` is its length."""
    if not starts_on <= day <= ends_on:
        return None
    first = starts_on + timedelta(days=(day - starts_on).days // days * days)
    return Period(first, min(ends_on, first + timedelta(days=days - 1)))
