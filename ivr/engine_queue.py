"""Who is next at the engines: whoever is waited for, before what may still be overtaken.

Engines work in a few threads for all calls. Under load work waits, and then it matters in which order: an
answer that has been given goes before the beginning of one that may go on, which is withdrawn altogether when
it is overtaken before its turn. Time spent waiting is load, and no engine's fault: whoever limits an engine's
time counts from ``Work.begun``. Everything here belongs to one event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, Generic, TypeVar

from speech.allocator import NowAndThen, give_back

T = TypeVar("T")

GIVE_BACK_EVERY_S = 30.0
"""How often engines' threads return what they have left free: an utterance takes a lot for a moment, and what
is free lies between what calls hold."""
RECENT_S = 10.0
"""So long it is remembered how long the last one took that was waited for."""


class Work(Generic[T]):
    """One piece of work: it waits, is begun in some thread, and ends; or it is withdrawn before that."""

    def __init__(self, job: Callable[[], T], number: int, *, early: bool) -> None:
        """``number`` orders works by when they came; ``early``: nobody waits for it yet."""
        self.job = job
        self.number = number
        self.early = early
        self.since = asyncio.get_running_loop().time()
        """From when somebody waits for it, in call time."""
        self.done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._begun = asyncio.Event()
        self.begun_at = float("inf")

    @property
    def begun(self) -> bool:
        """Whether an engine works, or has worked, on it."""
        return self._begun.is_set()

    @property
    def place(self) -> tuple[bool, int]:
        """Who comes first: those that are waited for, of these the one that came first."""
        return self.early, self.number

    def begin(self) -> None:
        """An engine begins with it now."""
        self.begun_at = asyncio.get_running_loop().time()
        self._begun.set()

    async def beginning(self) -> None:
        """Wait for that, or until it is known that there will be none: then ``done`` tells why."""
        begun: asyncio.Future[Any] = asyncio.ensure_future(self._begun.wait())
        done: asyncio.Future[Any] = self.done
        try:
            await asyncio.wait({begun, done}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            begun.cancel()


class EngineQueue:
    """Gives work to the threads of an executor, so much at once as these can do."""

    def __init__(self, executor: Executor, at_once: int) -> None:
        self._executor = executor
        self._at_once = at_once
        self._waiting: list[Work[Any]] = []
        self._under_way = 0
        self._came = 0
        self._running: list[Work[Any]] = []
        self._last: tuple[float, float] | None = None
        self._tidy = NowAndThen(give_back, GIVE_BACK_EVERY_S)

    def hangs(self, after_s: float) -> bool:
        """Whether all engines have been at the same work for so long: then waiting is not load."""
        since = asyncio.get_running_loop().time() - after_s
        return sum(work.begun_at <= since for work in self._running) >= self._at_once

    @property
    def waiting(self) -> int:
        """How many works wait for their turn."""
        return len(self._waiting)

    @property
    def behind_s(self) -> float:
        """How long those who are waited for take at the moment, in seconds of call time."""
        now = asyncio.get_running_loop().time()
        waited = [now - work.since for work in (*self._waiting, *self._running) if not work.early]
        if self._last is not None and now - self._last[0] < RECENT_S:
            waited.append(self._last[1])
        return max(waited, default=0.0)

    def add(self, job: Callable[[], T], *, early: bool = False) -> Work[T]:
        """Put a job in its place; ``early``: behind all that is waited for."""
        self._came += 1
        work = Work(job, self._came, early=early)
        self._waiting.append(work)
        self._feed()
        return work

    def hurry(self, work: Work[T]) -> None:
        """Somebody waits for it now: it goes where it would be had it never been early."""
        if work.early:
            work.early, work.since = False, asyncio.get_running_loop().time()

    def withdraw(self, work: Work[T]) -> bool:
        """It is not needed any more; False when it was handed to an engine already."""
        if work not in self._waiting:
            return False
        self._waiting.remove(work)
        work.done.cancel()
        return True

    def give_up(self, work: Work[T]) -> None:
        """Nobody waits for it any longer though an engine has begun; its thread stays taken until it ends."""
        work.done.cancel()

    def _feed(self) -> None:
        while self._waiting and self._under_way < self._at_once:
            work = min(self._waiting, key=lambda each: each.place)
            self._waiting.remove(work)
            self._hand_over(work)

    def _hand_over(self, work: Work[Any]) -> None:
        try:
            result = self._start(work)
        except RuntimeError as error:  # the executor takes nothing any more
            work.done.set_exception(error)
            work.done.exception()
            return
        self._under_way += 1
        self._running.append(work)
        result.add_done_callback(lambda done: self._ended(work, done))

    def _start(self, work: Work[Any]) -> asyncio.Future[Any]:
        """Give work to a thread, which says when it begins. Raises RuntimeError when none takes any."""
        loop = asyncio.get_running_loop()

        def run() -> Any:
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
                loop.call_soon_threadsafe(work.begin)
            try:
                return work.job()
            finally:
                self._tidy()

        return loop.run_in_executor(self._executor, run)

    def _ended(self, work: Work[Any], result: asyncio.Future[Any]) -> None:
        self._under_way -= 1
        self._running.remove(work)
        if not work.early:
            now = asyncio.get_running_loop().time()
            self._last = now, now - work.since
        if work.done.cancelled():
            if not result.cancelled():
                result.exception()  # looked at, so that the loop does not report it as forgotten
        elif result.cancelled():
            work.done.cancel()
        elif (error := result.exception()) is not None:
            work.done.set_exception(error)
            work.done.exception()  # whoever waits gets it; without anybody it is nobody's
        else:
            work.done.set_result(result.result())
        self._feed()


def width_of(executor: Executor) -> int:
    """How much an executor does at once. A pool of threads has no public word for it; others do one thing."""
    return int(getattr(executor, "_max_workers", 1))
