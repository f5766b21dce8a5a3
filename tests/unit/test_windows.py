from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from campaigns.windows import (
    Windows,
    closes_at,
    end_of_day,
    is_open,
    may_begin,
    next_opening,
    start_of_day,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = ["Asia/Shanghai", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
"""Lord Howe moves its clocks by half an hour; Apia skipped a whole day at the end of 2011."""


def hours(*spans: str) -> tuple[tuple[time, time], ...]:
    """``09:00-11:30`` and so on."""
    return tuple(
        (time.fromisoformat(a), time.fromisoformat(b)) for a, b in (span.split("-") for span in spans)
    )


WEEKDAYS = Windows(days=(0, 1, 2, 3, 4), hours=hours("09:00-11:30", "14:30-17:30"))


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@st.composite
def windows(draw: st.DrawFn) -> Windows:
    marks = sorted(draw(st.lists(st.times(), min_size=2, max_size=8, unique=True)))
    return Windows(
        days=tuple(draw(st.sets(st.integers(0, 6)))),
        hours=tuple(
            (begin.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0))
            for begin, end in zip(marks[::2], marks[1::2], strict=False)
            if begin.replace(second=0, microsecond=0) < end.replace(second=0, microsecond=0)
        ),
        timezone=draw(st.sampled_from(ZONES)),
        min_remaining=draw(st.integers(0, 60)),
    )


moments = st.datetimes(datetime(2011, 12, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


class TestNobodyIsPhoned:
    def test_when_the_time_zone_is_unknown(self) -> None:
        lost = Windows(timezone="Asia/Zichuan")
        assert next_opening(lost, at("2026-11-23 10:00")) is None
        assert not is_open(lost, at("2026-11-23 10:00"))

    @pytest.mark.parametrize("name", ["", "../etc/passwd", "/etc/passwd", "Asia/", "Shanghai\x00"])
    def test_when_the_time_zone_is_rubbish(self, name: str) -> None:
        assert next_opening(Windows(timezone=name), at("2026-11-23 10:00")) is None

    def test_when_there_are_no_hours(self) -> None:
        assert next_opening(Windows(hours=()), at("2026-11-23 10:00")) is None

    def test_when_there_are_no_days(self) -> None:
        assert next_opening(Windows(days=()), at("2026-11-23 10:00")) is None

    def test_when_every_window_is_shorter_than_a_call(self) -> None:
        tiny = Windows(hours=hours("09:00-09:05"), min_remaining=10)
        assert next_opening(tiny, at("2026-11-23 08:00")) is None
        assert is_open(tiny, at("2026-11-23 09:01"))
        assert not may_begin(tiny, at("2026-11-23 09:01"))

    def test_at_noon_when_elders_eat_and_sleep(self) -> None:
        assert not is_open(WEEKDAYS, at("2026-11-23 12:30"))
        assert next_opening(WEEKDAYS, at("2026-11-23 12:30")) == at("2026-11-23 14:30")

    def test_at_the_minute_of_closing(self) -> None:
        assert not is_open(WEEKDAYS, at("2026-11-23 11:30"))

    def test_so_late_that_the_talk_would_run_past_closing(self) -> None:
        assert next_opening(WEEKDAYS, at("2026-11-23 11:20")) == at("2026-11-23 11:20")
        assert next_opening(WEEKDAYS, at("2026-11-23 11:21")) == at("2026-11-23 14:30")

    def test_at_the_weekend_when_only_weekdays_are_allowed(self) -> None:
        assert next_opening(WEEKDAYS, at("2026-11-20 17:25")) == at("2026-11-23 09:00")

    def test_by_a_moment_without_a_time_zone(self) -> None:
        with pytest.raises(ValueError, match="without a time zone"):
            next_opening(WEEKDAYS, datetime(2026, 11, 23, 10))  # noqa: DTZ001


class TestTheClockChanges:
    def test_a_window_stays_at_nine_on_the_wall_after_summer_time_ends(self) -> None:
        madrid = ZoneInfo("Europe/Madrid")
        mornings = Windows(hours=hours("09:00-12:00"), timezone="Europe/Madrid")
        assert next_opening(mornings, at("2026-10-24 13:00", madrid)) == datetime(2026, 10, 25, 8, tzinfo=UTC)
        assert next_opening(mornings, at("2026-10-23 13:00", madrid)) == datetime(2026, 10, 24, 7, tzinfo=UTC)

    def test_an_hour_that_happens_twice_is_not_opened_before_it_is_sure(self) -> None:
        night = Windows(hours=hours("02:30-04:00"), timezone="Europe/Madrid")
        assert next_opening(night, datetime(2026, 10, 24, 23, tzinfo=UTC)) == datetime(
            2026, 10, 25, 1, 30, tzinfo=UTC
        )

    def test_a_day_that_a_country_skipped_has_no_windows(self) -> None:
        apia = Windows(hours=hours("09:00-12:00"), timezone="Pacific/Apia")
        zone = ZoneInfo("Pacific/Apia")
        assert next_opening(apia, at("2011-12-29 13:00", zone)) == at("2011-12-31 09:00", zone)


class TestData:
    def test_windows_survive_the_way_through_json(self) -> None:
        stored = WEEKDAYS.model_dump(mode="json")
        assert stored["hours"] == [["09:00", "11:30"], ["14:30", "17:30"]]
        assert Windows.model_validate(stored) == WEEKDAYS

    def test_touching_hours_are_one_window_so_that_a_call_may_cross_the_seam(self) -> None:
        joined = Windows(hours=hours("10:00-12:00", "09:00-10:00"))
        assert closes_at(joined, at("2026-11-23 09:55")) == at("2026-11-23 12:00")

    @pytest.mark.parametrize(
        "span", [("11:00", "09:00"), ("09:00", "09:00"), ("9", "10"), ("22:00", "24:00")]
    )
    def test_hours_that_make_no_sense_are_refused(self, span: tuple[str, str]) -> None:
        with pytest.raises(ValidationError):
            Windows.model_validate({"hours": [span]})

    def test_an_hour_that_yaml_read_as_a_number_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="in quotes"):
            Windows.model_validate({"hours": [[540, 870]]})

    def test_a_day_that_is_none_is_refused(self) -> None:
        with pytest.raises(ValidationError):
            Windows.model_validate({"days": [7]})

    def test_a_period_ends_with_its_last_day(self) -> None:
        assert end_of_day(date(2026, 11, 30), "Asia/Shanghai") == at("2026-12-01 00:00")
        assert start_of_day(date(2026, 11, 30), "Asia/Shanghai") == at("2026-11-30 00:00")

    def test_a_period_in_an_unknown_zone_ends_early_and_never_starts(self) -> None:
        assert end_of_day(date(2026, 11, 30), "Nowhere") == datetime(2026, 11, 30, 10, tzinfo=UTC)
        assert start_of_day(date(2026, 11, 30), "Nowhere") is None


@given(windows(), moments)
def test_whenever_a_window_is_open_the_clock_on_the_wall_says_so(calling: Windows, moment: datetime) -> None:
    if is_open(calling, moment):
        wall = moment.astimezone(calling.zone)
        assert wall.weekday() in calling.days
        assert any(begin <= wall.time() < end for begin, end in calling.hours)


@given(windows(), moments)
def test_the_next_opening_lies_ahead_is_open_and_leaves_time_for_a_call(
    calling: Windows, moment: datetime
) -> None:
    opening = next_opening(calling, moment)
    if opening is not None:
        assert opening >= moment
        assert may_begin(calling, opening)
        closes = closes_at(calling, opening)
        assert closes is not None
        assert closes - opening >= timedelta(minutes=calling.min_remaining)


@given(windows(), moments, st.floats(0, 1, exclude_max=True))
def test_no_opening_is_passed_over(calling: Windows, moment: datetime, share: float) -> None:
    opening = next_opening(calling, moment)
    horizon = opening - moment if opening is not None else timedelta(days=7)
    if horizon > timedelta(0):
        assert not may_begin(calling, moment + min(horizon * share, horizon - timedelta.resolution))


@given(st.times(time(0), time(22)).map(lambda t: t.replace(second=0, microsecond=0)), moments)
def test_where_clocks_never_change_a_daily_window_is_open_exactly_in_its_hours(
    begin: time, moment: datetime
) -> None:
    daily = Windows(hours=((begin, time(23)),), timezone="Asia/Shanghai")
    assert is_open(daily, moment) == (begin <= moment.astimezone(SHANGHAI).time() < time(23))
