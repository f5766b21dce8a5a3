"""What several calling windows have in common: the campaign's, the area's and the elder's own wish.

Pure. All are read on the same wall clock, the elder's. What one of them rules out is ruled out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any

from pydantic import BaseModel, ConfigDict

from campaigns.windows import Hours, Weekday, Windows

EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)

Span = tuple[time, time]


class CallWish(BaseModel):
    """When an elder would like to be phoned; JSON in ``Elder.call_wish``. What is left empty is no wish."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: tuple[Weekday, ...] = ()
    """Days of the week; 0 is Monday."""
    hours: Hours = ()
    """From (inclusive) and until (exclusive) on the clock of the elder's wall."""

    def stored(self) -> dict[str, Any]:
        """As the ledger keeps it; {} for no wish."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is wished for."""
        return not self.days and not self.hours


def overlap(windows: Windows, *others: Windows) -> Windows:
    """The times that all have in common, on the first one's clock; the longest of the calls must fit.

    The time zones of the others do not count: 09:00 means nine on the same wall.
    """
    hours: tuple[Span, ...] = windows.hours
    days = set(windows.days)
    for other in others:
        hours = _common(hours, other.hours)
        days &= set(other.days)
    return windows.model_copy(
        update={
            "days": tuple(sorted(days)),
            "hours": hours,
            "min_remaining": max(each.min_remaining for each in (windows, *others)),
            "weekends": all(each.weekends for each in (windows, *others)),
            "holidays": all(each.holidays for each in (windows, *others)),
        }
    )


def cut_to_wish(windows: Windows, wish: CallWish) -> Windows:
    """The calling times that suit the elder as well."""
    days = tuple(day for day in windows.days if not wish.days or day in wish.days)
    hours = _common(windows.hours, wish.hours) if wish.hours else windows.hours
    return windows.model_copy(update={"days": days, "hours": hours})


def without_rest(hours: Sequence[Span], rest: Sequence[Span]) -> tuple[Span, ...]:
    """Hours with the times of rest (lunch, the nap after it) taken out of them."""
    left = list(hours)
    for begin, end in rest:
        left = [
            part
            for opens, closes in left
            for part in ((opens, min(closes, begin)), (max(opens, end), closes))
            if part[0] < part[1]
        ]
    return tuple(sorted(set(left)))


def _common(some: Sequence[Span], others: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(
        sorted(
            (max(begin, opens), min(end, closes))
            for begin, end in some
            for opens, closes in others
            if max(begin, opens) < min(end, closes)
        )
    )
