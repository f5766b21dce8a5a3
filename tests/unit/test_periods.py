"""Periods of rounds: every day belongs to exactly one, and nobody is due twice in it."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns.periods import long_enough, period_with, piece_with
from campaigns.policy import Policy, RoundLength, load_policy

SHIPPED = load_policy()
DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))


def every(days):
    data = SHIPPED.model_dump(mode="json")
    data["cadence_days"] = {"tiers": dict.fromkeys(("key", "secondary", "general"), days), "groups": {}}
    return Policy.model_validate(data)


@given(DAYS, st.sampled_from(RoundLength))
def test_every_day_of_a_period_belongs_to_that_period_and_no_neighbour_does(day, length):
    period = period_with(day, length)
    assert period.first <= day <= period.last
    assert period_with(period.first, length) == period_with(period.last, length) == period
    assert period_with(period.last + timedelta(days=1), length).first == period.last + timedelta(days=1)


@given(DAYS, st.integers(0, 60), st.integers(1, 30), st.integers(0, 60))
def test_surge_days_are_cut_without_gap_or_overlap(first, length, days, offset):
    last = first + timedelta(days=length)
    day = first + timedelta(days=offset)
    piece = piece_with(day, first, last, days)
    if offset > length:
        assert piece is None
        return
    assert piece is not None
    assert first <= piece.first <= day <= piece.last <= last
    assert piece.days <= days
    assert piece.days == days or piece.last == last
    assert (piece.first - first).days % days == 0


@given(st.integers(1, 366))
def test_a_round_is_never_longer_than_the_days_between_two_visits(days):
    longest = {RoundLength.DAY: 1, RoundLength.WEEK: 7, RoundLength.MONTH: 28}
    assert longest[long_enough([every(days)])] <= days


def test_the_shipped_policy_calls_for_a_round_a_week():
    assert long_enough([SHIPPED]) is RoundLength.WEEK
    assert long_enough([SHIPPED, every(1)]) is RoundLength.DAY
    assert long_enough([every(30)]) is RoundLength.MONTH
    assert long_enough([]) is RoundLength.WEEK


def test_a_week_begins_on_monday_and_february_ends_when_it_does():
    assert period_with(date(2026, 11, 29), RoundLength.WEEK).first == date(2026, 11, 23)
    assert period_with(date(2028, 2, 3), RoundLength.MONTH).last == date(2028, 2, 29)
