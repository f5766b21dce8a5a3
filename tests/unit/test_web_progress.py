"""Counting a campaign: nobody is rounded up to visited, nobody at risk goes unnamed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.i18n import percent
from web.progress import COVERED, Count, Risk, Stage, progress, risk, stage_of

NOW = datetime(2026, 3, 4, 2, 40, tzinfo=UTC)
SUNDAY = date(2026, 3, 8)


def at_risk(**changes):
    facts = {
        "next_attempt_at": NOW + timedelta(hours=1),
        "attempts_made": 0,
        "ends_on": SUNDAY,
        "timezone": "Asia/Shanghai",
        "now": NOW,
    }
    return risk(**{**facts, **changes})


@pytest.mark.parametrize("outcome", ["refused", "wrong_person", "unreachable", "expired", "something new"])
def test_an_elder_nobody_spoke_with_is_not_covered(outcome):
    assert stage_of(outcome, calling=False) not in COVERED


def test_a_call_that_broke_off_does_not_count_as_a_visit():
    assert stage_of("partial", calling=False) not in COVERED


def test_a_cancelled_visit_is_not_counted_at_all():
    assert stage_of("cancelled", calling=False) is None


def test_an_elder_on_the_telephone_is_neither_waiting_nor_done():
    assert stage_of(None, calling=True) is Stage.CALLING
    assert stage_of(None, calling=False) is Stage.WAITING


def test_numbers_can_be_had_by_mode_and_by_tier():
    counts = [
        Count("telephone", "key", Stage.DONE, 3),
        Count("telephone", "general", Stage.WAITING, 5),
        Count("in_home", "key", Stage.WAITING, 2),
    ]
    assert progress(counts).due == 10
    assert progress(counts, mode="telephone").covered == 3
    assert progress(counts, tier="key").open == 2
    assert progress(counts, tier="secondary").coverage is None


@given(
    st.lists(
        st.builds(Count, st.just("telephone"), st.just("key"), st.sampled_from(Stage), st.integers(0, 9))
    )
)
def test_every_elder_is_counted_once(counts):
    found = progress(counts)
    assert found.due == sum(count.visits for count in counts)
    assert 0 <= found.covered + found.open <= found.due


@given(st.integers(0, 5000), st.integers(1, 5000))
def test_one_elder_missing_is_never_shown_as_a_hundred_percent(covered, missing):
    assert percent(covered / (covered + missing)) != "100%"


def test_everybody_visited_is_shown_as_a_hundred_percent():
    assert percent(1.0) == "100%"
    assert percent(None) == "–"


def test_an_elder_with_a_call_planned_in_time_is_not_at_risk():
    assert at_risk() is None


def test_an_elder_without_a_planned_call_is_the_gravest_case():
    assert at_risk(next_attempt_at=None, attempts_made=5) is Risk.NO_NEXT_CALL


def test_an_elder_in_an_unreadable_time_zone_is_never_called_and_so_at_risk():
    assert at_risk(timezone="Mars/Olympus") is Risk.NO_NEXT_CALL


def test_a_call_planned_after_the_last_day_by_local_time_comes_too_late():
    midnight_in_china = datetime(2026, 3, 8, 16, 0, tzinfo=UTC)
    assert at_risk(next_attempt_at=midnight_in_china) is Risk.AFTER_PERIOD
    assert at_risk(next_attempt_at=midnight_in_china - timedelta(minutes=1)) is None


def test_a_call_that_was_due_an_hour_ago_needs_a_look():
    assert at_risk(next_attempt_at=NOW - timedelta(minutes=61)) is Risk.LATE
    assert at_risk(next_attempt_at=NOW - timedelta(minutes=59)) is None


def test_two_vain_attempts_make_an_elder_hard_to_reach():
    assert at_risk(attempts_made=2) is Risk.HARD_TO_REACH


def test_on_the_last_day_everybody_who_still_waits_is_named():
    assert at_risk(ends_on=date(2026, 3, 4)) is Risk.LAST_DAY
