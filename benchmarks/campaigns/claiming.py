"""A worker process that claims, for the benchmark to time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.orm import Session

from benchmarks.campaigns.city import MONDAY
from campaigns.claims import Lease, campaigns_with_due, claim_due
from records.keyring import Keyring
from records.sessions import Ledger
from records.visits import Visit

WARMING = 10
"""Claims before the timed ones: the driver has a statement prepared after five, the server keeps a plan after
five more. A gateway connects once and then claims for weeks."""
PATIENCE_S = 300.0
"""For the slowest process to be ready."""
_begin_together: list[Barrier] = []


@dataclass(frozen=True)
class Work:
    """What one process is to do."""

    url: str
    key: Path
    worker: int
    workers: int
    """How many claim beside it; their paces are spread evenly."""
    batch: int
    """Visits claimed in one transaction."""
    transactions: int
    pause_s: float = 0.0
    """Between the begin of one transaction and that of the next; 0 for as fast as it goes."""


@dataclass(frozen=True)
class Done:
    """What one process did."""

    times: list[float]
    """Milliseconds of each transaction."""
    worked_s: float
    """Processor time."""
    first: float
    """Milliseconds of the very first, with connecting; not among ``times``."""


class _OnlyATryError(Exception):
    """Raised within a transaction so that nothing of it stays."""


def meet_at(barrier: Barrier) -> None:
    """Tell this process where the others are waited for."""
    _begin_together[:] = [barrier]


def wait_for_the_others() -> None:
    """Until all processes, and the one that measures them, are ready."""
    _begin_together[0].wait(PATIENCE_S)


def claim(work: Work) -> Done:
    """One worker process: gets warm, waits for the others, and claims until it has had its share."""
    ledger = Ledger(work.url, Keyring.at(work.key))
    first, *_ = [_try(ledger, work) for _ in range(WARMING)]
    wait_for_the_others()
    times, before = [], time.process_time()
    starts = time.perf_counter() + work.pause_s * work.worker / work.workers
    for number in range(work.transactions):
        time.sleep(max(0.0, starts + number * work.pause_s - time.perf_counter()))
        begun = time.perf_counter()
        with ledger.reading() as session:
            [campaign, *_] = campaigns_with_due(session, MONDAY) or [0]
        with ledger.session() as session:
            got = claim_due(session, campaign, owner=f"worker-{work.worker}", now=MONDAY, limit=work.batch)
        times.append((time.perf_counter() - begun) * 1000)
        if not got:
            break
        if work.pause_s:
            with ledger.session() as session:
                _end(session, got)
    ledger.dispose()
    return Done(times, time.process_time() - before, first)


def _try(ledger: Ledger, work: Work) -> float:
    """A claim that is taken back; milliseconds it took."""
    begun = time.perf_counter()
    with ledger.reading() as session:
        [campaign, *_] = campaigns_with_due(session, MONDAY) or [0]
    with suppress(_OnlyATryError), ledger.session() as session:
        claim_due(session, campaign, owner=f"worker-{work.worker}", now=MONDAY, limit=work.batch)
        raise _OnlyATryError
    return (time.perf_counter() - begun) * 1000


def _end(session: Session, leases: Sequence[Lease]) -> None:
    """The calls are over, as they are on a day of calls before as many more are claimed."""
    session.execute(
        update(Visit)
        .where(Visit.id.in_([lease.visit_id for lease in leases]))
        .values(status="ended", outcome="completed", ended_at=MONDAY, lease_owner=None, lease_until=None)
    )
