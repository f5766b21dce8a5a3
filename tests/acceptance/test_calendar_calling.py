"""Holidays, an area's clock and hours, an elder's wish, absences: when the telephone rings, and when not."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console
from sqlalchemy import select
from support.campaigning import (
    MONDAY,
    Community,
    Talk,
    add_area,
    add_elder,
    number,
    open_monthly,
    rings,
)
from support.casebook import HandClock, rules

from campaigns.absences import AbsenceError, be_away, come_back
from campaigns.planner import plan_visits
from campaigns.policies import save_policy
from campaigns.policy import load_policy
from campaigns.retries import RetryPolicy
from campaigns.windows import Windows
from campaigns.wishes import read_wish
from ivr.lines import Disposition
from records.audit import AuditEvent
from records.people import Area, Elder
from records.policies import PolicyVersion
from records.sessions import Ledger
from records.visits import Visit
from wenan.settings import Settings
from wenan.wiring import open_upkeep

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YEARS_EVE = datetime(2026, 2, 13, 9, 0, tzinfo=UTC)
"""Friday, 13 February 2026, 17:00: the holidays are from the 15th to the 23rd, the 14th is a workday."""


@pytest.fixture
def ledger(sqlite_ledger: Ledger) -> Ledger:
    return sqlite_ledger


@pytest.fixture
def community(ledger: Ledger, tmp_path: Path) -> Community:
    return Community(ledger, tmp_path / "recordings")


def rung(community: Community) -> list[str]:
    """When telephones rang, by the clock in China."""
    return [moment.astimezone(SHANGHAI).strftime("%m-%d %H:%M") for _, _, moment in community.dialled]


def wish(words: str) -> dict[str, Any]:
    return read_wish(words).stored()


def of_area(ledger: Ledger, **about: Any) -> None:
    with ledger.session() as session:
        area = session.scalars(select(Area)).one()
        for name, value in about.items():
            setattr(area, name, value)


class TestHolidays:
    FEBRUARY: dict[str, Any] = {  # noqa: RUF012 - terms of a campaign
        "name": "二月问安",
        "starts_on": date(2026, 2, 1),
        "ends_on": date(2026, 2, 28),
        "windows": Windows(days=(0, 1, 2, 3, 4), holidays=False, weekends=False),
    }

    def test_who_does_not_answer_on_the_make_up_saturday_is_rung_when_the_holidays_are_over(
        self, community: Community
    ) -> None:
        community.now = NEW_YEARS_EVE + timedelta(hours=1)
        community.plans[number(1)] = rings(Disposition.NO_ANSWER)
        daily = RetryPolicy.model_validate({"pauses": {"no_answer": ["next_day"]}})
        community.settle(1, {**self.FEBRUARY, "retries": daily})
        community.run()
        assert rung(community) == ["02-14 09:00", "02-24 09:00", "02-25 09:01"]

    def test_a_campaign_that_says_nothing_rings_on_every_day(self, community: Community) -> None:
        community.now = NEW_YEARS_EVE + timedelta(days=3)
        community.settle(1, {**self.FEBRUARY, "windows": Windows()})
        community.run()
        assert rung(community) == ["02-16 17:00"]


class TestTheAreasClock:
    def test_nine_o_clock_is_nine_on_the_elders_wall(self, community: Community, ledger: Ledger) -> None:
        with ledger.session() as session:
            west = add_area(session, "喀什")
            west.timezone = "Asia/Urumqi"
            east = add_area(session, "淄博")
            add_elder(session, 1, west)
            add_elder(session, 2, east)
            community.now = MONDAY - timedelta(hours=3)
            plan_visits(session, open_monthly(session, community.now), community.now)
        community.run()
        assert rung(community) == ["11-23 09:00", "11-23 11:00"]

    def test_where_the_clock_is_unknown_nobody_is_rung_and_a_person_goes(
        self, community: Community, ledger: Ledger
    ) -> None:
        with ledger.session() as session:
            area = add_area(session)
            area.timezone = "Asia/Zichuan"
            add_elder(session, 1, area)
            report = plan_visits(session, open_monthly(session), MONDAY)
        assert [(each.elder_id, each.reason) for each in report.in_home] == [(1, "unknown_time_zone")]
        community.run()
        assert community.dialled == []

    def test_a_clock_that_becomes_unknown_after_planning_stops_the_call_too(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(1)
        of_area(ledger, timezone="Nowhere/Land")
        community.run()
        visit = community.visit()
        assert (community.dialled, visit.mode, visit.mode_reason) == ([], "in_home", "unknown_time_zone")


class TestTheAreasHours:
    AFTERNOONS = Windows(hours=((time(15), time(17)),)).model_dump(mode="json")

    def test_are_kept_by_every_campaign(self, community: Community, ledger: Ledger) -> None:
        with ledger.session() as session:
            district = add_area(session, "淄川区")
            district.windows = self.AFTERNOONS
            village = add_area(session, "上溪村", parent=district)
            other = add_area(session, "下溪村", parent=district)
            other.windows = Windows().model_dump(mode="json")
            add_elder(session, 1, village)
            add_elder(session, 2, other)
            plan_visits(session, open_monthly(session), MONDAY)
        community.run()
        assert sorted(rung(community)) == ["11-23 09:30", "11-23 15:00"]

    def test_hold_from_the_next_call_on_when_they_are_changed(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(1)
        of_area(ledger, windows=self.AFTERNOONS)
        community.run()
        assert rung(community) == ["11-23 15:00"]

    def test_that_cannot_be_read_keep_everybody_from_being_rung(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(1)
        of_area(ledger, windows={"hours": "nine to five"})
        community.run()
        visit = community.visit()
        assert (community.dialled, visit.mode, visit.mode_reason) == ([], "in_home", "no_common_hours")


class TestTheEldersWish:
    def test_is_what_the_first_call_and_the_next_ones_go_by(self, community: Community) -> None:
        community.plans[number(1)] = rings(Disposition.NO_ANSWER)
        community.settle(1, call_wish=wish("周二周四下午4点以后"))
        community.run()
        assert rung(community) == ["11-24 16:00", "11-26 16:00"]
        assert community.visit().outcome == "unreachable"

    def test_that_no_campaign_can_meet_brings_a_person_and_says_why(self, community: Community) -> None:
        report = community.settle(1, call_wish=wish("晚上7点后"))
        assert [(each.elder_id, each.reason) for each in report.in_home] == [(1, "no_common_hours")]
        community.run()
        assert community.dialled == []

    def test_counts_when_it_is_spoken_after_the_plan_was_made(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(1)
        with ledger.session() as session:
            session.scalars(select(Elder)).one().call_wish = wish("下午3点以后")
        community.run()
        assert rung(community) == ["11-23 15:00"]


class TestWhoIsAway:
    def leaves(self, ledger: Ledger, back_on: date | None, now: datetime = MONDAY) -> None:
        with ledger.session() as session:
            be_away(
                session, session.scalars(select(Elder)).one(), "in_hospital", back_on, now=now, actor="li"
            )

    def test_until_a_day_is_rung_from_that_day_on_and_nobody_has_to_think_of_it(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(1)
        self.leaves(ledger, date(2026, 11, 26))
        community.run()
        assert rung(community) == ["11-26 09:00"]
        visit = community.visit()
        assert (visit.outcome, visit.elder.status, visit.elder.back_on) == ("completed", "active", None)
        with ledger.reading() as session:
            actions = session.scalars(select(AuditEvent.action).filter_by(subject_type="elder")).all()
        assert actions == ["elder_absent", "elder_back"]

    def test_when_the_campaign_is_planned_gets_a_call_for_the_day_of_return(
        self, community: Community
    ) -> None:
        report = community.settle(
            1, status="away", back_on=date(2026, 11, 27), visit_mode="in_home", mode_reason="not_active"
        )
        assert [each.at for each in report.telephone] == [datetime(2026, 11, 27, 1, tzinfo=UTC)]
        community.run()
        assert (rung(community), community.visit().outcome) == (["11-27 09:00"], "completed")

    def test_until_today_is_planned_for_although_the_note_is_still_there(self, ledger: Ledger) -> None:
        """No dialer has run since the morning; the campaign is planned from the command line."""
        note = {
            "status": "away",
            "back_on": date(2026, 11, 23),
            "visit_mode": "in_home",
            "mode_reason": "not_active",
        }
        with ledger.session() as session:
            area = add_area(session)
            add_elder(session, 1, area, **note)
            add_elder(session, 2, area, consent=None, **note)
            report = plan_visits(session, open_monthly(session), MONDAY)
        assert [each.elder_id for each in report.telephone] == [1]
        assert [(each.elder_id, each.reason) for each in report.in_home] == [(2, "no_consent")]

    def test_beyond_the_period_is_left_out_by_name_and_reason(self, community: Community) -> None:
        report = community.settle(1, status="away", back_on=date(2026, 12, 15))
        assert [(each.elder_id, each.reason) for each in report.left_out] == [(1, "not_active")]

    def test_for_an_unknown_time_is_not_rung_and_at_the_end_a_person_is_told(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(1)
        self.leaves(ledger, None)
        community.run()
        assert (community.dialled, community.visit().outcome) == ([], "expired")
        assert community.aftercare_of() == ["ended:expired"]

    def test_and_comes_back_earlier_than_thought_is_rung_at_once(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(1)
        self.leaves(ledger, date(2026, 11, 29))
        with ledger.session() as session:
            assert come_back(session, session.scalars(select(Elder)).one(), now=MONDAY, actor="li")
        community.run()
        assert rung(community) == ["11-23 09:30"]

    def test_and_was_left_out_of_the_plan_gets_a_visit_on_coming_back(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(1, status="in_hospital", visit_mode="in_home", mode_reason="not_active")
        assert community.visits() == []
        with ledger.session() as session:
            come_back(session, session.scalars(select(Elder)).one(), now=MONDAY, actor="li")
        community.run()
        assert (rung(community), community.visit().outcome) == (["11-23 09:30"], "completed")

    def test_is_not_rung_again_although_a_second_try_was_planned(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.plans[number(1)] = rings(Disposition.NO_ANSWER, Talk())
        community.settle(1)

        async def until_rung(dialer: Any, clock: Any) -> None:
            await clock.sleep(120)
            await dialer.stop()

        community.run(meanwhile=until_rung, until_idle=False)
        self.leaves(ledger, date(2026, 11, 30), community.now)
        community.run()
        assert rung(community)[:2] == ["11-23 09:30", "11-30 09:00"]

    def test_must_be_on_the_books_and_come_back_on_a_day_ahead(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(1)
        with pytest.raises(AbsenceError, match="is not ahead"):
            self.leaves(ledger, date(2026, 11, 23))
        with ledger.session() as session:
            session.scalars(select(Elder)).one().status = "moved"
        with pytest.raises(AbsenceError, match="on the books as moved"):
            self.leaves(ledger, None)
        with ledger.session() as session:
            assert not come_back(session, session.scalars(select(Elder)).one(), now=MONDAY, actor="li")

    def test_stays_away_while_the_area_s_own_calendar_has_not_reached_the_day(
        self, community: Community, ledger: Ledger
    ) -> None:
        """Midnight in China is ten in the evening in the west: the day of return is the elder's."""
        with ledger.session() as session:
            west = add_area(session, "喀什")
            west.timezone = "Asia/Urumqi"
            add_elder(session, 1, west)
            plan_visits(session, open_monthly(session), MONDAY)
        self.leaves(ledger, date(2026, 11, 24))
        community.now = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
        community.run()
        with ledger.reading() as session:
            back = session.scalars(select(AuditEvent).filter_by(action="elder_back")).one()
        assert back.at >= datetime(2026, 11, 23, 18, tzinfo=UTC)
        assert rung(community) == ["11-24 11:00"]


