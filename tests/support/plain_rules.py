"""When rounds may call, worked out once more in the plainest way, to hold the product against."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

Spans = tuple[tuple[time, time], ...]

MAKE_UP = {date(2026, 2, 14), date(2026, 2, 28)}
NEW_YEAR = {date(2026, 2, 15) + timedelta(days=each) for each in range(9)}
"""Of the State Council's notice for 2026."""
USUAL = ((time(9), time(11, 30)), (time(14, 30), time(17, 30)))
LEAST = timedelta(minutes=10)
"""What must be left of the hours when a call begins."""


def week_of(day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def hours_allow(wall: datetime, own: Spans | None, *, workdays_only: bool) -> bool:
    """Whether the clock on the wall and the calendar beside it allow a call to begin.

    ``own``: further hours of the place; ``workdays_only``: it leaves out weekends and holidays.
    """
    day = wall.date()
    if workdays_only and day not in MAKE_UP and (day.weekday() > 4 or day in NEW_YEAR):
        return False
    minute = timedelta(hours=wall.hour, minutes=wall.minute, seconds=wall.second)
    spans = [(max(begin, opens), min(end, closes)) for begin, end in USUAL for opens, closes in own or USUAL]
    return any(
        timedelta(hours=begin.hour, minutes=begin.minute) <= minute
        and minute + LEAST <= timedelta(hours=end.hour, minutes=end.minute)
        for begin, end in spans
    )
