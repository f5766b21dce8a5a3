"""How many calls may begin in a second: trunks refuse, or charge for, more than they agreed to."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

UNLIMITED = 10**6


class Pace:
    """Spaces the beginnings of calls by a rate; keeps no more than one second's worth in hand."""

    def __init__(self, per_second: float) -> None:
        """``per_second``: calls that may begin in a second; 0 for as many as there are lines."""
        self._per_second = per_second
        self._free_from: datetime | None = None
        """When the call after the last one may begin."""

    def room(self, now: datetime) -> int:
        """How many calls may begin now."""
        if not self._per_second:
            return UNLIMITED
        if self._free_from is None or now - self._free_from >= timedelta(seconds=1):
            return max(1, math.floor(self._per_second))
        passed = (now - self._free_from).total_seconds()
        return 0 if passed < 0 else math.floor(passed * self._per_second) + 1

    def begun(self, calls: int, now: datetime) -> None:
        """So many calls begin now."""
        if not self._per_second or not calls:
            return
        oldest = now - timedelta(seconds=1) if self._per_second > 1 else now
        begin = max(self._free_from or oldest, oldest)
        self._free_from = begin + timedelta(seconds=calls / self._per_second)

    def seconds_until_room(self, now: datetime) -> float:
        """How long until a call may begin; 0 for now."""
        if self._free_from is None:
            return 0.0
        return max(0.0, (self._free_from - now).total_seconds())
