"""Where a process keeps what the ledger cannot take: a folder beside its data, written down later."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

from campaigns.desk import Books
from campaigns.unwritten import Spool, WrittenLater
from escalation.aftercare import VisitAftercare
from escalation.call_ins import CallInAftercare
from escalation.rules import Rules
from ivr.clock import Clock
from records.sessions import Ledger
from wenan.settings import Settings
from wenan.tasks import end_task


def open_spool(settings: Settings) -> Spool:
    """The spool of the data folder; the folder itself is made when there is something to keep."""
    return Spool(settings.data_dir / "unwritten")


def write_later(
    settings: Settings, ledger: Ledger, clock: Clock, rules: Rules, ending: AsyncExitStack
) -> None:
    """Until ``ending`` is closed, bring to the ledger what this process or an earlier one has kept.

    Whatever the process is for: a panel's door, too, hears of callers while the ledger is away.
    """
    executor = ending.enter_context(ThreadPoolExecutor(1, "unwritten"))
    books = Books(ledger, clock, VisitAftercare(rules), executor)
    later = WrittenLater(books, CallInAftercare(rules), open_spool(settings))
    ending.push_async_callback(end_task, asyncio.create_task(later.run()))
