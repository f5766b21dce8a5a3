"""An event loop whose time is virtual: an hour in which nothing is computed passes in no time at all.

Time stands still while anything is ready to run and while work given to ``run_in_executor`` is not done,
and otherwise jumps to the next timer. So a call of three minutes takes as long as its recognition does,
two hundred calls share one loop without disturbing each other's pacing, and the same inputs give the same
call every time. Real sockets and subprocesses make no sense here: time would not wait for them.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from types import CoroutineType
from typing import TypeVar, TypeVarTuple

from ivr.clock import LoopClock

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_SELF_PIPE = 1
"""The loop's own file descriptor, by which threads wake it; the only one a virtual loop has of itself."""
_RESOLUTION_S = 1e-6
"""Timers this close together are due together. Well above the rounding of a float that counts years."""


class VirtualDeadlockError(RuntimeError):
    """Everything waits and nothing is coming, neither timer nor work; the message says who waits where."""


class _VirtualSelector(selectors.DefaultSelector):
    """Stands where the loop would sleep: lets virtual time pass instead, or waits for real work."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.outstanding = 0
        """Pieces of real work during which time must not move."""
        self.describe_waiting: Callable[[], str] = str

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Poll; with nothing ready, block for outstanding work, or else move time on by ``timeout``.

        Raises VirtualDeadlockError when there is nothing to wait for.
        """
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self.outstanding:
            return super().select(None)
        if timeout is not None:
            self.now += timeout
            return ready
        if len(self.get_map()) > _SELF_PIPE:
            return super().select(None)
        raise VirtualDeadlockError(
            f"Nothing is scheduled and no work is outstanding, yet somebody waits: {self.describe_waiting()}"
        )


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop on virtual time, starting at 0 seconds."""

    def __init__(self) -> None:
        self._virtual = _VirtualSelector()
        super().__init__(self._virtual)
        self._clock_resolution = _RESOLUTION_S  # BaseEventLoop compares timers with it
        self._virtual.describe_waiting = self._describe_waiting
        self._pool: Executor = ThreadPoolExecutor(thread_name_prefix="virtual-time")
        super().set_default_executor(self._pool)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._virtual.now

    def set_default_executor(self, executor: Executor) -> None:
        """Choose the threads that ``run_in_executor(None, ...)`` uses. Raises TypeError for other workers."""
        if not isinstance(executor, ThreadPoolExecutor):
            raise TypeError("A loop's default executor must be a ThreadPoolExecutor")
        super().set_default_executor(executor)
        self._pool = executor

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """As asyncio's; until the work is really done (cancelled or not), virtual time stands still."""
        job = (executor or self._pool).submit(func, *args)
        future = asyncio.wrap_future(job, loop=self)
        self._virtual.outstanding += 1
        job.add_done_callback(self._wake_when_done)
        return future

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Hold time for real work that was not given to ``run_in_executor``, such as a thread of one's own.

        Whoever does that work must end the wait through ``call_soon_threadsafe``.
        """
        self._virtual.outstanding += 1
        try:
            yield
        finally:
            self._virtual.outstanding -= 1

    if sys.version_info >= (3, 12):

        async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncio's signature
            """As asyncio's; time stands still while threads finish, so ``timeout`` never runs out."""
            with self.standing_still():
                await super().shutdown_default_executor(timeout)
    else:

        async def shutdown_default_executor(self) -> None:
            """As asyncio's; time stands still while threads finish."""
            with self.standing_still():
                await super().shutdown_default_executor()

    def _wake_when_done(self, _job: Future[T]) -> None:
        """Called in the worker's thread, after the result was handed to the loop."""
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
            self.call_soon_threadsafe(self._work_done)

    def _work_done(self) -> None:
        self._virtual.outstanding -= 1

    def _describe_waiting(self) -> str:
        waiting = sorted(_where(task) for task in asyncio.all_tasks(self))
        return "; ".join(waiting) if waiting else "the caller, without any task"


def _where(task: asyncio.Task[object]) -> str:
    """The task's name and the chain of coroutines in which it waits, outermost first."""
    chain = []
    awaited: object = task.get_coro()
    while isinstance(awaited, CoroutineType):
        frame = awaited.cr_frame
        chain.append(f"{awaited.__qualname__}:{frame.f_lineno}" if frame else awaited.__qualname__)
        awaited = awaited.cr_await
    return f"{task.get_name()} at {' > '.join(chain)}"


def run_virtual(main: Callable[[LoopClock], Awaitable[T]], start: datetime) -> T:
    """Run ``main`` to its end on a fresh virtual loop whose clock shows ``start`` (aware) at the beginning.

    Returns what ``main`` returns and raises what it raises; VirtualDeadlockError when it can never end.
    """
    loop = VirtualTimeLoop()

    async def begin() -> T:
        return await main(LoopClock(loop, start))

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(begin())
