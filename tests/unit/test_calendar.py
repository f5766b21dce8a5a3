"""Chinese holidays, make-up workdays and festivals, known years and unknown ones."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.calendar import Day, DayKind, _may_be_holiday, day_of, is_known, unknown_years
from campaigns.occasions import (
    LunarYearUnknownError,
    Occasion,
    date_of_qingming,
    lunar_date,
    occasion_on,
    occasion_text,
    occasions_between,
)

LAST_LUNAR_YEAR = 2100


def kinds(*days: date) -> list[str]:
    return [day_of(day).kind.value for day in days]


class TestAnAnnouncedYear:
    def test_spring_festival_of_2026_lasts_nine_days(self) -> None:
        span = [date(2026, 2, 15) + timedelta(days=offset) for offset in range(9)]
        assert kinds(*span) == ["holiday"] * 9
        assert all(day_of(day).certain for day in span)

    @pytest.mark.parametrize("day", [date(2026, 2, 14), date(2026, 2, 28), date(2026, 9, 20)])
    def test_a_weekend_day_on_which_people_work_is_a_workday(self, day: date) -> None:
        assert day_of(day) == Day(day, DayKind.WORKDAY, certain=True)
        assert day_of(day).is_make_up_workday

    def test_other_weekends_are_weekends_and_other_days_workdays(self) -> None:
        assert kinds(date(2026, 11, 21), date(2026, 11, 23)) == ["weekend", "workday"]
        assert not day_of(date(2026, 11, 23)).is_make_up_workday


class TestAYearNobodyHasAnnounced:
    def test_every_day_that_may_be_a_holiday_counts_as_one_and_says_so(self) -> None:
        festival = lunar_date(2060, 1, 1)
        for offset in range(-2, 8):
            assert day_of(festival + timedelta(days=offset)) == Day(
                festival + timedelta(days=offset), DayKind.HOLIDAY, certain=False
            )

    def test_no_weekend_counts_as_a_make_up_workday(self) -> None:
        day = date(2060, 1, 1)
        while day.year == 2060:
            assert not day_of(day).is_make_up_workday
            day += timedelta(days=1)

    def test_the_last_days_of_the_last_announced_year_belong_to_the_next_new_year(self) -> None:
        year = 2026
        while is_known(date(year, 1, 1)):
            year += 1
        assert unknown_years(date(year - 1, 6, 1), date(year, 6, 1)) == [year]
        assert day_of(date(year - 1, 12, 31)) == Day(date(year - 1, 12, 31), DayKind.HOLIDAY, certain=False)
        assert day_of(date(year - 1, 12, 15)).certain

    def test_beyond_the_lunar_calendar_every_day_is_left_alone(self) -> None:
        assert day_of(date(2150, 3, 4)) == Day(date(2150, 3, 4), DayKind.HOLIDAY, certain=False)


class TestFestivals:
    @pytest.mark.parametrize(
        ("day", "occasion"),
        [
            (date(2026, 2, 16), Occasion.NEW_YEARS_EVE),
            (date(2026, 2, 17), Occasion.SPRING_FESTIVAL),
            (date(2026, 3, 3), Occasion.LANTERN),
            (date(2026, 4, 5), Occasion.QINGMING),
            (date(2026, 6, 19), Occasion.DRAGON_BOAT),
            (date(2026, 9, 25), Occasion.MID_AUTUMN),
            (date(2026, 10, 18), Occasion.DOUBLE_NINTH),
            (date(2027, 2, 6), Occasion.SPRING_FESTIVAL),
            (date(2028, 4, 4), Occasion.QINGMING),
            (date(2025, 10, 29), Occasion.DOUBLE_NINTH),
        ],
    )
    def test_fall_where_the_almanac_has_them(self, day: date, occasion: Occasion) -> None:
        assert occasion_on(day) is occasion

    def test_a_leap_month_has_no_second_festival(self) -> None:
        # 2028 has a second fifth month: 端午 is in the first one.
        assert [day for day, what in occasions_between(date(2028, 1, 1), date(2028, 12, 31))
                if what is Occasion.DRAGON_BOAT] == [date(2028, 5, 28)]  # fmt: skip

    def test_an_ordinary_day_is_none_and_so_is_a_day_in_a_year_nobody_has_calculated(self) -> None:
        assert occasion_on(date(2026, 11, 26)) is None
        assert occasion_on(date(2150, 2, 1)) is None
        with pytest.raises(LunarYearUnknownError, match="2150"):
            lunar_date(2150, 1, 1)
        with pytest.raises(LunarYearUnknownError, match="2150"):
            date_of_qingming(2150)

    def test_all_have_names(self) -> None:
        assert {occasion_text(each) for each in Occasion} >= {"春节", "重阳节（老年节）"}
        assert all(occasion_text(each, "en").isascii() for each in Occasion)


@given(st.dates(date(2004, 1, 1), date(2200, 1, 1)))
def test_every_day_is_something(day: date) -> None:
    found = day_of(day)
    assert found.date == day
    assert (found.kind is DayKind.WORKDAY) or day.weekday() >= 5 or found.kind is DayKind.HOLIDAY
    assert found.certain == is_known(day)


@given(st.dates(date(2007, 1, 1), date(2026, 12, 20)))
def test_caution_never_calls_on_a_day_that_turned_out_to_be_a_holiday(day: date) -> None:
    """The spans taken for unknown years would have covered what was really announced, since 2008's reform."""
    if day.year >= 2008 and day_of(day).kind is DayKind.HOLIDAY and day not in PARADES:
        assert _may_be_holiday(day) or day.weekday() >= 5


PARADES = {date(2015, 9, 3), date(2015, 9, 4)}
"""A holiday once only, for the seventieth anniversary of the end of the war."""


@given(st.integers(1901, LAST_LUNAR_YEAR))
def test_each_year_has_its_seven_festivals_once(year: int) -> None:
    found = [occasion for _, occasion in occasions_between(date(year, 1, 1), date(year, 12, 31))]
    assert sorted(found) == sorted(Occasion)
    assert date(year, 1, 20) <= lunar_date(year, 1, 1) <= date(year, 2, 21)
