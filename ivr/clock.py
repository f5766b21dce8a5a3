"""Time, injected: nothing in the product asks the operating system what time it is except through a Clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The time of day and the passing of time, both possibly virtual."""

    def now(self) -> datetime:
        """The current moment, timezone-aware, in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Let time pass on this clock."""


class SystemClock:
    """The real clock."""

    def now(self) -> datetime:
        """The current moment in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Sleep for real."""
        await asyncio.sleep(seconds)


class LoopClock:
    """A clock that reads the running event loop's time, so that on a virtual loop hours pass at once."""

    def __init__(self, loop: asyncio.AbstractEventLoop, start: datetime) -> None:
        """``start`` is the moment (aware) that the loop's present time stands for."""
        self._loop = loop
        self._start = start.astimezone(UTC)
        self._zero = loop.time()

    def now(self) -> datetime:
        """The start plus the loop's seconds since."""
        return self._start + timedelta(seconds=self._loop.time() - self._zero)

    async def sleep(self, seconds: float) -> None:
        """Sleep on the loop."""
        await asyncio.sleep(seconds)
