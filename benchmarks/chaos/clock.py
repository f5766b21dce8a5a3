"""One town's time, shared by processes: it runs fast, leaps over empty hours, and may lie to a worker."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext
from typing import Any

SHORTEST_SLEEP_S = 0.2
"""Real seconds: what polls every second or two would otherwise poll without a pause."""


@dataclass(frozen=True)
class TownClock:
    """A ``Clock`` that every process of a run can carry."""

    start: datetime
    zero: float
    """What the system's monotonic clock, which all processes share, showed at ``start``."""
    rate: float
    """Seconds in town for each real second."""
    leapt: Any
    """Shared: seconds leapt over so far."""
    skew: Any = None
    """Shared: by how many seconds this worker's clock is wrong; None for the truth."""

    @classmethod
    def begin(cls, context: ForkServerContext, start: datetime, rate: float) -> TownClock:
        """Time in town begins now."""
        return cls(start.astimezone(UTC), time.monotonic(), rate, context.Value("d", 0.0))

    def now(self) -> datetime:
        """The moment in town, as this worker sees it."""
        wrong = self.skew.value if self.skew is not None else 0.0
        passed = (time.monotonic() - self.zero) * self.rate
        return self.start + timedelta(seconds=passed + self.leapt.value + wrong)

    async def sleep(self, seconds: float) -> None:
        """Sleep so long in town."""
        await asyncio.sleep(max(seconds / self.rate, SHORTEST_SLEEP_S) if seconds > 0 else 0)

    def leap(self, seconds: float) -> None:
        """Let time pass at once, for everybody."""
        with self.leapt.get_lock():
            self.leapt.value += seconds
