"""The hours in which an elder may be phoned where they live: campaign, area and own wish taken together.

A campaign's hours are read on the clock of the elder's area: nine o'clock means nine on the elder's wall, not
in the office. An area without windows of its own has those of the nearest area above it that has some. Only
the dates of a campaign's period go by the campaign's own time zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from campaigns.overlap import CallWish, cut_to_wish, overlap
from campaigns.tiers import ModeReason
from campaigns.windows import Windows
from records.people import Area, Elder


def hours_for(elder: Elder, windows: Windows) -> Windows:
    """The campaign's ``windows`` as they apply to an elder. Windows that cannot be read never open."""
    here = windows.model_copy(update={"timezone": elder.area.timezone})
    local = windows_of(elder.area)
    return cut_to_wish(overlap(here, local) if local else here, wish_of(elder))


def windows_of(area: Area) -> Windows | None:
    """The calling windows in force in an area, or None where campaigns decide alone."""
    seen: set[int] = set()
    above: Area | None = area
    while above is not None and above.id not in seen:
        if above.windows is not None:
            return _read(above.windows)
        seen.add(above.id)
        above = above.parent
    return None


def wish_of(elder: Elder) -> CallWish:
    """When the elder would like to be phoned; one that cannot be read any more is no wish."""
    try:
        return CallWish.model_validate(elder.call_wish or {})
    except ValidationError:
        return CallWish()


def reason_never(windows: Windows) -> ModeReason:
    """Why no moment to call is left in ``windows`` as they apply to an elder."""
    if windows.zone is None:
        return ModeReason.UNKNOWN_TIME_ZONE
    return ModeReason.NO_COMMON_HOURS if windows.never_opens else ModeReason.NO_CALLING_HOURS


def _read(stored: Mapping[str, Any]) -> Windows:
    try:
        return Windows.model_validate(stored)
    except ValidationError:
        return Windows(hours=())
