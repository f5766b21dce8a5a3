"""Gateways and keepers on one PostgreSQL, killed, frozen and misled about the time while a town is phoned.

A small run of ``make chaos``: real processes, real SIGKILL, a database that restarts. What the telephones do
and where each process dies follows from the seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from support.campaigning import MONDAY, WINDOWS, Community, Talk, number, rings
from support.postgres import NoServerError, Server, running_server
from support.redis_server import NoRedisError, running_redis

from benchmarks.chaos.disk import small_disk
from benchmarks.chaos.exchange import Dialled
from benchmarks.chaos.fates import PAIN
from benchmarks.chaos.running import Chaos
from benchmarks.chaos.verdict import faults
from records.sessions import Ledger
from records.visits import Visit


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of its own: it is going to be restarted."""
    try:
        with running_server() as server:
            yield server
    except (NoServerError, NoRedisError) as reason:
        pytest.skip(str(reason))


@pytest.mark.servers
def test_a_towns_visits_survive_kills_frozen_workers_and_a_restarted_database(
    server: Server, tmp_path: Path
) -> None:
    with running_redis(tmp_path) as redis, small_disk(server, 100) as disk:
        outcome = Chaos(server, tmp_path, seed=7, elders=30, lives=1, redis=redis, disk=disk, fills=1).run()
    assert outcome.faults == []
    assert outcome.calls > 0
    assert outcome.cries > 0
    assert outcome.seen["gateway killed"] >= 1


def test_the_verdict_sees_what_is_wrong(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    community = Community(sqlite_ledger, tmp_path)
    community.plans = {number(1): rings(Talk(questions=2, flags={0: PAIN}))}
    community.settle(3)
    community.run()  # with aftercare that makes no work orders
    with sqlite_ledger.session() as session:
        session.execute(update(Visit).where(Visit.id == community.visit(3).id).values(status="planned"))
    journal = [Dialled(*call) for call in community.dialled]
    journal += [journal[0], Dialled("unheard-of", number(2), MONDAY + timedelta(hours=12))]
    messages = tmp_path / "messages.jsonl"
    messages.touch()
    told = faults(sqlite_ledger, journal, messages, seed=7, windows=WINDOWS, misled_s=0)
    found = " / ".join(map(str, told))
    assert f"{journal[0].reference} was dialled 2 times" in found
    assert "unheard-of was dialled without being on record" in found
    assert "unheard-of was dialled at 2026-11-23 13:30:00+00:00, outside of its hours" in found
    assert "a cry for help, 0 emergency orders" in found
    assert "is planned by telephone and nobody's" in found
