"""The clock of a chaos run goes on, leaps and slows down, and never runs back."""

from __future__ import annotations

import multiprocessing
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.campaigning import MONDAY

from benchmarks.chaos import clock as clocks
from benchmarks.chaos.clock import TownClock
from benchmarks.chaos.pacing import AIM_S, SLOWEST, first_rate, rate_after

CONTEXT = multiprocessing.get_context("forkserver")


class Real:
    """The system's monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Real:
    real = Real()
    monkeypatch.setattr(clocks, "time", real)
    return real


def test_it_runs_as_fast_as_it_is_told_and_leaps(real: Real) -> None:
    clock = TownClock.begin(CONTEXT, MONDAY, 30.0)
    real.seconds += 2
    assert clock.now() == MONDAY + timedelta(seconds=60)
    clock.leap(3600)
    clock.run_at(5.0)
    real.seconds += 2
    assert clock.now() == MONDAY + timedelta(seconds=60 + 3600 + 10)


def test_a_workers_clock_is_wrong_by_as_much_as_it_is_misled(real: Real) -> None:
    clock = TownClock.begin(CONTEXT, MONDAY, 30.0)
    skew = CONTEXT.RawValue("d", -150.0)
    assert clock.with_skew(skew).now() == MONDAY - timedelta(seconds=150)
    real.seconds += 10
    assert clock.now() == MONDAY + timedelta(seconds=300)


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 1000), st.floats(0.5, 60)), max_size=20))
def test_it_never_runs_back(steps: list[tuple[float, float, float]]) -> None:
    real = Real()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clocks, "time", real)
        clock = TownClock.begin(CONTEXT, MONDAY, 30.0)
        before = clock.now()
        for passed, leap, rate in steps:
            real.seconds += passed
            clock.leap(leap)
            clock.run_at(rate)
            assert clock.now() >= before
            before = clock.now()


class TestHowFastItMayRun:
    def test_where_calls_come_late_it_slows_down_and_where_they_come_soon_it_catches_up(self) -> None:
        assert rate_after(20.0, 2 * AIM_S, 30.0) == 10.0
        assert rate_after(20.0, 20 * AIM_S, 30.0) == 10.0, "by half at a time, however late"
        assert rate_after(10.0, 0.0, 30.0) == 15.0
        assert rate_after(28.0, 0.0, 30.0) == 30.0
        assert rate_after(2.0, 90.0, 30.0) == SLOWEST

    def test_a_run_that_is_to_be_slow_is_not_made_faster(self) -> None:
        assert first_rate(1.0) == 1.0
        assert rate_after(1.0, 90.0, 1.0) == 1.0
        assert first_rate(30.0) == 7.5
