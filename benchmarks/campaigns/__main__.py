"""A city of N elders with a year of visits on PostgreSQL: ``make bench-campaigns``.

Measures planning a day, claiming what is due by 1, 4 and 16 worker processes, asking whether a number is in
use, and the queries of the panel. Every figure is what somebody who waits for the transaction sees.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table as Shown
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from support.campaigning import CALLER, WINDOWS, open_monthly
from support.postgres import Server, running_server

from benchmarks.campaigns.city import MONDAY, MONTHS, settle
from benchmarks.campaigns.claiming import CLAIM, claim
from campaigns.attempts import prepare
from campaigns.claims import campaigns_with_due, claim_due
from campaigns.outlook import next_moment
from campaigns.planner import plan_visits
from campaigns.recovery import lapsed_visits
from campaigns.rehearsal import NotedAftercare
from records.keyring import Keyring
from records.people import Worker
from records.sessions import Ledger
from records.visits import Campaign, Visit
from web.call_data import Filter, find_calls
from web.campaign_data import counts, levels, outcomes
from web.coverage_data import coverage
from web.identity import SignedIn, describe
from web.order_data import OrderFilter, find_orders

WORKERS = (1, 4, 16)


@dataclass(frozen=True)
class Figure:
    """How long something took, in milliseconds."""

    what: str
    times: Sequence[float]
    note: str = ""

    def row(self) -> tuple[str, str, str, str]:
        """What the table shows."""
        last = statistics.quantiles(self.times, n=20)[-1] if len(self.times) > 1 else self.times[0]
        return self.what, f"{statistics.median(self.times):.1f}", f"{last:.1f}", self.note


def plan_a_day(ledger: Ledger, elders: int) -> Figure:
    """Plan everybody whose turn it is on one day of a month."""
    todays = range(1, elders + 1, 30)
    begun = time.perf_counter()
    with ledger.session() as session:
        campaign = open_monthly(session, MONDAY, name="today", windows=WINDOWS, max_concurrent=10_000_000)
        report = plan_visits(session, campaign, MONDAY, only=set(todays))
    took = (time.perf_counter() - begun) * 1000
    return Figure("plan a day", [took], f"{len(report.telephone)} visits, once")


def claim_by(ledger: Ledger, url: str, key: Path, workers: int, transactions: int) -> Figure:
    """Let so many worker processes claim at the same time; afterwards everything is due again."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.campaigns.claiming"])
    share = max(transactions // workers, 1)
    with context.Pool(workers) as pool:
        pool.map(claim, [(url, key, each, 1) for each in range(workers)], chunksize=1)  # warms up
        begun = time.perf_counter()
        done = pool.map(claim, [(url, key, each, share) for each in range(workers)], chunksize=1)
        took = time.perf_counter() - begun
    with ledger.session() as session:
        claimed = session.scalars(
            update(Visit)
            .where(Visit.status == "in_progress")
            .values(status="planned", lease_owner=None, lease_until=None)
            .returning(Visit.id)
        ).all()
    times = [each for one in done for each in one]
    note = f"{(len(claimed) - workers * CLAIM) / took:.0f} visits/s"
    return Figure(f"claim {CLAIM} visits, {workers} workers", times, note)


def prepare_calls(ledger: Ledger, times: int) -> Figure:
    """The intent of a call, which asks whether the number is in use."""
    with ledger.session() as session:
        [campaign, *_] = campaigns_with_due(session, MONDAY)
        leases = claim_due(session, campaign, owner="one", now=MONDAY, limit=times)
    took = []
    for lease in leases:
        begun = time.perf_counter()
        with ledger.session() as session:
            prepare(session, lease, caller=CALLER, aftercare=NotedAftercare(), now=MONDAY)
        took.append((time.perf_counter() - begun) * 1000)
    return Figure("prepare a call", took)


def ask(ledger: Ledger, repeat: int) -> list[Figure]:
    """The panel's queries and the dialer's, each several times."""
    with ledger.reading() as session:
        worker = session.scalars(select(Worker)).one()
        user: SignedIn = describe(session, worker)
        today = session.scalars(select(Campaign).where(Campaign.status == "running")).one()
    queries: dict[str, Callable[[Session], object]] = {
        "overview: counts": lambda session: counts(session, user, today),
        "overview: outcomes": lambda session: outcomes(session, user, today),
        "overview: levels": lambda session: levels(session, user, today),
        "overview: visit rates": lambda session: coverage(session, user, MONDAY),
        "calls": lambda session: find_calls(session, user, Filter(), 1),
        "orders": lambda session: find_orders(session, user, OrderFilter(), 1),
        "dialer: campaigns with due visits": lambda session: campaigns_with_due(session, MONDAY),
        "dialer: next moment": lambda session: next_moment(session, MONDAY),
        "sweeper: lapsed leases": lambda session: lapsed_visits(session, MONDAY),
    }
    return [Figure(what, _timed(ledger, query, repeat)) for what, query in queries.items()]


def _timed(ledger: Ledger, query: Callable[[Session], object], repeat: int) -> list[float]:
    times = []
    for _ in range(repeat):
        with ledger.reading() as session:
            begun = time.perf_counter()
            query(session)
            times.append((time.perf_counter() - begun) * 1000)
    return times


def measure(server: Server, folder: Path, options: argparse.Namespace) -> list[Figure]:
    """Settle the city and measure everything."""
    server.create("city")
    url, key = server.url("city"), folder / "wenan.key"
    ledger = Ledger(url, Keyring.at(key))
    ledger.migrate()
    begun = time.perf_counter()
    settle(ledger, options.elders)
    figures = [Figure("settle the city", [(time.perf_counter() - begun) * 1000], "once")]
    figures.append(plan_a_day(ledger, options.elders))
    figures += [claim_by(ledger, url, key, workers, options.claims) for workers in WORKERS]
    figures.append(prepare_calls(ledger, options.repeat))
    figures += ask(ledger, options.repeat)
    ledger.dispose()
    return figures


def main() -> int:
    """Measure and print a table; ``number`` of elders and repetitions are options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--elders", type=int, default=1_000_000)
    parser.add_argument("--claims", type=int, default=320, help="transactions for each number of workers")
    parser.add_argument("--repeat", type=int, default=20, help="how often each query is asked")
    options = parser.parse_args()
    shown = Shown("", "p50 ms", "p95 ms", "", title=f"{options.elders} elders, {MONTHS} months of visits")
    with running_server() as server, tempfile.TemporaryDirectory(prefix="wenan-bench-") as folder:
        for figure in measure(server, Path(folder), options):
            shown.add_row(*figure.row())
    Console(width=110).print(shown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
