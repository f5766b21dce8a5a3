"""One town's time, shared by processes: it runs fast, leaps over empty hours, and may lie to a worker.

How fast it runs follows the machine (``benchmarks.chaos.pacing``): leases last 90 seconds in town, and where
a worker gets a tenth of a core these pass before it has done what takes it two on a core of its own.

Nothing here is locked: whoever is killed or stopped while holding a lock that all share would stop the town.
One process writes, and readers look twice.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext
from typing import Any

SHORTEST_SLEEP_S = 0.2
"""Real seconds: what polls every second or two would otherwise poll without a pause."""
_VERSION, _REAL, _TOWN, _RATE = range(4)


@dataclass(frozen=True)
class TownClock:
    """A ``Clock`` that every process of a run can carry. Only the process that began it may change it."""

    start: datetime
    pace: Any
    """Shared: a number that is odd while the others are being written; a reading of the system's monotonic
    clock, which all processes share; the seconds in town since ``start`` at that moment; and how many seconds
    in town pass for each real second from then on."""
    skew: Any = None
    """Shared: by how many seconds this worker's clock is wrong; None for the truth."""

    @classmethod
    def begin(cls, context: ForkServerContext, start: datetime, rate: float) -> TownClock:
        """Time in town begins now."""
        return cls(start.astimezone(UTC), context.RawArray("d", [0.0, time.monotonic(), 0.0, rate]))

    def with_skew(self, skew: Any) -> TownClock:
        """The clock of one worker."""
        return replace(self, skew=skew)

    @property
    def rate(self) -> float:
        """Seconds in town for each real second, now."""
        return float(self.pace[_RATE])

    def now(self) -> datetime:
        """The moment in town, as this worker sees it."""
        wrong = self.skew.value if self.skew is not None else 0.0
        return self.start + timedelta(seconds=self._passed() + wrong)

    async def sleep(self, seconds: float) -> None:
        """Sleep so long in town."""
        await asyncio.sleep(max(seconds / self.rate, SHORTEST_SLEEP_S) if seconds > 0 else 0)

    def leap(self, seconds: float) -> None:
        """Let time pass at once, for everybody."""
        self._write(self._passed() + seconds, self.rate)

    def run_at(self, rate: float) -> None:
        """From now on let so many seconds pass for each real one."""
        self._write(self._passed(), rate)

    def _passed(self) -> float:
        """Seconds in town since the beginning."""
        while True:
            version, real, town, rate = self.pace
            if version % 2 == 0 and version == self.pace[_VERSION]:
                return float(town + (time.monotonic() - real) * rate)

    def _write(self, town: float, rate: float) -> None:
        self.pace[_VERSION] += 1
        self.pace[_REAL], self.pace[_TOWN], self.pace[_RATE] = time.monotonic(), town, rate
        self.pace[_VERSION] += 1
