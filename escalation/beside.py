"""The ledger for those who work on the event loop: read and written beside it, in threads of an executor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.orm import Session

from records.sessions import Ledger

T = TypeVar("T")


def in_session(ledger: Ledger, work: Callable[[Session], T]) -> T:
    """Do the work in a session of its own, in this thread. Raises LedgerError, and what the work raises."""
    with ledger.session() as session:
        return work(session)


@dataclass(frozen=True, slots=True)
class LedgerBeside:
    """A ledger and where it is worked on, so that no call waits for a disk."""

    ledger: Ledger
    executor: Executor

    async def write(self, work: Callable[[Session], T]) -> T:
        """Do the work in a session of its own. Goes on to its end when whoever waits for it is cancelled.

        Raises LedgerError, and what the work raises.
        """
        begun = asyncio.get_running_loop().run_in_executor(self.executor, self.in_session, work)
        return await asyncio.shield(begun)

    def write_now(self, work: Callable[[Session], T]) -> T:
        """The same, blocking: for what must stand before the next word is said. Raises as ``write`` does."""
        return self.executor.submit(self.in_session, work).result()

    def in_session(self, work: Callable[[Session], T]) -> T:
        """Do the work in this thread."""
        return in_session(self.ledger, work)
