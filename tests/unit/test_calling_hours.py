"""The hours that campaign, area, calendar and elder leave together; and an elder's own words for theirs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from campaigns.calendar import DayKind, day_of
from campaigns.overlap import CallWish, cut_to_wish, overlap, without_rest
from campaigns.windows import Windows, is_open, may_begin, next_opening
from campaigns.wishes import WishError, read_wish, wish_text

ZONES = ["Asia/Shanghai", "Asia/Urumqi", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe"]


def hours(*spans: str) -> tuple[tuple[time, time], ...]:
    return tuple(
        (time.fromisoformat(a), time.fromisoformat(b)) for a, b in (span.split("-") for span in spans)
    )


def china(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


spans = st.lists(
    st.tuples(st.integers(0, 1430), st.integers(1, 300)).map(lambda at: (at[0], min(at[0] + at[1], 1439))),
    max_size=4,
).map(lambda found: tuple((time(a // 60, a % 60), time(b // 60, b % 60)) for a, b in found if a < b))
days = st.sets(st.integers(0, 6)).map(lambda found: tuple(sorted(found)))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
wishes = st.builds(CallWish, days=days, hours=spans)


@st.composite
def windows(draw: st.DrawFn, zone: str | None = None) -> Windows:
    return Windows(
        days=draw(days),
        hours=draw(spans),
        timezone=zone or draw(st.sampled_from(ZONES)),
        min_remaining=draw(st.integers(0, 60)),
        weekends=draw(st.booleans()),
        holidays=draw(st.booleans()),
    )


class TestHolidays:
    OFFICE = Windows(days=(0, 1, 2, 3, 4), holidays=False, weekends=False)

    def test_nobody_is_rung_over_spring_festival_and_calls_go_on_when_it_is_over(self) -> None:
        assert next_opening(self.OFFICE, china("2026-02-14T18:00")) == china("2026-02-24T09:00")

    def test_a_make_up_workday_is_a_day_for_calls_although_it_is_a_saturday(self) -> None:
        assert may_begin(self.OFFICE, china("2026-02-14T10:00"))

    def test_but_not_where_only_some_days_of_the_week_were_chosen(self) -> None:
        tuesdays = self.OFFICE.model_copy(update={"days": (1,)})
        assert not may_begin(tuesdays, china("2026-02-14T10:00"))

    def test_weekends_may_be_left_out_and_holidays_not(self) -> None:
        festive = Windows(weekends=False)
        assert may_begin(festive, china("2026-02-17T10:00"))
        assert not may_begin(festive, china("2026-11-21T10:00"))

    def test_who_leaves_nothing_out_does_not_go_by_the_calendar(self) -> None:
        assert may_begin(Windows(), china("2026-02-17T10:00"))
        assert not may_begin(Windows(days=(0, 1, 2, 3, 4)), china("2026-02-14T10:00"))

    def test_in_a_year_that_is_not_announced_a_possible_holiday_is_left_alone(self) -> None:
        assert next_opening(self.OFFICE, china("2059-12-29T18:00")) == china("2060-01-05T09:00")


class TestRest:
    def test_lunch_and_the_nap_after_it_are_taken_out_of_the_hours(self) -> None:
        assert without_rest(hours("09:00-17:30"), hours("12:00-14:00")) == hours("09:00-12:00", "14:00-17:30")

    def test_rest_outside_the_hours_takes_nothing_and_rest_over_all_takes_all(self) -> None:
        assert without_rest(hours("09:00-11:00"), hours("12:00-14:00")) == hours("09:00-11:00")
        assert without_rest(hours("12:30-13:30"), hours("12:00-14:00")) == ()

    @given(spans, spans, st.times())
    def test_a_moment_is_left_exactly_when_it_is_in_the_hours_and_not_in_the_rest(
        self, given_hours: tuple[tuple[time, time], ...], rest: tuple[tuple[time, time], ...], at: time
    ) -> None:
        def within(found: tuple[tuple[time, time], ...]) -> bool:
            return any(begin <= at < end for begin, end in found)

        left = without_rest(given_hours, rest)
        assert within(left) == (within(given_hours) and not within(rest))


class TestTogether:
    def test_three_opinions_leave_what_all_agree_on(self) -> None:
        campaign = Windows(hours=hours("09:00-11:30", "14:30-17:30"))
        town = Windows(days=(0, 1, 2, 3, 4), hours=hours("08:00-12:00", "15:00-18:00"), holidays=False)
        left = cut_to_wish(overlap(campaign, town), read_wish("周二周四下午4点以后"))
        assert (left.days, left.hours, left.holidays) == ((1, 3), hours("16:00-17:30"), False)

    def test_hours_that_never_meet_never_open(self) -> None:
        left = cut_to_wish(Windows(hours=hours("09:00-11:30")), read_wish("晚上7点后"))
        assert left.never_opens
        assert next_opening(left, china("2026-11-26T08:00")) is None

    def test_what_is_left_may_be_too_short_for_a_call(self) -> None:
        left = overlap(Windows(hours=hours("09:00-10:00")), Windows(hours=hours("09:55-11:00")))
        assert left.hours == hours("09:55-10:00")
        assert left.never_opens

    def test_an_empty_wish_takes_nothing_away(self) -> None:
        assert cut_to_wish(Windows(), CallWish()) == Windows()

    @given(windows("Europe/Madrid"), windows("Europe/Madrid"), wishes, moments)
    def test_a_call_may_begin_only_when_everybody_agrees(
        self, campaign: Windows, area: Windows, wish: CallWish, moment: datetime
    ) -> None:
        left = cut_to_wish(overlap(campaign, area), wish)
        if is_open(left, moment):
            wall = moment.astimezone(left.zone)
            assert is_open(campaign, moment)
            assert is_open(area, moment)
            assert not wish.days or wall.weekday() in wish.days
            assert not wish.hours or any(begin <= wall.time() < end for begin, end in wish.hours)

    @given(windows("Asia/Shanghai"), windows("Asia/Shanghai"), moments)
    def test_the_order_of_opinions_does_not_matter(
        self, some: Windows, others: Windows, moment: datetime
    ) -> None:
        assert next_opening(overlap(some, others), moment) == next_opening(overlap(others, some), moment)


@given(windows(), moments)
def test_no_call_begins_on_a_day_that_is_left_out(calling: Windows, moment: datetime) -> None:
    opening = next_opening(calling, moment)
    assume(opening is not None)
    assert opening is not None
    day = day_of(opening.astimezone(calling.zone).date())
    assert calling.holidays or day.kind is not DayKind.HOLIDAY
    assert calling.weekends or day.kind is not DayKind.WEEKEND
    assert opening >= moment
    assert may_begin(calling, opening)


@given(windows(), moments)
def test_what_never_opens_never_opens(calling: Windows, moment: datetime) -> None:
    if calling.never_opens:
        assert next_opening(calling, moment) is None


@given(st.dates(date(2020, 1, 1), date(2031, 12, 31)))
def test_workdays_come_round_again_within_five_weeks_whatever_the_holidays(day: date) -> None:
    cautious = Windows(days=(0, 1, 2, 3, 4), weekends=False, holidays=False)
    moment = datetime.combine(day, time(17, 25), UTC)
    opening = next_opening(cautious, moment)
    assert opening is not None
    assert opening - moment < timedelta(days=14)


def test_midnight_ends_a_day_of_calls_and_a_leap_day_is_one() -> None:
    late = Windows(hours=hours("23:00-23:59"), min_remaining=10)
    assert next_opening(late, china("2028-02-28T23:50")) == china("2028-02-29T23:00")
    assert next_opening(late, china("2028-02-29T23:50")) == china("2028-03-01T23:00")


class TestWishes:
    @pytest.mark.parametrize(
        ("words", "wish"),
        [
            ("周二周四上午", "周二、周四 06:00-12:00"),
            ("周二、四 上午9点到11点", "周二、周四 09:00-11:00"),
            ("星期一至星期五下午", "周一、周二、周三、周四、周五 12:00-18:00"),
            ("周六至周一", "周一、周六、周日"),
            ("下午3点以后", "15:00-21:00"),
            ("3点以后", "15:00-21:00"),
            ("十点以前", "06:00-10:00"),
            ("上午9点半-11点", "09:30-11:00"),
            ("中午12点-1点", "12:00-13:00"),
            ("工作日9:00-11:00", "周一、周二、周三、周四、周五 09:00-11:00"),
            ("上午、下午", "06:00-18:00"),
            ("Tue, Thu 09:00-11:00", "周二、周四 09:00-11:00"),
            ("Mon-Fri mornings", "周一、周二、周三、周四、周五 06:00-12:00"),
            ("Sundays and Mondays", "周一、周日"),
            ("１４：３０－１６：００", "14:30-16:00"),
            ("随时", ""),
            ("anytime", ""),
        ],
    )
    def test_are_read_as_they_are_meant(self, words: str, wish: str) -> None:
        assert wish_text(read_wish(words)) == wish

    @pytest.mark.parametrize(
        "words",
        [
            "",
            "不要周末打",
            "下午别打",
            "除周末外",
            "睡觉",
            "9点",
            "下午5点到3点",
            "25:00-26:00",
            "not on Mondays",
        ],
    )
    def test_are_refused_when_they_are_not_wholly_understood(self, words: str) -> None:
        with pytest.raises(WishError):
            read_wish(words)

    @given(wishes)
    def test_in_words_they_say_the_same_again(self, wish: CallWish) -> None:
        assume(not wish.is_empty)
        assume(all(begin >= time(7) for begin, _ in wish.hours))
        for language in ("zh-CN", "en"):
            assert read_wish(wish_text(wish, language)) == wish

    @given(st.text(max_size=40))
    def test_any_words_at_all_are_read_or_refused(self, words: str) -> None:
        try:
            found = read_wish(words)
        except WishError:
            return
        assert CallWish.model_validate(found.stored()) == found
