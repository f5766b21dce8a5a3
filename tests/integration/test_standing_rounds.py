"""Rounds by themselves: opened once, filled up, started, and never missed unnoticed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update
from support.campaigning import MONDAY, add_area, add_elder, open_monthly, script
from support.casebook import rules
from support.district import BY_ITSELF, WEEK, WEEKS, District

from campaigns.absences import be_away, come_back
from campaigns.history import end_of_period
from campaigns.opening import CampaignError, pause_campaign
from campaigns.planner import plan_visits
from campaigns.scripts import modules_for_surges, store_script, with_module
from campaigns.standing_rounds import RoundTerms, keep_round, rounds_to_keep
from campaigns.surges import Surge, declare
from records.audit import AuditEvent, Heartbeat
from records.people import Area, Elder
from records.policies import PolicyVersion
from records.sessions import Ledger
from records.visits import Campaign, Visit

TODAY = date(2026, 11, 23)


@pytest.fixture
def district(sqlite_ledger: Ledger) -> District:
    return District(sqlite_ledger).settle()


class TestOpening:
    def test_a_policy_that_says_nothing_opens_a_draft_and_calls_nobody(self, district: District) -> None:
        assert district.keeper().make_round() == 0
        assert district.rounds() == [(WEEK, "draft")]
        assert district.visits() == []

    def test_a_policy_that_says_so_lets_it_run_at_once(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        assert district.keeper().make_round() == 2
        assert district.rounds() == [(WEEK, "running")]
        assert district.visits() == [(WEEK, "1"), (WEEK, "2")]

    def test_a_policy_that_wants_none_gets_none(self, district: District) -> None:
        district.agree(None, "own-1", {"start": "never"})
        district.keeper().make_round()
        assert district.rounds() == []

    def test_looking_again_and_again_changes_nothing(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        keepers = [district.keeper(), district.keeper()]
        assert [keeper.make_round() for keeper in keepers * 3] == [2, 0, 0, 0, 0, 0]
        assert len(district.rounds()) == 1

    def test_the_next_week_has_the_next_round_for_those_who_are_due(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        district.moves_in(3, tier="key")
        district.keeper().make_round()
        district.all_visited()
        district.clock.moment += timedelta(days=7)
        assert district.keeper().make_round() == 1, "the key tier is visited weekly, the others monthly"
        assert district.visits()[-1] == ("淄川区每周探访 2026-11-30", "3")

    def test_an_area_with_rounds_of_its_own_is_left_out_of_those_above(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        district.agree("east", "east-1", {"start": "by_itself", "every": "month"})
        district.keeper().make_round()
        assert sorted(district.visits()) == [("东村每月探访 2026-11-01", "1"), (WEEK, "2")]

    def test_the_day_on_which_an_areas_rounds_begin_is_the_areas_own(self, district: District) -> None:
        """At five past midnight in China it is still Sunday in Greenwich."""
        district.agree(None, "own-1", BY_ITSELF)
        district.agree("east", "east-1", {"start": "by_itself", "every": "week"})
        with district.ledger.session() as session:
            session.execute(
                update(PolicyVersion)
                .where(PolicyVersion.version == "own-1")
                .values(effective_from=TODAY - WEEKS)
            )
        district.clock.moment = datetime.fromisoformat("2026-11-23T00:05:00+08:00")
        district.keeper().make_round()
        assert sorted(district.visits()) == [("东村每周探访 2026-11-23", "1"), (WEEK, "2")]

    def test_an_area_whose_policy_names_no_rounds_belongs_to_those_above(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        district.agree("east", "east-1", None)
        district.keeper().make_round()
        assert district.visits() == [(WEEK, "1"), (WEEK, "2")]

    def test_a_stricter_area_below_makes_the_round_above_as_short_as_it_needs(
        self, district: District
    ) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        district.agree("east", "east-1", None, key=1, secondary=1, general=1)
        district.keeper().make_round()
        assert district.rounds() == [("淄川区每日探访 2026-11-23", "running")]

    def test_whoever_has_a_visit_in_a_campaign_opened_by_hand_gets_no_second(
        self, district: District
    ) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        with district.ledger.session() as session:
            plan_visits(session, open_monthly(session), MONDAY)
        assert district.keeper().make_round() == 0
        assert [name for name, _ in district.rounds()] == ["十一月问安"]

    def test_nor_does_whoever_got_theirs_while_the_keeper_was_looking(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        district.keeper().make_round()
        district.moves_in(3)
        with district.ledger.reading() as session:
            [wanted] = rounds_to_keep(session, MONDAY)
        with district.ledger.session() as session:
            plan_visits(session, open_monthly(session), MONDAY, only=wanted.elders)
        with district.ledger.session() as session:
            assert keep_round(session, wanted, RoundTerms(script(), "Asia/Shanghai"), MONDAY) == 0
        assert [name for name, elder in district.visits() if elder == "3"] == ["十一月问安"]

    def test_whoever_was_not_reached_this_week_has_a_work_order_and_is_tried_next_week(
        self, district: District
    ) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        district.keeper().make_round()
        with district.ledger.session() as session:
            session.execute(
                update(Visit).values(status="ended", outcome="unreachable", ended_at=district.clock.now())
            )
        district.clock.moment += timedelta(days=1)
        assert district.keeper().make_round() == 0
        district.clock.moment += timedelta(days=6)
        assert district.keeper().make_round() == 2

    def test_where_nothing_dials_the_round_is_paused_with_the_reason(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        district.moves_in(3, ability="severe")
        assert district.keeper(nothing_dials="没有电话线路").make_round() == 3
        assert district.rounds() == [(WEEK, "paused")]

    def test_a_name_that_is_taken_keeps_nobody_from_being_visited(self, district: District) -> None:
        with district.ledger.session() as session:
            open_monthly(session, name=WEEK)
        district.agree(None, "own-1", BY_ITSELF)
        assert district.keeper().make_round() == 2
        assert (f"{WEEK} (2)", "running") in district.rounds()

    def test_an_empty_ledger_opens_nothing(self, sqlite_ledger: Ledger) -> None:
        assert District(sqlite_ledger).keeper().make_round() == 0


class TestEveryMonthHasItsVisit:
    @pytest.mark.parametrize("every", ["week", "month"])
    def test_whoever_was_visited_on_the_last_of_january_is_visited_in_february(
        self, district: District, every: str
    ) -> None:
        """Thirty days from then on would be the second of March."""
        district.agree(None, "own-1", BY_ITSELF | {"every": every})
        district.clock.moment = datetime.fromisoformat("2027-01-31T09:00:00+08:00")
        district.keeper().make_round()
        district.all_visited()
        before = len(district.visits())
        while district.clock.moment.month < 3:
            district.clock.moment += timedelta(days=1)
            district.keeper().make_round()
        in_february = [name for name, _ in district.visits()[before:] if name.split()[-1] < "2027-02-24"]
        assert len(in_february) == 2

    def test_whoever_was_not_reached_last_month_is_called_this_month(self, district: District) -> None:
        """Last month's visit ends some seconds into this month: it is none of this month's."""
        district.agree(None, "own-1", BY_ITSELF | {"every": "month"})
        assert district.keeper().make_round() == 2
        district.clock.moment = datetime.fromisoformat("2026-12-01T00:00:30+08:00")
        with district.ledger.session() as session:
            session.execute(
                update(Visit).values(status="ended", outcome="expired", ended_at=district.clock.now())
            )
        assert district.keeper().make_round() == 2


class TestWhatIsAsked:
    SHORT = script().model_copy(update={"id": "short_visit", "modules": ()})

    def test_the_policy_names_the_script(self, district: District) -> None:
        with district.ledger.session() as session:
            store_script(session, self.SHORT)
        district.agree(None, "own-1", BY_ITSELF | {"script": "short_visit"})
        district.keeper().make_round()
        with district.ledger.reading() as session:
            assert session.scalars(select(Campaign)).one().script_version.script_id == "short_visit"

    def test_one_that_is_not_there_opens_no_round_and_is_missed(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF | {"script": "not_there"})
        assert district.keeper().make_round() == 0
        assert district.rounds() == []
        with district.ledger.reading() as session:
            assert session.get(Heartbeat, "rounds") is None

    def test_topics_of_surge_days_join_a_script_that_lacks_them(self) -> None:
        joined = with_module(self.SHORT, "summer_heat")
        assert [each.id for each in joined.modules] == ["summer_heat"]
        assert with_module(script(), "summer_heat") is script()
        assert with_module(self.SHORT, "") is self.SHORT
        assert "summer_heat" in modules_for_surges(self.SHORT)


class TestNobodyIsForgotten:
    def test_whoever_enters_the_roster_in_the_middle_of_the_week_gets_into_the_round(
        self, district: District
    ) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        district.keeper().make_round()
        district.clock.moment += timedelta(days=3)
        district.moves_in(3)
        assert district.keeper().make_round() == 1
        assert district.visits()[-1] == (WEEK, "3")

    def test_also_when_the_first_visits_are_over_already(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        district.keeper().make_round()
        district.all_visited()
        district.moves_in(3)
        assert district.keeper().make_round() == 1

    def test_into_a_new_community_as_well(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        district.keeper().make_round()
        with district.ledger.session() as session:
            top = session.get_one(Area, district.areas["top"])
            add_elder(session, 3, add_area(session, "北村", parent=top))
        assert district.keeper().make_round() == 1

    def test_whoever_is_away_without_a_known_return_is_planned_when_back(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        with district.ledger.session() as session:
            elder = session.scalars(select(Elder).where(Elder.roster_key == "elder-1")).one()
            be_away(session, elder, "away", None, now=MONDAY, actor="li")
        assert district.keeper().make_round() == 1
        with district.ledger.session() as session:
            session.execute(
                update(Elder).where(Elder.roster_key == "elder-1").values(status="active", back_on=None)
            )
        assert district.keeper().make_round() == 1
        assert sorted(district.visits()) == [(WEEK, "1"), (WEEK, "2")]


class TestSurgeDays:
    def test_surge_days_have_a_round_for_every_piece(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        district.moves_in(3, categories=["living_alone"])
        with district.ledger.session() as session:
            surge = Surge(
                name="寒潮",
                starts_on=TODAY,
                ends_on=TODAY + timedelta(days=4),
                cadence_days=2,
                categories=frozenset({"living_alone"}),
                area_id=district.areas["top"],
                kind="cold",
            )
            declare(session, surge, modules=[], today=TODAY, now=MONDAY, actor="sun")
        visited = []
        for _ in range(6):
            district.keeper().make_round()
            district.all_visited()
            visited.append([name for name, elder in district.visits() if elder == "3"])
            district.clock.moment += timedelta(days=1)
        assert visited[-1] == ["寒潮 2026-11-23", "寒潮 2026-11-25", "寒潮 2026-11-27"]
        assert [name for name, elder in district.visits() if elder == "1"] == [WEEK]


class TestStarting:
    def test_a_coordinator_starts_it_for_everybody_due_by_then(self, district: District) -> None:
        district.keeper().make_round()
        district.moves_in(3)
        assert district.start(WEEK) == 3
        assert district.rounds() == [(WEEK, "running")]
        district.moves_in(4)
        assert district.keeper().make_round() == 1, "from now on it is filled up"
        with district.ledger.reading() as session:
            actors = session.scalars(select(AuditEvent.actor).where(AuditEvent.action == "running")).all()
            assert actors == ["chen"]

    def test_of_two_who_start_it_the_second_is_told(self, district: District) -> None:
        district.keeper().make_round()
        assert district.start(WEEK, "chen") == 2
        assert district.start(WEEK, "li") is None
        assert len(district.visits()) == 2

    def test_it_does_not_begin_when_its_week_is_over(self, district: District) -> None:
        district.keeper().make_round()
        district.clock.moment += timedelta(days=7)
        with pytest.raises(CampaignError, match="its period is over"):
            district.start(WEEK)

    def test_it_begins_also_when_the_policy_has_changed_since(self, district: District) -> None:
        district.keeper().make_round()
        district.agree(None, "own-1", {"start": "never"})
        assert district.start(WEEK) == 2


class TestDraftsThatNobodyStarts:
    def test_coordinators_are_told_after_two_hours_of_calling_time(self, district: District) -> None:
        district.keeper().make_round()
        assert district.findings() == []
        district.clock.moment += timedelta(hours=1, minutes=59)
        assert district.findings() == []
        district.clock.moment += timedelta(hours=5)
        assert district.findings() == [("round_waiting", "need")]

    def test_it_presses_in_the_second_half_and_is_named_when_the_week_is_over(
        self, district: District
    ) -> None:
        district.keeper().make_round()
        district.clock.moment += timedelta(days=4)
        assert district.findings() == [("round_waiting", "urgent")]
        district.clock.moment += timedelta(days=3)
        assert ("round_missed", "urgent") in district.findings()
        district.clock.moment += timedelta(days=4)
        assert ("round_missed", "urgent") not in district.findings()

    def test_nothing_is_said_of_one_that_runs(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        district.keeper().make_round()
        district.clock.moment += timedelta(days=8)
        assert district.findings() == []

    def test_the_coordinator_gets_it_in_words(self) -> None:
        for phrases in rules().phrases.values():
            for kind in ("round_waiting", "round_missed"):
                assert WEEK in phrases.findings[kind].format(subject=WEEK, minutes=1)


class TestBesideAnotherRound:
    """A surge of the key tier beside the district's own round: found by ``test_book_of_visits``."""

    def surge(self, district: District) -> None:
        with district.ledger.session() as session:
            surge = Surge("寒潮", TODAY, TODAY + timedelta(days=4), 2)
            declare(session, surge, modules=(), today=TODAY, now=MONDAY, actor="sun")

    def test_one_that_is_paused_holds_nobody_back_from_the_other(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        self.surge(district)
        district.keeper().make_round()
        assert [name for name, _ in district.rounds()] == ["寒潮 2026-11-23"], "it is for everybody"
        with district.ledger.session() as session:
            pause_campaign(session, 1, "雨", now=MONDAY, actor="sun")
        district.moves_in(3, tier="key")
        assert district.keeper().make_round() == 1
        assert district.visits()[-1] == (WEEK, "3")

    def test_whoever_comes_back_gets_one_visit_and_not_one_in_each(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        with district.ledger.session() as session:
            be_away(session, session.get_one(Elder, 1), "away", None, now=MONDAY, actor="sun")
        district.keeper().make_round()
        self.surge(district)
        district.moves_in(3, tier="key")
        district.keeper().make_round()
        assert len(district.rounds()) == 2
        with district.ledger.session() as session:
            come_back(session, session.get_one(Elder, 1), now=MONDAY, actor="sun")
        district.keeper().make_round()
        assert [elder for _, elder in district.visits()].count("1") == 1

    def test_whoever_comes_back_after_the_period_waits_no_longer_than_it_lasts(
        self, district: District
    ) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        district.keeper().make_round()
        with district.ledger.session() as session:
            elder = session.get_one(Elder, 1)
            be_away(session, elder, "away", TODAY + timedelta(days=9), now=MONDAY, actor="sun")
            visit = session.scalars(select(Visit).where(Visit.elder_id == 1)).one()
            assert visit.next_attempt_at == end_of_period(visit)
