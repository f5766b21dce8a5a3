"""Nudges come after commits, never before or without one; Redis passes them on and is never needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from support.campaigning import MONDAY, Community
from support.redis_server import NoRedisError, RedisServer, running_redis

from campaigns.opening import extend_campaign, pause_campaign, resume_campaign
from records.nudges import Nudge, Work, nudge
from records.sessions import Ledger
from wenan.nudging import RedisNudges

LONG_S = 60.0
"""Real seconds that a test waits at most for what takes milliseconds."""


@pytest.fixture
def heard(sqlite_ledger: Ledger) -> list[Nudge]:
    """What whoever watches the ledger hears of."""
    nudges: list[Nudge] = []
    sqlite_ledger.watch(nudges.extend)
    return nudges


class TestAfterACommit:
    def test_a_planned_campaign_is_announced(
        self, sqlite_ledger: Ledger, heard: list[Nudge], tmp_path: Path
    ) -> None:
        Community(sqlite_ledger, tmp_path).settle(2)
        assert heard == [Nudge(Work.CALLS, 1)]

    def test_one_that_goes_on_is_announced_and_one_that_pauses_is_not(
        self, sqlite_ledger: Ledger, heard: list[Nudge], tmp_path: Path
    ) -> None:
        Community(sqlite_ledger, tmp_path).settle(1)
        heard.clear()
        with sqlite_ledger.session() as session:
            pause_campaign(session, 1, "rain", now=MONDAY, actor="wang")
        assert heard == []
        with sqlite_ledger.session() as session:
            resume_campaign(session, 1, now=MONDAY, actor="wang")
        assert heard == [Nudge(Work.CALLS, 1)]
        heard.clear()
        with sqlite_ledger.session() as session:
            extend_campaign(session, 1, date(2026, 12, 31), now=MONDAY, actor="wang")
        assert heard == [Nudge(Work.CALLS, 1)], "there may be somebody to call again"

    def test_what_is_rolled_back_is_not(self, sqlite_ledger: Ledger, heard: list[Nudge]) -> None:
        def fail() -> None:
            with sqlite_ledger.session() as session:
                nudge(session, Work.MESSAGES, 7)
                raise KeyError

        with pytest.raises(KeyError):
            fail()
        assert heard == []

    def test_it_is_heard_of_once_and_after_the_rows_can_be_seen(self, sqlite_ledger: Ledger) -> None:
        seen: list[tuple[int, Sequence[Nudge]]] = []

        def look(nudges: Sequence[Nudge]) -> None:
            with sqlite_ledger.reading() as session:
                seen.append((len(session.info), nudges))

        sqlite_ledger.watch(look)
        with sqlite_ledger.session() as session:
            nudge(session, Work.MESSAGES, 7)
            nudge(session, Work.MESSAGES, 7)
            assert seen == []
        assert seen == [(0, (Nudge(Work.MESSAGES, 7),))]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    try:
        with running_redis(tmp_path) as server:
            yield server
    except NoRedisError as reason:
        pytest.skip(str(reason))


@pytest.fixture
def nudges_at() -> Iterator[Callable[[str], RedisNudges]]:
    """Nudges by some Redis, closed at the end."""
    opened: list[RedisNudges] = []

    def at(url: str) -> RedisNudges:
        opened.append(RedisNudges(url))
        return opened[-1]

    yield at
    for each in opened:
        each.close()


@pytest.mark.servers
class TestByRedis:
    def test_a_nudge_wakes_another_process_also_after_redis_forgot_everything(
        self, redis: RedisServer, nudges_at: Callable[[str], RedisNudges]
    ) -> None:
        woken = threading.Event()
        nudges_at(redis.url).listen({Work.MESSAGES: woken.set})
        sender = nudges_at(redis.url)
        sender.send([Nudge(Work.MESSAGES, 7)])
        assert woken.wait(LONG_S)
        woken.clear()
        with redis.client() as client:
            client.flushall()
        sender.send([Nudge(Work.MESSAGES, 8)])
        assert woken.wait(LONG_S)

    def test_a_process_whose_job_was_flushed_away_under_it_goes_on_listening(
        self, redis: RedisServer, nudges_at: Callable[[str], RedisNudges]
    ) -> None:
        """RQ raises an error of its own then, which is none of Redis's."""
        woken = threading.Semaphore(0)

        def forget() -> None:
            with redis.client() as client:
                client.flushall()
            woken.release()

        nudges_at(redis.url).listen({Work.MESSAGES: forget})
        sender = nudges_at(redis.url)
        sender.send([Nudge(Work.MESSAGES, 7)])
        assert woken.acquire(timeout=LONG_S)
        sender.send([Nudge(Work.MESSAGES, 8)])
        assert woken.acquire(timeout=LONG_S)

    def test_jobs_carry_ids_only(self, redis: RedisServer, nudges_at: Callable[[str], RedisNudges]) -> None:
        sender = nudges_at(redis.url)
        sender.send([Nudge(Work.CALLS, 12)])
        sender.close()
        with redis.client() as client:
            [key] = client.keys("rq:job:*")
            assert client.hget(key, "description") == b"wenan.nudging.carry('calls', 12)"


def test_without_redis_a_commit_neither_waits_nor_fails(
    sqlite_ledger: Ledger, nudges_at: Callable[[str], RedisNudges], tmp_path: Path
) -> None:
    nobody = nudges_at("redis://127.0.0.1:1/0")
    sqlite_ledger.watch(nobody.send)
    community = Community(sqlite_ledger, tmp_path)
    community.settle(3)
    for number in range(1000):
        nobody.send([Nudge(Work.CALLS, number)])
    community.run()
    assert [visit.outcome for visit in community.visits()] == ["completed"] * 3
