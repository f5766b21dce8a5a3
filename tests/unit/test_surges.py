"""Surge days and seasons: who is due when, and what is spoken of."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.campaigning import script

from campaigns.cadences import due_after
from campaigns.occasions import lunar_date
from campaigns.policy import load_policy
from campaigns.scripts import module_for
from campaigns.surges import Surge, due_with, module_in

MODULES = [module.id for module in script().modules]
SEASONS = load_policy().seasons
HEAT = Surge("高温", date(2026, 8, 1), date(2026, 8, 10), 3, frozenset(), frozenset(), module="summer_heat")


class TestWhoIsDue:
    @pytest.mark.parametrize(
        ("last", "due"),
        [
            (date(2026, 7, 10), date(2026, 8, 1)),  # long ago: as soon as it begins
            (date(2026, 7, 31), date(2026, 8, 3)),
            (date(2026, 8, 5), date(2026, 8, 8)),
            (date(2026, 8, 9), date(2026, 9, 8)),  # three days on it is over: as usual
            (date(2026, 6, 1), date(2026, 7, 1)),  # was due before it began
        ],
    )
    def test_three_days_after_the_last_visit_while_it_is_hot(self, last: date, due: date) -> None:
        assert due_with(last, [30], [HEAT]) == due

    def test_whoever_was_never_visited_is_due_whatever_the_weather(self) -> None:
        assert due_with(None, [30], [HEAT]) == due_with(None, [30], []) < date(2000, 1, 1)

    def test_spring_festival_is_a_surge_like_another(self) -> None:
        festival = lunar_date(2027, 1, 1)
        around = Surge("春节", festival - timedelta(days=3), festival + timedelta(days=7), 2)
        assert due_with(festival - timedelta(days=1), [7], [around]) == festival + timedelta(days=1)

    @given(
        st.dates(date(2026, 1, 1), date(2027, 12, 31)),
        st.integers(1, 90),
        st.lists(
            st.builds(
                lambda start, span, every: Surge("x", start, start + timedelta(days=span), every),
                st.dates(date(2026, 1, 1), date(2027, 12, 31)),
                st.integers(0, 40),
                st.integers(1, 30),
            ),
            max_size=4,
        ),
    )
    def test_a_surge_makes_nobody_wait_longer_and_asks_for_nothing_outside_its_days(
        self, last: date, days: int, surges: list[Surge]
    ) -> None:
        usual, due = due_after(last, days), due_with(last, [days], surges)
        assert last <= due <= usual
        assert due == usual or any(surge.lasts_on(due) for surge in surges)


class TestWhomItIsFor:
    def test_any_of_its_tiers_and_groups_or_everybody(self) -> None:
        some = Surge(
            "x", date(2026, 1, 1), date(2026, 1, 2), 1, frozenset({"key"}), frozenset({"living_alone"})
        )
        assert some.is_for("key", [])
        assert some.is_for("general", ["empty_nest", "living_alone"])
        assert not some.is_for("general", ["empty_nest"])
        assert HEAT.is_for("general", [])


class TestWhatIsSpokenOf:
    def test_the_module_of_the_newest_surge_of_the_day_that_the_script_has(self) -> None:
        storm = Surge("台风", date(2026, 8, 5), date(2026, 8, 6), 1, module="home_safety")
        unknown = Surge("疫情", date(2026, 8, 6), date(2026, 8, 9), 1, module="vaccination")
        surges = [HEAT, storm, unknown]
        said = [module_in(surges, date(2026, 8, day), MODULES) for day in (4, 5, 6, 7, 11)]
        assert said == ["summer_heat", "home_safety", "home_safety", "summer_heat", ""]

    def test_everybody_hears_of_heating_in_november_and_of_the_heat_in_june(self) -> None:
        assert {module_for(script(), elder, date(2026, 11, 1), SEASONS) for elder in range(40)} == {
            "winter_heating"
        }
        assert {module_for(script(), elder, date(2026, 6, 1), SEASONS) for elder in range(40)} == {
            "summer_heat"
        }

    def test_in_july_nobody_hears_of_heating_and_in_spring_of_neither(self) -> None:
        july = {module_for(script(), elder, date(2026, 7, 1), SEASONS) for elder in range(40)}
        april = {module_for(script(), elder, date(2026, 4, 1), SEASONS) for elder in range(40)}
        assert "winter_heating" not in july
        assert "summer_heat" in july
        assert april == set(MODULES) - {"winter_heating", "summer_heat"}

    def test_the_seasons_of_the_shipped_policy_are_of_topics_that_the_script_has(self) -> None:
        assert set(SEASONS) <= set(MODULES)

    def test_when_every_topic_is_out_of_season_there_is_none(self) -> None:
        assert module_for(script(), 1, date(2026, 7, 1), dict.fromkeys(MODULES, (1,))) == ""

    @given(st.integers(0, 500), st.dates(date(2020, 1, 1), date(2040, 1, 1)))
    def test_no_topic_is_spoken_of_outside_its_season(self, elder: int, month: date) -> None:
        module = module_for(script(), elder, month, SEASONS)
        assert module in MODULES
        assert month.month in SEASONS.get(module, range(1, 13))

    @given(st.integers(0, 500), st.integers(2020, 2040))
    def test_in_a_year_an_elder_hears_most_topics(self, elder: int, year: int) -> None:
        heard = {module_for(script(), elder, date(year, month, 1), SEASONS) for month in range(1, 13)}
        assert len(heard) >= len(MODULES) - 4
        assert {"winter_heating", "summer_heat"} <= heard
