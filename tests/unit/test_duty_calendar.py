"""Who is on duty in the coming days, rotas and holidays: pure, and true to what ladders do."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from escalation.duty_calendar import Away, DutyBook, OnBooks
from escalation.ladders import Hours
from escalation.rotas import turns

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
ROLES = ("grid_worker", "social_worker")
PEOPLE = [
    OnBooks(1, "王强", "grid_worker", 2),
    OnBooks(2, "李敏", "social_worker", 1),
    OnBooks(3, "周远", "grid_worker", 2),
]
PARENTS = {1: None, 2: 1}


def away(who, first, last, stand_in=None):
    return Away(who, MONDAY + timedelta(hours=first), MONDAY + timedelta(hours=last), stand_in)


def week(*absences):
    return DutyBook(PEOPLE, absences, PARENTS).days(2, ROLES, MONDAY.date(), 7, UTC)


def test_the_nearest_area_and_the_first_role_come_first():
    assert {day.names for day in week()} == {("王强", "周远")}


def test_when_all_of_a_place_are_away_the_area_above_is_asked():
    assert week(away(1, 0, 24), away(3, 0, 24))[0].names == ("李敏",)


def test_an_hour_with_nobody_is_a_hole_though_the_day_begins_well():
    day = week(away(1, 10, 12), away(2, 10, 12), away(3, 11, 12))[0]
    assert day.names == ("王强", "周远")
    assert day.hole == MONDAY + timedelta(hours=11)


def test_a_stand_in_fills_the_hole_unless_they_are_away_too():
    everybody = [away(1, 0, 24, 3), away(2, 0, 24)]
    assert week(*everybody)[0].hole is None
    assert week(*everybody, away(3, 0, 24))[0].hole == MONDAY
    assert week(*everybody, away(3, 0, 24, 1))[0].hole == MONDAY, "each stands in for the other"


ABSENCE = st.builds(
    lambda who, first, hours, other: away(who, first, first + hours, other if other != who else None),
    st.sampled_from([1, 2, 3]),
    st.integers(0, 48),
    st.integers(1, 48),
    st.sampled_from([None, 1, 2, 3]),
)


@given(st.lists(ABSENCE, max_size=6))
def test_a_day_without_a_hole_has_somebody_at_every_minute_looked_at(absences):
    book = DutyBook(PEOPLE, absences, PARENTS)
    for day in book.days(2, ROLES, MONDAY.date(), 4, UTC):
        begins = datetime.combine(day.day, datetime.min.time(), UTC)
        holes = [
            moment
            for minutes in range(0, 24 * 60, 30)
            if not book.first(2, ROLES, moment := begins + timedelta(minutes=minutes))
        ]
        assert day.hole == (holes[0] if holes else None)


@given(st.integers(2, 6), st.integers(1, 14), st.integers(1, 30))
def test_a_rota_gives_every_day_to_exactly_one(count, days, number):
    first = date(2026, 3, 2)
    found = turns(count, first, days, number)
    covered = [
        start + timedelta(days=offset)
        for _, start, last in found
        for offset in range((last - start).days + 1)
    ]
    assert covered == [first + timedelta(days=offset) for offset in range(days * number)]
    each = [sum(whose == who for whose, _, _ in found) for who in range(count)]
    assert max(each) - min(each) <= 1


NINE_TO_FIVE = {"days": [0, 1, 2, 3, 4], "hours": [["09:00", "17:00"]]}


def test_public_holidays_are_days_off_and_make_up_workdays_are_worked_where_that_is_said():
    plain = Hours.model_validate(NINE_TO_FIVE)
    off = Hours.model_validate(NINE_TO_FIVE | {"public_holidays_off": True})
    national_day, make_up = datetime(2025, 10, 1, 10, tzinfo=UTC), datetime(2025, 10, 11, 10, tzinfo=UTC)
    assert plain.contain(national_day, "UTC")
    assert not off.contain(national_day, "UTC")
    assert not plain.contain(make_up, "UTC")
    assert off.contain(make_up, "UTC")
    assert off.next_opening(national_day, "UTC") == datetime(2025, 10, 9, 9, tzinfo=UTC)


def test_a_year_whose_holidays_are_not_known_has_plain_weekdays():
    off = Hours.model_validate(NINE_TO_FIVE | {"public_holidays_off": True})
    assert off.contain(datetime(2099, 10, 1, 10, tzinfo=UTC), "UTC")
