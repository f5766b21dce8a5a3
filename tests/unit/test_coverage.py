"""Visit rates and who is about to be missed: nobody is counted twice, nobody drops out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.coverage import SOON, Kept, Rate, about_to_be_missed, rates, rates_by

WEDNESDAY = date(2026, 11, 25)


def kept(number: int = 1, **about: object) -> Kept:
    usual: dict[str, object] = {
        "area_id": 1,
        "tier": "general",
        "cadence": 30,
        "last": None,
        "due": date.min,
    }
    return Kept(number, **(usual | about))  # type: ignore[arg-type]


def visited(last: date, cadence: int = 30, **about: object) -> Kept:
    return kept(last=last, cadence=cadence, due=last + timedelta(days=cadence), **about)


class TestRates:
    def test_a_month_and_a_week_are_those_of_the_calendar(self) -> None:
        people = [visited(date(2026, 11, day), 7) for day in (1, 22, 23, 25)] + [
            visited(date(2026, 10, 31), 7)
        ]
        found = rates(people, WEDNESDAY)
        assert (found.month, found.week) == (Rate(4, 5), Rate(2, 5))

    def test_in_a_week_only_those_count_who_are_to_be_visited_weekly(self) -> None:
        found = rates([visited(date(2026, 11, 24), 30), visited(date(2026, 11, 24), 7)], WEDNESDAY)
        assert found.week == Rate(1, 1)

    def test_whoever_is_not_at_home_is_counted_apart(self) -> None:
        found = rates([kept(absent=True), visited(date(2026, 11, 2))], WEDNESDAY)
        assert (found.month, found.absent) == (Rate(1, 1), 1)

    def test_of_nobody_there_is_no_share(self) -> None:
        assert rates([], WEDNESDAY).month.share is None


class TestAboutToBeMissed:
    @pytest.mark.parametrize(
        ("about", "missed"),
        [
            ({"due": WEDNESDAY - timedelta(days=1), "next_call": WEDNESDAY}, True),
            ({"due": WEDNESDAY}, True),
            ({"due": WEDNESDAY, "next_call": WEDNESDAY}, False),
            ({"due": WEDNESDAY, "person_goes": True}, False),
            ({"due": WEDNESDAY + SOON, "next_call": WEDNESDAY + SOON + timedelta(days=1)}, True),
            ({"due": WEDNESDAY + SOON + timedelta(days=1)}, False),
            ({"due": date.min, "absent": True}, False),
        ],
    )
    def test_is_who_is_overdue_or_due_soon_without_a_visit_in_time(
        self, about: dict[str, object], missed: bool
    ) -> None:
        assert bool(about_to_be_missed([kept(**about)], WEDNESDAY)) is missed

    def test_the_longest_overdue_stands_first(self) -> None:
        people = [kept(1, due=date(2026, 11, 20)), kept(2, due=date(2026, 10, 1)), kept(3)]
        assert [each.elder_id for each in about_to_be_missed(people, WEDNESDAY)] == [3, 2, 1]


people = st.lists(
    st.builds(
        lambda number, tier, last, cadence, absent: kept(
            number,
            tier=tier,
            cadence=cadence,
            last=last,
            due=date.min if last is None else last + timedelta(days=cadence),
            absent=absent,
        ),
        st.integers(1, 10**6),
        st.sampled_from(["key", "secondary", "general"]),
        st.none() | st.dates(date(2025, 1, 1), date(2028, 3, 1)),
        st.integers(1, 90),
        st.booleans(),
    ),
    max_size=30,
    unique_by=lambda each: each.elder_id,
)


@given(people, st.dates(date(2026, 1, 1), date(2028, 3, 1)))
def test_groups_add_up_to_the_whole_and_nobody_drops_out(drawn: list[Kept], today: date) -> None:
    whole, parts = rates(drawn, today), rates_by(drawn, lambda each: each.tier, today).values()
    for name in ("month", "week"):
        assert getattr(whole, name) == Rate(
            sum(getattr(part, name).visited for part in parts), sum(getattr(part, name).due for part in parts)
        )
    assert whole.month.due + whole.absent == len(drawn)
    assert whole.month.visited <= whole.month.due
    missed = {each.elder_id for each in about_to_be_missed(drawn, today)}
    for each in drawn:
        in_time = each.due > today + SOON
        assert (each.elder_id in missed) == (not each.absent and not in_time)
