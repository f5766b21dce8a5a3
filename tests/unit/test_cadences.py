"""How often: every calendar month has its visit, no two lie a month apart, and no round drifts."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.cadences import MONTHS, RESERVE_FROM, ByCalendar, due_after, fewest_days, most_often, soonest
from campaigns.periods import long_enough, period_with
from campaigns.policy import Policy, PolicyError, RoundLength, load_policy, policy_from
from campaigns.tiers import cadences_of

MONTHLY = ByCalendar.MONTHLY
days = st.dates(date(2023, 1, 1), date(2034, 12, 31))
"""Leap years 2024, 2028, 2032; every beginning of a week."""
BACK = st.integers(0, 10**6)


def month_of(day: date) -> int:
    return day.year * 12 + day.month


def quarter_of(day: date) -> int:
    return day.year * 4 + (day.month - 1) // 3


def visited_by_rounds(
    joined: date, cadence: int | ByCalendar, length: RoundLength, luck: list[int]
) -> list[date]:
    """The days of the visits of somebody who is called on any day of each round in which they are due.

    ``luck`` says on which: the first call may come through, or only the last one on the last day.
    """
    first = period_with(joined, length)
    last = max(joined, min(first.last, joined + timedelta(days=luck[0] % first.days)))
    visits = [last]
    for lucky in luck[1:]:
        period = period_with(period_with(last, length).last + timedelta(days=1), length)
        while due_after(last, cadence) > period.last:
            period = period_with(period.last + timedelta(days=1), length)
        last = period.first + timedelta(days=lucky % period.days)
        visits.append(last)
    return visits


class TestMonthly:
    @pytest.mark.parametrize(
        ("last", "due"),
        [
            (date(2027, 1, 1), date(2027, 2, 1)),
            (date(2027, 1, 22), date(2027, 2, 22)),
            (date(2027, 1, 31), date(2027, 2, 22)),
            (date(2027, 12, 5), date(2028, 1, 5)),
            (date(2028, 2, 29), date(2028, 3, 22)),
        ],
    )
    def test_on_the_same_day_of_the_next_month_and_by_the_22nd(self, last: date, due: date) -> None:
        assert due_after(last, MONTHLY) == due

    @given(days)
    def test_is_due_in_the_next_calendar_month_within_31_days(self, last: date) -> None:
        due = due_after(last, MONTHLY)
        assert month_of(due) == month_of(last) + 1
        assert fewest_days(MONTHLY) <= (due - last).days <= 31

    @given(days, st.integers(2, 60))
    def test_whoever_is_visited_on_the_day_has_one_visit_each_month_and_never_later_in_it(
        self, joined: date, months: int
    ) -> None:
        visits = [joined]
        for _ in range(months):
            visits.append(due_after(visits[-1], MONTHLY))
        assert [month_of(day) - month_of(joined) for day in visits] == list(range(months + 1))
        assert all(later.day <= max(sooner.day, 1) for sooner, later in pairwise(visits))

    @given(
        days,
        st.sampled_from([RoundLength.DAY, RoundLength.WEEK, RoundLength.MONTH]),
        st.lists(BACK, min_size=3, max_size=40),
    )
    def test_every_calendar_month_has_its_visit_whichever_day_of_a_round_the_call_comes_through(
        self, joined: date, length: RoundLength, luck: list[int]
    ) -> None:
        visits = visited_by_rounds(joined, MONTHLY, length, luck)
        months = {month_of(day) for day in visits}
        assert months == set(range(month_of(visits[0]), month_of(visits[-1]) + 1))

    @given(days, st.lists(BACK, min_size=3, max_size=40))
    def test_rounds_of_a_month_visit_once_in_each(self, joined: date, luck: list[int]) -> None:
        visits = visited_by_rounds(joined, MONTHLY, RoundLength.MONTH, luck)
        assert [month_of(later) - month_of(sooner) for sooner, later in pairwise(visits)] == [1] * (
            len(luck) - 1
        )

    @given(days)
    def test_a_week_in_which_somebody_is_due_ends_in_the_same_month(self, last: date) -> None:
        due = due_after(last, MONTHLY)
        assert due.day <= RESERVE_FROM
        assert month_of(period_with(due, RoundLength.WEEK).last) == month_of(due)

    @given(days, st.integers(28, 31))
    def test_days_that_mean_a_month_skip_none_either(self, last: date, cadence: int) -> None:
        due = due_after(last, cadence)
        assert due <= last + timedelta(days=cadence)
        assert month_of(due) <= month_of(last) + 1


class TestOthers:
    @given(days, st.lists(BACK, min_size=3, max_size=60))
    def test_weekly_every_iso_week_has_its_visit(self, joined: date, luck: list[int]) -> None:
        visits = visited_by_rounds(joined, 7, RoundLength.WEEK, luck)
        mondays = [day - timedelta(days=day.weekday()) for day in visits]
        assert {later - sooner for sooner, later in pairwise(mondays)} == {timedelta(days=7)}
        assert all(sooner.isocalendar()[:2] != later.isocalendar()[:2] for sooner, later in pairwise(visits))

    @given(
        days, st.sampled_from([RoundLength.WEEK, RoundLength.MONTH]), st.lists(BACK, min_size=3, max_size=12)
    )
    def test_quarterly_every_quarter_has_its_visit(
        self, joined: date, length: RoundLength, luck: list[int]
    ) -> None:
        visits = visited_by_rounds(joined, ByCalendar.QUARTERLY, length, luck)
        quarters = {quarter_of(day) for day in visits}
        assert len(quarters) == max(quarters) - min(quarters) + 1

    @given(days, st.sampled_from(ByCalendar))
    def test_by_the_calendar_means_so_many_months_later(self, last: date, cadence: ByCalendar) -> None:
        due = due_after(last, cadence)
        assert month_of(due) - month_of(last) == MONTHS[cadence]
        assert (due - last).days >= fewest_days(cadence)

    @given(days, st.lists(st.integers(1, 366) | st.sampled_from(ByCalendar), min_size=1, max_size=4))
    def test_of_several_whichever_asks_first_counts(
        self, last: date, several: list[int | ByCalendar]
    ) -> None:
        assert soonest(last, several) == min(due_after(last, each) for each in several)
        assert most_often(several) in several


class TestInAPolicy:
    def policy(self, **tiers: object) -> Policy:
        data = load_policy().model_dump(mode="json")
        data["cadence_days"] = {
            "tiers": data["cadence_days"]["tiers"] | tiers,
            "groups": {"safety_net": "daily"},
        }
        return policy_from(data, origin="test")

    def test_words_and_numbers_stand_beside_each_other(self) -> None:
        policy = self.policy(key="fortnightly", secondary=21, general="quarterly")
        assert list(policy.cadence_days.tiers.values()) == [14, 21, ByCalendar.QUARTERLY]
        assert cadences_of("general", ["safety_net"], policy) == [ByCalendar.QUARTERLY, 1]

    @pytest.mark.parametrize("cadence", ["now and then", 0, 367, "", None])
    def test_what_is_neither_is_told(self, cadence: object) -> None:
        with pytest.raises(PolicyError, match=r"wrong at cadence_days\.tiers\.general"):
            self.policy(general=cadence)

    def test_rounds_are_as_long_as_the_most_frequent_needs(self) -> None:
        data = load_policy().model_dump(mode="json")
        data["cadence_days"] = {"tiers": dict.fromkeys(("key", "secondary", "general"), "monthly")}
        assert long_enough([policy_from(data, origin="test")]) is RoundLength.MONTH
        assert long_enough([load_policy()]) is RoundLength.WEEK
