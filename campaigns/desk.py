"""What the dialer works with: ledger, line, conversation, clock, aftercare, and its settings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy.orm import Session

from campaigns.aftercare import Aftercare
from campaigns.briefing import Caller
from campaigns.progress import OnEvent, ProgressEvent
from ivr.clock import Clock
from ivr.dialogue import DialogueState
from ivr.lines import Call, Line
from ivr.report import CallObserver, CallReport
from ivr.script import Script
from records.sessions import Ledger

if TYPE_CHECKING:
    from campaigns.unwritten import Spool, Thing

T = TypeVar("T")


class Converse(Protocol):
    """Holds the conversation of a connected call: ``hold_conversation`` with its senses and clock."""

    def __call__(
        self, call: Call, /, *, state: DialogueState, script: Script, observer: CallObserver
    ) -> Awaitable[CallReport]:
        """Talk until the call is over. What ``observer`` raises ends the call and is raised on."""


@dataclass(frozen=True, slots=True)
class DialerOptions:
    """How a dialer works."""

    caller: Caller
    max_calls: int = 4
    """Calls at the same time over all campaigns."""
    calls_per_second: float = 0.0
    """How many of this dialer's calls may begin in a second; 0 for as many as there are lines."""
    keeps_up: Callable[[int], int] | None = None
    """How many more calls the engines keep up with beside so many; None: as many as there are lines."""
    ring_seconds: float = 60.0
    """How long a telephone rings: elders walk slowly."""
    call_seconds: float = 600.0
    """Longest a conversation lasts by its own rules; a call that goes on for two minutes more is ended."""
    poll_seconds: float = 5.0
    """How often the ledger is looked at for visits that others have planned or changed."""
    sweep_seconds: float = 30.0
    """How often abandoned and expired visits are looked for."""
    grace_seconds: float = 20.0
    """How long calls may go on after ``stop`` before they are ended."""
    most_failures: int = 5
    """Calls in a row that may fail on our side before the campaign is paused."""
    take_over: bool = False
    """Whether visits held by earlier processes are taken over at the start. Only for a process that knows it
    is the only one working on the ledger."""
    on_event: OnEvent | None = None
    converse_in: Callable[[int], Converse] | None = None
    """By a visit's id, instead of the usual conversation: for calls that can be put through to people."""
    spool: Spool | None = None
    """See ``Books.spool``."""


@dataclass(frozen=True, slots=True)
class Books:
    """The ledger as work on an event loop reaches it, with what every entry in it needs."""

    ledger: Ledger
    clock: Clock
    aftercare: Aftercare
    executor: Executor
    spool: Spool | None = field(default=None, kw_only=True)
    """Where grave things are kept that the ledger cannot take now; None: in memory only."""

    def keep(self, thing: Thing) -> bool:
        """Keep what the ledger could not take on the disk; False where that cannot be done."""
        return self.spool is not None and self.spool.keep(thing, self.clock.now())

    async def write(self, work: Callable[[Session], T]) -> T:
        """Do ``work`` in a transaction and commit. Raises whatever it raises, and LedgerError."""
        return await self._run(lambda: self._in_session(work))

    def write_now(self, work: Callable[[Session], T]) -> Future[T]:
        """Do ``work`` in a transaction while the caller waits; the future tells how it went."""
        begun = self.executor.submit(self._in_session, work)
        wait([begun])
        return begun

    async def read(self, work: Callable[[Session], T]) -> T:
        """Do ``work`` in a transaction that only reads."""
        return await self._run(lambda: self._in_reading(work))

    async def _run(self, work: Callable[[], T]) -> T:
        # Shielded: what has begun in the ledger is brought to its end even if nobody waits for it any more.
        begun = asyncio.get_running_loop().run_in_executor(self.executor, work)
        begun.add_done_callback(_look_at)
        return await asyncio.shield(begun)

    def _in_session(self, work: Callable[[Session], T]) -> T:
        with self.ledger.session() as session:
            return work(session)

    def _in_reading(self, work: Callable[[Session], T]) -> T:
        with self.ledger.reading() as session:
            return work(session)


@dataclass(frozen=True, slots=True)
class Desk(Books):
    """Everything a call needs beside the ledger."""

    line: Line
    converse: Converse
    recordings_dir: Path
    options: DialerOptions

    async def do(self, work: Callable[[], T]) -> T:
        """Do something slow that has nothing to do with the ledger, such as writing a file."""
        return await asyncio.to_thread(work)

    def emit(self, event: ProgressEvent) -> None:
        """Tell the display; what goes wrong there does not touch the call."""
        if self.options.on_event is not None:
            asyncio.get_running_loop().call_soon(self.options.on_event, event)


async def settled(work: Awaitable[T]) -> asyncio.Future[T]:
    """Wait for ``work`` without raising what it raises: the future that comes back is done.

    So one call's unforeseen failure is looked at as a value and never takes down another call.
    """
    future = asyncio.ensure_future(work)
    future.add_done_callback(_look_at)  # also if whoever waits here is cancelled
    await asyncio.wait({future})
    return future


def _look_at(future: asyncio.Future[Any]) -> None:
    """Look at a failure, so that the loop does not report it as forgotten when nobody else does."""
    if not future.cancelled():
        future.exception()


def problem_of(error: BaseException | None) -> str:
    """An unforeseen error in the words of a log: its kind only, since its message may hold personal data."""
    return type(error).__name__
