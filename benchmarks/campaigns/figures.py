"""What was measured, and how it is shown."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from records.sessions import Ledger


@dataclass(frozen=True)
class Figure:
    """How long something took, in milliseconds."""

    what: str
    times: Sequence[float]
    note: str = ""

    def row(self) -> tuple[str, str, str, str]:
        """What the table shows."""
        last = statistics.quantiles(self.times, n=20)[-1] if len(self.times) > 1 else self.times[0]
        return self.what, f"{statistics.median(self.times):,.1f}", f"{last:,.1f}", self.note


def once(what: str, work: Callable[[], str | None]) -> Figure:
    """Do something once; what it returns is noted beside its time."""
    begun = time.perf_counter()
    note = work()
    return Figure(what, [(time.perf_counter() - begun) * 1000], note or "once")


def timed(ledger: Ledger, what: str, query: Callable[[Session], object], repeat: int) -> Figure:
    """Ask several times, each in a transaction of its own; the pages it touches are noted beside its time.

    Pages (8 kB) do not depend on who else uses the machine.
    """
    times = []
    with ledger.engine.begin() as connection:
        connection.execute(text("SELECT pg_stat_statements_reset()"))
    for _ in range(repeat):
        with ledger.reading() as session:
            begun = time.perf_counter()
            query(session)
            times.append((time.perf_counter() - begun) * 1000)
    with ledger.engine.begin() as connection:
        pages = connection.scalar(text(_PAGES))
    return Figure(what, times, f"{(pages or 0) / repeat:,.0f} pages")


_PAGES = """
    SELECT sum(shared_blks_hit + shared_blks_read) FROM pg_stat_statements
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND query NOT LIKE '%pg_stat_statements%'
"""
