"""Claims by several worker processes at once: ours, and those of a job queue beside them."""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from support.postgres import Server

from benchmarks.campaigns.city import Progress
from benchmarks.campaigns.claiming import Work, claim
from benchmarks.campaigns.figures import Figure
from benchmarks.campaigns.planning import due_again
from records.sessions import Ledger

WORKERS = (1, 4, 16)
STEADY = 1000
"""Visits a second that are claimed at a steady pace."""

W = TypeVar("W")


def _together(
    work: Callable[[W], list[float]], shares: Sequence[W], first: Sequence[W]
) -> tuple[list[float], float]:
    """Milliseconds of every transaction of processes that work at once, and seconds of it all."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.campaigns.claiming"])
    with context.Pool(len(shares)) as pool:
        pool.map(work, first, chunksize=1)  # warms up
        begun = time.perf_counter()
        done = pool.map(work, shares, chunksize=1)
        took = time.perf_counter() - begun
    return [each for one in done for each in one], took


def claims(
    ledger: Ledger, url: str, key: Path, options: argparse.Namespace, progress: Progress
) -> list[Figure]:
    """Ours, as fast as it goes and at a steady pace; afterwards everything is due again."""
    figures = []
    for workers in WORKERS:
        for pace in (0, STEADY):
            pause = workers * options.batch / pace if pace else 0.0
            share = max(options.claims // workers, 1)
            shares = [Work(url, key, each, options.batch, share, pause) for each in range(workers)]
            warming = [Work(url, key, each, options.batch, 1) for each in range(workers)]
            times, took = _together(claim, shares, warming)
            claimed = due_again(ledger) - workers * options.batch
            how = f"{pace}/s" if pace else "at once"
            note = f"{claimed / took:,.0f} visits/s"
            figures.append(Figure(f"claim {options.batch}, {workers} workers, {how}", times, note))
            progress("claims", len(figures), 2 * len(WORKERS))
    return figures


def queue(server: Server, options: argparse.Namespace, progress: Progress) -> list[Figure]:
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
        times, took = _together(fetch, [Share(url, share)] * workers, [Share(url, 1)] * workers)
        note = f"{len(times) / took:,.0f} jobs/s"
        figures.append(Figure(f"procrastinate, {workers} workers", times, note))
        progress("procrastinate", len(figures), len(WORKERS))
    server.drop(name)
    return figures
