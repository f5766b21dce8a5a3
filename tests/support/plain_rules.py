"""When rounds may call and must visit, worked out in the plainest way, to hold the product against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from records.people import Elder
from records.visits import Visit

Spans = tuple[tuple[time, time], ...]

MAKE_UP = {date(2026, 2, 14), date(2026, 2, 28)}
NEW_YEAR = {date(2026, 2, 15) + timedelta(days=each) for each in range(9)}
"""Of the State Council's notice for 2026."""
USUAL = ((time(9), time(11, 30)), (time(14, 30), time(17, 30)))
LEAST = timedelta(minutes=10)
"""What must be left of the hours when a call begins."""
VISITED = ("completed", "escalated")


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


def planned_twice(visits: Iterable[Visit]) -> list[int]:
    """Elders with more than one visit that is not over, in campaigns that are not."""
    running = Counter(
        visit.elder_id
        for visit in visits
        if visit.status != "ended" and visit.campaign.status in ("running", "paused")
    )
    return [elder for elder, many in running.items() if many > 1]


def due_by(
    elder: Elder, theirs: Iterable[Visit], policies: Sequence[tuple[date, Mapping[str, int]]], now: datetime
) -> date:
    """By the days between two visits alone; special days only make it sooner.

    ``policies``: from which day so many days are agreed on for each tier, the earliest first.
    """
    zone = ZoneInfo(elder.area.timezone)
    here = now.astimezone(zone).date()
    last = max((visit.ended_at for visit in theirs if visit.outcome in VISITED), default=None)
    if last is None:
        return date.min
    days = [each for day, each in policies if day <= here][-1]
    return last.astimezone(zone).date() + timedelta(days=days[elder.tier])
