"""A city of N elders with a year of visits on PostgreSQL: ``make bench-campaigns``.

Measures planning, claiming what is due by 1, 4 and 16 worker processes (as fast as it goes, and at a steady
thousand a second), the same by procrastinate, and the queries of the panel and of the rounds. Every figure is
what somebody who waits for the transaction sees; the server writes to its disk before it answers.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Shown
from sqlalchemy import text
from support.postgres import Server, running_server

from benchmarks.campaigns.asking import ask
from benchmarks.campaigns.city import City, settle
from benchmarks.campaigns.contest import claims, queue
from benchmarks.campaigns.figures import Clockwork, Figure
from benchmarks.campaigns.planning import (
    StillClock,
    look_for_rounds,
    plan_all,
    plan_due,
    prepare_calls,
    renew_leases,
)
from records.keyring import Keyring
from records.sessions import Ledger
from wenan.tallies import keep_tallies

SETTINGS = (
    "fsync=on",
    "full_page_writes=on",
    "shared_buffers=2GB",
    "effective_cache_size=8GB",
    "maintenance_work_mem=512MB",
    "max_wal_size=8GB",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=200",
    "max_parallel_workers_per_gather=0",
    "shared_preload_libraries=pg_stat_statements",
)
"""What an administrator would set on a machine of this size; all else is PostgreSQL's usual."""


def measure(server: Server, folder: Path, options: argparse.Namespace, bar: Progress) -> list[Figure]:
    """Settle the city unless it stands, and measure everything."""
    city = City(options.elders, options.months)
    clockwork = Clockwork(server.postmaster, tell=lambda figure: bar.console.print(*figure.row(), sep=" | "))
    name, key = f"city_{city.elders}_{city.months}", folder / "wenan.key"
    url, figures = server.url(name), []
    tasks = {}

    def progress(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = bar.add_task(what, total=total)
        bar.update(tasks[what], completed=done, total=total)

    stands = (folder / f"{name}.settled").exists()
    if not stands:
        server.create(name)
    ledger = Ledger(url, Keyring.at(key))
    ledger.migrate()
    with ledger.engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_stat_statements"))
    if not stands:
        figures.append(clockwork.once("settle the city", lambda: settle(ledger, city, progress)))
        (folder / f"{name}.settled").touch()
    if options.settle_only:
        return figures
    figures.append(plan_due(clockwork, ledger, progress))
    figures.append(plan_all(clockwork, ledger, progress))
    figures.append(
        clockwork.once("keeper: all counts", lambda: f"{keep_tallies(ledger, StillClock())} parts")
    )
    figures.append(look_for_rounds(clockwork, ledger))
    figures += ask(clockwork, ledger, options.repeat, progress)
    figures += claims(clockwork, ledger, url, key, options, progress)
    figures.append(prepare_calls(ledger, options.repeat))
    figures.append(renew_leases(ledger, options.repeat))
    if not options.without_queue:
        figures += queue(clockwork, server, options, progress)
    ledger.dispose()
    return figures


def main() -> int:
    """Measure and print a table; size and repetitions are options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--elders", type=int, default=1_000_000)
    parser.add_argument("--months", type=int, default=12, help="of visits before today's campaigns")
    parser.add_argument("--batch", type=int, default=100, help="visits claimed in one transaction")
    parser.add_argument("--claims", type=int, default=160, help="transactions for each number of workers")
    parser.add_argument("--repeat", type=int, default=20, help="how often each query is asked")
    parser.add_argument("--keep", type=Path, help="a folder in which the city stays for the next time")
    parser.add_argument("--settle-only", action="store_true", help="fill the city that is kept, and no more")
    parser.add_argument("--without-queue", action="store_true", help="leave out procrastinate")
    options = parser.parse_args()
    console = Console(width=110)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    before = os.getloadavg()[0]
    with ExitStack() as stack:
        temporary = stack.enter_context(tempfile.TemporaryDirectory(prefix="wenan-bench-"))
        folder = options.keep or Path(temporary)
        server = stack.enter_context(
            running_server(*SETTINGS, folder=None if options.keep is None else options.keep)
        )
        bar = stack.enter_context(Progress(*columns, console=console))
        figures = measure(server, folder, options, bar)
    title = f"{options.elders:,} elders, {options.months} months of visits"
    load = f"load of the machine {before:.1f} before, {os.getloadavg()[0]:.1f} after; {os.cpu_count()} cores"
    shown = Shown("", "p50 ms", "p95 ms", "worked ms", "", title=title, caption=load)
    for figure in figures:
        shown.add_row(*figure.row())
    console.print(shown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
