"""How much calling time has passed, and when a period is over; pure, and never in favour of silence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LONGEST_WAIT = timedelta(days=60)
"""Beyond this a visit is overdue whatever the calling hours were."""


def calling_time(windows: Mapping[str, Any], timezone: str, start: datetime, end: datetime) -> timedelta:
    """How much calling time lies between two moments.

    ``windows`` as on the campaign: days (0 is Monday) and hours (pairs of "HH:MM"), local. What cannot be
    read counts as open all day: a visit that can never be called must come to light, not hide.
    """
    if end - start > LONGEST_WAIT:
        return LONGEST_WAIT
    try:
        zone = ZoneInfo(str(windows.get("timezone") or timezone))
        days = {int(day) for day in windows["days"]}
        hours = [
            (time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in windows["hours"]
        ]
    except (KeyError, TypeError, ValueError, OSError, ZoneInfoNotFoundError):
        return max(end - start, timedelta(0))
    total = timedelta(0)
    day = start.astimezone(zone).date()
    while day <= end.astimezone(zone).date():
        if day.weekday() in days:
            for opens, closes in hours:
                begins = max(start, datetime.combine(day, opens, zone).astimezone(UTC))
                stops = min(end, datetime.combine(day, closes, zone).astimezone(UTC))
                total += max(stops - begins, timedelta(0))
        day += timedelta(days=1)
    return total


def period_end(ends_on: date, timezone: str) -> datetime:
    """The moment after a period's last day; in an unreadable time zone the earliest it can be."""
    try:
        zone = ZoneInfo(timezone)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return datetime.combine(ends_on, time(10), UTC)
    return datetime.combine(ends_on + timedelta(days=1), time(0), zone).astimezone(UTC)
