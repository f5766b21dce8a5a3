"""Engines that take call time, so that load, hanging and crashing are stories in virtual time."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ivr.engine_queue import EngineQueue, Work

FOR_EVER_S = 100_000.0


@dataclass(frozen=True)
class Others:
    """What other calls want of the engines."""

    seconds: float

    def __call__(self) -> None:
        """Nothing that this story is about."""


class SlowEngines(EngineQueue):
    """Every piece of work takes so many seconds of call time, from now on; change ``takes`` at any moment."""

    def __init__(self, takes: float = 0.1, *, at_once: int = 1) -> None:
        super().__init__(ThreadPoolExecutor(1), at_once)
        self.takes = takes
        self.begun: list[Work[Any]] = []

    def occupy(self, seconds: float) -> None:
        """Others come first now, and keep an engine busy for so long."""
        self.add(Others(seconds))

    def _start(self, work: Work[Any]) -> asyncio.Future[Any]:
        self.begun.append(work)
        work.begin()
        seconds = work.job.seconds if isinstance(work.job, Others) else self.takes
        return asyncio.ensure_future(self._slowly(seconds, work))

    @staticmethod
    async def _slowly(seconds: float, work: Work[Any]) -> Any:
        await asyncio.sleep(seconds)
        return work.job()
