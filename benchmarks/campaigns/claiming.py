"""A worker process that claims, for the benchmark to time."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.campaigns.city import MONDAY
from campaigns.claims import campaigns_with_due, claim_due
from records.keyring import Keyring
from records.sessions import Ledger

CLAIM = 4
"""Visits claimed in one transaction."""


def claim(work: tuple[str, Path, int, int]) -> list[float]:
    """One worker process: claims until it has had its share; milliseconds of each transaction."""
    url, key, worker, transactions = work
    ledger = Ledger(url, Keyring.at(key))
    times = []
    for _ in range(transactions):
        begun = time.perf_counter()
        with ledger.reading() as session:
            [campaign, *_] = campaigns_with_due(session, MONDAY) or [0]
        with ledger.session() as session:
            got = claim_due(session, campaign, owner=f"worker-{worker}", now=MONDAY, limit=CLAIM)
        times.append((time.perf_counter() - begun) * 1000)
        if not got:
            break
    ledger.dispose()
    return times
