"""Gateways and keepers on one PostgreSQL, killed, frozen and misled about the time while a town is phoned.

A small run of ``make chaos``: real processes, real SIGKILL, a database that restarts. What the telephones do
and where each process dies follows from the seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.postgres import NoServerError, Server, running_server

from benchmarks.chaos.running import Chaos


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of its own: it is going to be restarted."""
    try:
        with running_server() as server:
            yield server
    except NoServerError as reason:
        pytest.skip(str(reason))


@pytest.mark.servers
def test_a_towns_visits_survive_kills_frozen_workers_and_a_restarted_database(
    server: Server, tmp_path: Path
) -> None:
    outcome = Chaos(server, tmp_path, seed=7, elders=30, lives=1).run()
    assert outcome.faults == []
    assert outcome.calls > 0
    assert outcome.cries > 0
    assert outcome.seen["gateway killed"] >= 1
