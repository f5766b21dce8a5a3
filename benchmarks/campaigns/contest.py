"""Claims by several worker processes at once: ours, and those of a job queue beside them."""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from support.postgres import Server

from benchmarks.campaigns.city import Progress
from benchmarks.campaigns.claiming import PATIENCE_S, Done, Work, claim, meet_at
from benchmarks.campaigns.figures import Clockwork, Figure
from benchmarks.campaigns.planning import due_again
from records.sessions import Ledger

WORKERS = (1, 4, 16)
STEADY = 1000
"""Visits a second that are claimed at a steady pace."""

W = TypeVar("W")


@dataclass(frozen=True)
class _Together:
    """What processes did at once."""

    times: list[float]
    """Milliseconds of every transaction."""
    took_s: float
    worked_ms: float
    """Processor time of one transaction, in the process and in the server."""
    first_ms: float
    """The first transaction of a process, with connecting: the median of all processes."""


def _together(clockwork: Clockwork, work: Callable[[W], Done], shares: Sequence[W]) -> _Together:
    """Each share in a process of its own. All are warm before anything is timed, and begin at once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.campaigns.claiming"])
    barrier = context.Barrier(len(shares) + 1)
    with context.Pool(len(shares), initializer=meet_at, initargs=(barrier,)) as pool:
        working = pool.map_async(work, shares, chunksize=1)
        barrier.wait(PATIENCE_S)
        begun = time.perf_counter()
        with clockwork.measuring():
            done = working.get()
        took = time.perf_counter() - begun
    times = [each for one in done for each in one.times]
    worked = clockwork.worked + sum(each.worked_s for each in done) * 1000
    return _Together(times, took, worked / len(times), statistics.median(each.first for each in done))


def claims(
    clockwork: Clockwork, ledger: Ledger, url: str, key: Path, options: argparse.Namespace, progress: Progress
) -> list[Figure]:
    """Ours, as fast as it goes and at a steady pace; afterwards everything is due again."""
    figures = []
    for workers in WORKERS:
        for pace in (0, STEADY):
            pause = workers * options.batch / pace if pace else 0.0
            share = max(options.claims // workers, 1)
            shares = [Work(url, key, each, workers, options.batch, share, pause) for each in range(workers)]
            done = _together(clockwork, claim, shares)
            claimed = due_again(ledger)
            how = f"{pace}/s" if pace else "at once"
            note = f"{claimed / done.took_s:,.0f} visits/s; first {done.first_ms:.0f} ms"
            what = f"claim {options.batch}, {workers} workers, {how}"
            figures.append(clockwork.told(Figure(what, done.times, note, done.worked_ms)))
            progress("claims", len(figures), 2 * len(WORKERS))
    return figures


def queue(
    clockwork: Clockwork, server: Server, options: argparse.Namespace, progress: Progress
) -> list[Figure]:
    """Procrastinate's, one job at a time, with as many jobs waiting as there are elders."""
    from benchmarks.campaigns.yardstick import Share, fetch, fill  # noqa: PLC0415 - an extra

    name = f"queue_{options.elders}"
    server.drop(name, missing_ok=True)
    server.create(name)
    url = server.url(name)
    fill(url, options.elders)
    figures = []
    for workers in WORKERS:
        share = max(options.claims * 10 // workers, 1)
        done = _together(clockwork, fetch, [Share(url, share)] * workers)
        note = f"{len(done.times) / done.took_s:,.0f} jobs/s; first {done.first_ms:.0f} ms"
        what = f"procrastinate: 1, {workers} workers"
        figures.append(clockwork.told(Figure(what, done.times, note, done.worked_ms)))
        progress("procrastinate", len(figures), len(WORKERS))
    server.drop(name)
    return figures
