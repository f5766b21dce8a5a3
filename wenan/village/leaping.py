"""A clock for real calls to a village in which days pass: it leaps while nobody is on the telephone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta


class LeapingClock:
    """Passes as our time does, and further when told to; implements ``ivr.clock.Clock`` on a real loop."""

    def __init__(self, start: datetime) -> None:
        """``start`` is the moment (aware) that is now. Made on the running loop that it belongs to."""
        self._loop = asyncio.get_running_loop()
        self._start = start.astimezone(UTC)
        self._zero = self._loop.time()
        self._ahead = timedelta()
        self._sleeping: set[asyncio.Event] = set()

    def now(self) -> datetime:
        """The village's present."""
        return self._start + timedelta(seconds=self._loop.time() - self._zero) + self._ahead

    async def sleep(self, seconds: float) -> None:
        """Sleep until the village's time is so much later, however it gets there."""
        until = self.now() + timedelta(seconds=seconds)
        leapt = asyncio.Event()
        self._sleeping.add(leapt)
        try:
            await asyncio.sleep(0)
            while (left := (until - self.now()).total_seconds()) > 0:
                leapt.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(leapt.wait(), left)
        finally:
            self._sleeping.discard(leapt)

    def leap(self, moment: datetime) -> None:
        """Let it be ``moment`` now, unless that has passed; whoever slept until before then wakes."""
        self._ahead += max(timedelta(), moment - self.now())
        for leapt in self._sleeping:
            leapt.set()