def test_the_auditor_waits_for_the_hours_that_the_elder_has(community: Community, ledger: Ledger) -> None:
    community.settle(1, call_wish=wish("周四上午"))
    with ledger.reading() as session:
        snapshot = session.scalars(select(Visit)).one().snapshot
    assert (snapshot["hours_here"]["days"], snapshot["windows"]["days"]) == ([3], [0, 1, 2, 3, 4, 5, 6])


def test_where_nothing_is_dialled_absences_end_and_policies_come_into_force_all_the_same(
    community: Community, ledger: Ledger
) -> None:
    community.settle(2)
    with ledger.session() as session:
        first = session.scalars(select(Elder).order_by(Elder.id)).first()
        assert first is not None
        be_away(session, first, "away", date(2026, 11, 25), now=MONDAY, actor="li")
        policy = load_policy().model_copy(update={"version": "late-1"})
        save_policy(
            session, None, policy, date(2026, 11, 25), today=date(2026, 11, 23), now=MONDAY, actor="li"
        )
    clock = HandClock()
    beside = open_upkeep(Settings(notify=["console"]), ledger, rules(), clock, Console(quiet=True))
    clock.moment = MONDAY + timedelta(days=1)
    assert beside.follow_the_calendar() == 0
    clock.moment = MONDAY + timedelta(days=2)
    assert beside.follow_the_calendar() == 1
    assert beside.follow_the_calendar() == 0
    with ledger.reading() as session:
        assert set(session.scalars(select(Elder.status))) == {"active"}
        assert session.scalars(select(PolicyVersion)).one().applied_at == clock.moment
