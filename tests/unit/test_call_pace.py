"""Calls begin no faster than the trunk agreed to, and no slower than they must."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns.pacing import UNLIMITED, Pace

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def begun(pace: Pace, moments: list[float], wanted: int) -> list[float]:
    """When calls begin for a dialer that looks at these seconds and would begin ``wanted`` each time."""
    found = []
    for second in sorted(moments):
        now = NOON + timedelta(seconds=second)
        calls = min(wanted, pace.room(now))
        pace.begun(calls, now)
        found += [second] * calls
    return found


@given(
    st.sampled_from([0.2, 0.5, 1.0, 2.0, 5.0, 10.0]),
    st.lists(st.floats(0, 30), min_size=1, max_size=60),
    st.integers(1, 50),
)
def test_in_no_second_do_more_begin_than_twice_the_rate_and_over_time_no_more_than_the_rate(
    rate: float, moments: list[float], wanted: int
) -> None:
    calls = begun(Pace(rate), moments, wanted)
    for start in calls:
        assert sum(start <= each < start + 1 for each in calls) <= max(1, 2 * rate) + 1
    assert len(calls) <= (max(calls) - min(calls)) * rate + max(1, rate) + 1


@given(st.sampled_from([0.2, 1.0, 3.0]))
def test_whoever_waits_as_long_as_told_may_begin(rate: float) -> None:
    pace, now = Pace(rate), NOON
    for _ in range(20):
        now += timedelta(seconds=pace.seconds_until_room(now))
        assert pace.room(now) >= 1
        pace.begun(1, now)
    assert (now - NOON).total_seconds() >= 18 / rate - 1


def test_without_a_rate_there_are_as_many_as_lines() -> None:
    pace = Pace(0)
    pace.begun(100, NOON)
    assert pace.room(NOON) == UNLIMITED
    assert pace.seconds_until_room(NOON) == 0
