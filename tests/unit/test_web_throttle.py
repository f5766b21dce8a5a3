"""Guessing passwords becomes slow; forgetting one does not lock a worker out for long."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.throttle import SignInThrottle

NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
LI = ("li", "10.0.0.7")


@pytest.fixture
def throttle():
    return SignInThrottle(free=3, first_wait=timedelta(seconds=30), longest_wait=timedelta(minutes=15))


def fail(throttle, times, key=LI, at=NOON):
    for _ in range(times):
        throttle.failed(key, at)


def test_a_worker_who_mistypes_twice_need_not_wait(throttle):
    fail(throttle, 2)
    assert throttle.wait(LI, NOON) == timedelta(0)


def test_the_third_wrong_password_costs_half_a_minute_and_each_further_one_doubles_it(throttle):
    fail(throttle, 3)
    assert throttle.wait(LI, NOON) == timedelta(seconds=30)
    fail(throttle, 1)
    assert throttle.wait(LI, NOON) == timedelta(seconds=60)
    assert throttle.wait(LI, NOON + timedelta(seconds=45)) == timedelta(seconds=15)


def test_nobody_waits_longer_than_the_longest_wait(throttle):
    fail(throttle, 500)
    assert throttle.wait(LI, NOON) == timedelta(minutes=15)


def test_after_a_quiet_spell_everything_is_forgotten(throttle):
    fail(throttle, 500)
    later = NOON + timedelta(minutes=15, seconds=1)
    assert throttle.wait(LI, later) == timedelta(0)
    fail(throttle, 1, at=later)
    assert throttle.wait(LI, later) == timedelta(0)


def test_the_right_password_wipes_the_slate_clean(throttle):
    fail(throttle, 2)
    throttle.succeeded(LI)
    fail(throttle, 2)
    assert throttle.wait(LI, NOON) == timedelta(0)


def test_one_mans_guessing_does_not_lock_out_another_address(throttle):
    fail(throttle, 10)
    assert throttle.wait(("li", "10.0.0.8"), NOON) == timedelta(0)
    assert throttle.wait(("wang", "10.0.0.7"), NOON) == timedelta(0)


def test_memory_stays_bounded_when_somebody_tries_thousands_of_logins():
    throttle = SignInThrottle(free=1, capacity=10)
    for number in range(1000):
        throttle.failed((f"login{number}", "10.6.6.6"), NOON)
    assert len(throttle._records) == 10
    assert throttle.wait(("login999", "10.6.6.6"), NOON) > timedelta(0)


@given(st.integers(0, 400), st.integers(0, 400))
def test_more_failures_never_mean_a_shorter_wait(few, more):
    few, more = sorted((few, more))
    waits = []
    for failures in (few, more):
        throttle = SignInThrottle()
        fail(throttle, failures)
        waits.append(throttle.wait(LI, NOON))
    assert waits[0] <= waits[1]
