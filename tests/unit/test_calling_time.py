"""Calling time: how long somebody could have been called, and when a period ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.casebook import MORNING

from escalation.periods import LONGEST_WAIT, calling_time, period_end

HOURS = {"days": [0, 1, 2, 3, 4], "hours": [["09:00", "11:30"], ["14:30", "17:30"]]}


def test_calling_time_counts_only_hours_in_which_one_may_call() -> None:
    friday = datetime(2026, 3, 6, 17, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    monday = datetime(2026, 3, 9, 9, 20, tzinfo=ZoneInfo("Asia/Shanghai"))

    assert calling_time(HOURS, "Asia/Shanghai", friday, monday) == timedelta(minutes=50)


@pytest.mark.parametrize("windows", [{}, {"days": "x", "hours": []}, {"days": [0], "hours": [["9", "x"]]}])
def test_unreadable_hours_hide_nobody(windows: dict[str, object]) -> None:
    assert calling_time(windows, "Asia/Shanghai", MORNING, MORNING + timedelta(hours=3)) == timedelta(hours=3)
    assert calling_time(HOURS, "Nowhere/At_All", MORNING, MORNING + timedelta(hours=3)) == timedelta(hours=3)


def test_a_visit_forgotten_for_months_is_overdue_whatever_the_hours() -> None:
    never: dict[str, list[int]] = {"days": [], "hours": []}

    assert calling_time(never, "Asia/Shanghai", MORNING, MORNING + timedelta(days=99)) == LONGEST_WAIT


def test_a_period_ends_at_midnight_where_the_elder_lives() -> None:
    assert period_end(date(2026, 3, 31), "Asia/Shanghai") == datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert period_end(date(2026, 3, 31), "Nowhere/At_All") == datetime(2026, 3, 31, 10, tzinfo=UTC)


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is beside it


@given(MOMENTS, st.integers(0, 80_000), st.integers(0, 80_000))
def test_calling_time_adds_up_and_never_exceeds_the_clock(start: datetime, first: int, more: int) -> None:
    middle = start + timedelta(minutes=first % 40_000)
    finish = middle + timedelta(minutes=more % 40_000)
    whole = calling_time(HOURS, "Asia/Shanghai", start, finish)

    assert timedelta(0) <= whole <= finish - start
    parts = [calling_time(HOURS, "Asia/Shanghai", *span) for span in ((start, middle), (middle, finish))]
    assert whole == sum(parts, timedelta(0))
