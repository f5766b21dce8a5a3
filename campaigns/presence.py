"""Whether an elder is at home, and from which moment on they will be again. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime

from campaigns.windows import known_zone, start_of_day
from records.people import Elder

ABSENT = frozenset({"in_hospital", "away"})
"""Statuses of somebody who is expected back; who has moved or died is not."""


def is_absent(elder: Elder, today: date) -> bool:
    """Whether an elder is in hospital or away on a day of their own calendar."""
    return elder.status in ABSENT and (elder.back_on is None or today < elder.back_on)


def today_at(elder: Elder, now: datetime) -> date:
    """The date where the elder lives; by UTC in an unknown zone, where nobody is phoned anyway."""
    zone = known_zone(elder.area.timezone)
    return now.astimezone(zone or UTC).date()


def back_at(elder: Elder) -> datetime | None:
    """The moment (UTC) from which an absent elder is at home again; None when nobody knows it."""
    if elder.back_on is None:
        return None
    return start_of_day(elder.back_on, elder.area.timezone)
