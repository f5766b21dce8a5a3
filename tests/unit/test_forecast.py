"""A forecast keeps to lines, hours and retry rules, forgets nobody, and says when lines do not suffice."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.forecast import Assumptions, Awaited, forecast, lines_needed
from campaigns.retries import Past, RetryPolicy
from campaigns.windows import Windows, may_begin
from ivr.lines import Disposition

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Nine o'clock in China."""
CHINA = ZoneInfo("Asia/Shanghai")
MORNINGS = Windows(hours=((time(9), time(11)),))
EVERYBODY_ANSWERS = Assumptions(answered=1.0, talk_seconds=160, ring_seconds=60)
NOBODY_ANSWERS = Assumptions(answered=0.0)


def awaited(number: int, **about: Any) -> Awaited:
    usual: dict[str, Any] = {
        "first": False,
        "due": MONDAY,
        "ends": MONDAY + timedelta(days=5),
        "windows": MORNINGS,
        "retries": RetryPolicy(),
        "phones": (number,),
    }
    return Awaited(number, **(usual | about))


def many(count: int, **about: Any) -> list[Awaited]:
    return [awaited(number, **about) for number in range(1, count + 1)]


class TestLineTime:
    def test_three_minutes_each_on_one_line_make_twenty_calls_an_hour(self) -> None:
        found = forecast(many(30), 1, MONDAY, EVERYBODY_ANSWERS)
        hours = found.by_hour(CHINA)
        assert [hours[MONDAY.date(), hour] for hour in (9, 10, 11)] == [20, 10, 0]
        assert found.line_hours == 1.5
        assert found.seconds_by_day(CHINA) == {MONDAY.date(): 5400.0}

    def test_two_lines_are_done_in_half_the_time(self) -> None:
        found = forecast(many(30), 2, MONDAY, EVERYBODY_ANSWERS)
        assert max(ring.at for ring in found.rings) == MONDAY + timedelta(minutes=42)

    def test_what_does_not_fit_today_is_called_tomorrow(self) -> None:
        found = forecast(many(60), 1, MONDAY, EVERYBODY_ANSWERS)
        assert len(found.reached) == 60
        assert list(found.seconds_by_day(CHINA)) == [MONDAY.date(), MONDAY.date() + timedelta(days=1)]


class TestTheTarget:
    def test_who_is_never_rung_is_named_and_how_many_lines_would_do(self) -> None:
        visits = many(60, ends=MONDAY + timedelta(hours=15))
        found = forecast(visits, 1, MONDAY, EVERYBODY_ANSWERS)
        assert (len(found.reached), len(found.never_rung)) == (37, 23)
        assert lines_needed(visits, MONDAY, EVERYBODY_ANSWERS) == 2

    def test_with_one_line_fewer_than_would_do_somebody_is_not_rung(self) -> None:
        for count in range(60, 400, 40):
            visits = many(count, ends=MONDAY + timedelta(hours=15))
            least = lines_needed(visits, MONDAY, EVERYBODY_ANSWERS) or 0
            assert not forecast(visits, least, MONDAY, EVERYBODY_ANSWERS).never_rung
            assert forecast(visits, least - 1, MONDAY, EVERYBODY_ANSWERS).never_rung

    def test_no_number_of_lines_helps_whose_hours_never_open(self) -> None:
        visits = [awaited(1), awaited(2, windows=Windows(hours=()))]
        assert forecast(visits, 4, MONDAY, EVERYBODY_ANSWERS).never_rung == [2]
        assert lines_needed(visits, MONDAY, EVERYBODY_ANSWERS) is None

    def test_who_does_not_answer_is_tried_by_the_rules_and_left_to_people(self) -> None:
        found = forecast([awaited(1)], 1, MONDAY, NOBODY_ANSWERS)
        assert [ring.at.astimezone(CHINA).strftime("%d %H:%M") for ring in found.rings] == [
            "23 09:00", "23 10:31", "24 09:00",
        ]  # fmt: skip
        assert (found.to_people, found.reached) == ([1], [])

    def test_what_was_tried_before_counts(self) -> None:
        tried = tuple(Past(Disposition.NO_ANSWER, 1) for _ in range(2))
        assert len(forecast([awaited(1, past=tried)], 1, MONDAY, NOBODY_ANSWERS).rings) == 1

    def test_the_key_tier_is_called_first(self) -> None:
        visits = [*many(5), awaited(9, first=True)]
        assert forecast(visits, 1, MONDAY, EVERYBODY_ANSWERS).rings[0].visit_id == 9


