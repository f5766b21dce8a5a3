"""How attempts are spread over the day: minutes, the other half of the day, or the next day.

Pure. Who does not answer at ten does not answer at half past ten either: they are in the garden. So later
attempts move to hours that have not been tried.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal

from pydantic import Field

from campaigns.windows import Windows

Pause = Annotated[int, Field(ge=1, le=7 * 24 * 60)] | Literal["other_half_day", "next_day"]
"""Minutes, or where in the days that follow."""

NOON = time(12)
"""Parts the halves of the day, on the elder's clock."""


def not_before(pause: Pause, moment: datetime, windows: Windows) -> datetime:
    """The earliest moment (UTC) after a pause that began at ``moment``; calling windows still come on top.

    ``other_half_day``: this afternoon after a try in the morning, tomorrow morning after a later one.
    ``next_day``: tomorrow at the same hour. In an unknown time zone both are a day later; nothing is called
    there anyway.
    """
    if isinstance(pause, int):
        return (moment + timedelta(minutes=pause)).astimezone(UTC)
    zone = windows.zone
    if zone is None:
        return moment.astimezone(UTC) + timedelta(days=1)
    local = moment.astimezone(zone)
    tomorrow = local.date() + timedelta(days=1)
    if pause == "next_day":
        later = datetime.combine(tomorrow, local.time(), zone)
    elif local.time() < NOON:
        later = datetime.combine(local.date(), NOON, zone)
    else:
        later = datetime.combine(tomorrow, time(), zone)
    return later.astimezone(UTC)
