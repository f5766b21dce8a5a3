"""What was measured, and how it is shown."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from records.sessions import Ledger

_PAGES = """
    SELECT sum(shared_blks_hit + shared_blks_read) FROM pg_stat_statements
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND query NOT LIKE '%pg_stat_statements%'
"""


@dataclass(frozen=True)
class Figure:
    """How long something took, in milliseconds, and how much of that the processors worked for it."""

    what: str
    times: Sequence[float]
    note: str = ""
    worked: float | None = None
    """Milliseconds of processor time for one of them, here and in the server; None where not measured."""

    def row(self) -> tuple[str, ...]:
        """What the table shows."""
        last = statistics.quantiles(self.times, n=20)[-1] if len(self.times) > 1 else self.times[0]
        worked = "" if self.worked is None else f"{self.worked:,.1f}"
        return self.what, f"{statistics.median(self.times):,.1f}", f"{last:,.1f}", worked, self.note


@dataclass
class Clockwork:
    """Processor time of this process and of a PostgreSQL server.

    On a machine that others use, a time by the clock says how long one waits among them; the processors' work
    and the pages read (8 kB) say what it costs, whoever else is there.
    """

    postmaster: int
    tell: Callable[[Figure], None]
    """Is told every figure as soon as it is known."""
    worked: float = field(default=0.0, init=False)
    """Milliseconds within the last ``measuring``."""

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Measure what is done within."""
        before = self._now()
        yield
        self.worked = (self._now() - before) * 1000

    def once(self, what: str, work: Callable[[], str]) -> Figure:
        """Do something once; what it returns is noted beside its time."""
        begun = time.perf_counter()
        with self.measuring():
            note = work()
        return self.told(Figure(what, [(time.perf_counter() - begun) * 1000], note, self.worked))

    def asked(self, ledger: Ledger, what: str, query: Callable[[Session], object], repeat: int) -> Figure:
        """Ask several times, each in a transaction of its own."""
        times = []
        with ledger.engine.begin() as connection:
            connection.execute(text("SELECT pg_stat_statements_reset()"))
        with self.measuring():
            for _ in range(repeat):
                with ledger.reading() as session:
                    begun = time.perf_counter()
                    query(session)
                    times.append((time.perf_counter() - begun) * 1000)
        with ledger.engine.begin() as connection:
            pages = connection.scalar(text(_PAGES))
        note = f"{(pages or 0) / repeat:,.0f} pages"
        return self.told(Figure(what, times, note, self.worked / repeat))

    def told(self, figure: Figure) -> Figure:
        """Tell a figure, and give it back."""
        self.tell(figure)
        return figure

    def _now(self) -> float:
        """Seconds."""
        spent = os.times()
        server = _ended(self.postmaster) + sum(_spent(each) for each in _children(self.postmaster))
        return spent.user + spent.system + server


def _children(parent: int) -> Iterator[Path]:
    for each in Path("/proc").glob("[0-9]*"):
        try:
            _, _, rest = (each / "stat").read_text().rpartition(")")
        except OSError:
            continue  # it has ended meanwhile
        if int(rest.split()[1]) == parent:
            yield each


def _ended(parent: int) -> float:
    """Seconds that those children of a process worked who have ended."""
    _, _, rest = Path(f"/proc/{parent}/stat").read_text().rpartition(")")
    return sum(map(int, rest.split()[13:15])) / os.sysconf("SC_CLK_TCK")


def _spent(process: Path) -> float:
    """Seconds that a process was on a processor."""
    try:
        return int((process / "schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0
