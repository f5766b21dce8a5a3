"""A dialer that is told to stop, and one that serves for as long as it is left to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from support.campaigning import MONDAY, Community, Talk, number, rings

from campaigns.dialer import Dialer
from ivr.clock import Clock
from ivr.lines import Disposition
from records.audit import Heartbeat
from records.sessions import Ledger


@pytest.fixture
def community(sqlite_ledger: Ledger, tmp_path: Path) -> Community:
    return Community(sqlite_ledger, tmp_path / "recordings")


def stopping_after(seconds: float, grace: float | None = None) -> Callable[[Dialer, Clock], Awaitable[None]]:
    async def stop(dialer: Dialer, clock: Clock) -> None:
        await clock.sleep(seconds)
        await dialer.stop(grace)

    return stop


class TestStopping:
    def test_lets_calls_come_to_their_end(self, community: Community) -> None:
        community.settle(6, campaign={"max_concurrent": 2})
        community.run(meanwhile=stopping_after(20, grace=600), until_idle=False)
        assert sorted(visit.status for visit in community.visits()) == ["ended"] * 2 + ["planned"] * 4
        assert len(community.dialled) == 2

    def test_ends_calls_that_take_too_long_and_they_go_on_next_time(self, community: Community) -> None:
        community.plans = {number(1): rings(Talk()), number(2): rings(Talk())}
        community.settle(2)
        community.run(meanwhile=stopping_after(40, grace=10), until_idle=False)
        assert [visit.status for visit in community.visits()] == ["planned"] * 2
        assert {attempt.cause for attempt in community.attempts()} == {"interrupted: stopped"}
        community.run()
        assert [visit.outcome for visit in community.visits()] == ["completed"] * 2
        second = community.visit(1).attempts[1]
        assert second.turns[0].index > 0

    def test_an_idle_dialer_is_immediate(self, community: Community) -> None:
        community.run(meanwhile=stopping_after(300), until_idle=False)
        assert community.now - MONDAY < timedelta(minutes=6)

    def test_a_dialer_that_is_cancelled_leaves_every_visit_in_order(self, community: Community) -> None:
        async def break_down(dialer: Dialer, clock: Clock) -> None:
            await clock.sleep(15)
            raise RuntimeError(f"{dialer.calls_under_way} calls under way")

        community.settle(3)
        with pytest.raises(ExceptionGroup, match="unhandled"):
            community.run(meanwhile=break_down, until_idle=False)
        assert {visit.status for visit in community.visits()} == {"planned"}


class TestServing:
    def test_a_nudge_has_new_visits_called_at_once(self, community: Community) -> None:
        async def plan_and_nudge(dialer: Dialer, clock: Clock) -> None:
            await clock.sleep(60)
            community.now = clock.now()
            community.settle(1)
            dialer.nudge()
            await clock.sleep(1)
            assert dialer.calls_under_way == 1
            await dialer.stop(600)

        community.run(meanwhile=plan_and_nudge, until_idle=False, poll_seconds=3600.0)
        assert community.visit().outcome == "completed"

    def test_a_sign_of_life_is_left_through_hours_without_calls(self, community: Community) -> None:
        community.plans[number(1)] = rings(Disposition.NO_ANSWER)
        community.settle(1)

        async def look(dialer: Dialer, clock: Clock) -> None:
            await clock.sleep(4000)
            with community.ledger.reading() as session:
                assert clock.now() - session.get_one(Heartbeat, "dialer").at < timedelta(minutes=5)
            await dialer.stop()

        community.run(meanwhile=look)
        assert len(community.dialled) == 1

    def test_a_sign_of_life_is_left(self, community: Community) -> None:
        community.run(meanwhile=stopping_after(100), until_idle=False)
        with community.ledger.reading() as session:
            assert session.get_one(Heartbeat, "dialer").at >= MONDAY + timedelta(seconds=90)