def test_the_assumed_share_is_what_answers() -> None:
    found = forecast(many(500, ends=MONDAY + timedelta(days=60)), 8, MONDAY, Assumptions(answered=0.4))
    first = {ring.visit_id: ring for ring in reversed(found.rings)}.values()
    assert abs(sum(ring.answered for ring in first) / 500 - 0.4) < 0.01
    never = 0.6**3
    assert abs(len(found.to_people) / 500 - never) < 0.02


windows = st.builds(
    Windows,
    days=st.sets(st.integers(0, 6)).map(lambda days: tuple(sorted(days))),
    hours=st.lists(st.tuples(st.integers(0, 22), st.integers(1, 8)), max_size=3).map(
        lambda found: tuple((time(begin), time(min(begin + span, 23), 30)) for begin, span in found)
    ),
    timezone=st.sampled_from(
        ["Asia/Shanghai", "Asia/Urumqi", "Europe/Madrid", "America/New_York", "No/Where"]
    ),
    holidays=st.booleans(),
    weekends=st.booleans(),
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=60)
@given(
    now=moments,
    drawn=st.lists(
        st.tuples(windows, st.integers(-48, 200), st.integers(0, 400), st.booleans(), st.integers(0, 2)),
        max_size=12,
    ),
    lines=st.integers(1, 3),
    answered=st.floats(0, 1),
)
def test_a_forecast_breaks_no_rule_and_forgets_nobody(
    now: datetime,
    drawn: list[tuple[Windows, int, int, bool, int]],
    lines: int,
    answered: float,
) -> None:
    visits = [
        Awaited(
            visit_id=number,
            first=first,
            due=now + timedelta(hours=due),
            ends=now + timedelta(hours=ends),
            windows=calling,
            retries=RetryPolicy(),
            phones=tuple(range(phones)),
        )
        for number, (calling, due, ends, first, phones) in enumerate(drawn)
    ]
    found = forecast(visits, lines, now, Assumptions(answered=answered))
    assert sorted(found.reached + found.to_people + found.never_rung) == [visit.visit_id for visit in visits]
    for ring in found.rings:
        visit = visits[ring.visit_id]
        assert may_begin(visit.windows, ring.at)
        assert max(now, visit.due) <= ring.at < visit.ends
        over = [other for other in found.rings
                if other.at <= ring.at < other.at + timedelta(seconds=other.seconds)]  # fmt: skip
        assert len(over) <= lines
    assert {ring.visit_id for ring in found.rings}.isdisjoint(found.never_rung)
    assert {ring.visit_id for ring in found.rings if ring.answered} == set(found.reached)


@settings(max_examples=40)
@given(
    places=st.lists(st.sampled_from([(), (1,), (2,), (2, 1)]), max_size=14),
    limits=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    lines=st.integers(1, 5),
    answered=st.floats(0, 1),
)
def test_no_area_ever_has_more_calls_than_its_limit_and_nobody_is_lost_over_it(
    places: list[tuple[int, ...]], limits: tuple[int, int], lines: int, answered: float
) -> None:
    visits = [awaited(number, limited_by=areas) for number, areas in enumerate(places)]
    most = {1: limits[0], 2: limits[1]}
    found = forecast(visits, lines, MONDAY, Assumptions(answered=answered), most)
    assert sorted(found.reached + found.to_people + found.never_rung) == list(range(len(visits)))
    for ring in found.rings:
        over = [other for other in found.rings
                if other.at <= ring.at < other.at + timedelta(seconds=other.seconds)]  # fmt: skip
        assert len(over) <= lines
        for area, limit in most.items():
            assert sum(area in visits[other.visit_id].limited_by for other in over) <= limit
    assert not found.never_rung, "a week is enough for fourteen"
