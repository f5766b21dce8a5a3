"""Policies of areas in the ledger: whom a change affects, when it is in force, what marks the visits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from support.campaigning import MONDAY, Community, add_area, add_elder, elder_name, open_monthly
from support.statements import asked

from campaigns.planner import plan_visits
from campaigns.policies import Policies, put_in_force, save_policy, versions_due
from campaigns.policy import Policy, PolicyError, load_policy
from campaigns.policy_changes import changes_by, counted
from campaigns.snapshots import Snapshot
from campaigns.who import Who
from records.audit import AuditEvent
from records.people import Area, Elder
from records.policies import PolicyVersion
from records.sessions import Ledger
from records.visits import Visit

TODAY = date(2026, 11, 23)
SHIPPED = load_policy()


@pytest.fixture
def ledger(sqlite_ledger: Ledger) -> Ledger:
    return sqlite_ledger


def changed(version: str, **about: Any) -> Policy:
    """The shipped policy with another version and some fields changed, as its document."""
    data = SHIPPED.model_dump(mode="json") | {"version": version}
    for path, value in about.items():
        *above, last = path.split("__")
        place = data
        for step in above:
            place = place[step]
        place[last] = value
    return Policy.model_validate(data)


WEEKLY = changed("weekly-1", cadence_days__tiers={"key": 7, "secondary": 7, "general": 7})
NO_CALLS = changed("at-home-1", telephone__abilities=["intact"])


@pytest.fixture
def town(ledger: Ledger) -> dict[str, int]:
    """A district with two communities, an elder in each; the first is mildly impaired."""
    with ledger.session() as session:
        district = add_area(session, "淄川区")
        east = add_area(session, "东村", parent=district)
        west = add_area(session, "西村", parent=district)
        add_elder(session, 1, east, ability="mild")
        add_elder(session, 2, west)
        return {"district": district.id, "east": east.id, "west": west.id}


def save(
    ledger: Ledger, area_id: int | None, policy: Policy, day: date = TODAY, now: datetime = MONDAY
) -> None:
    with ledger.session() as session:
        area = session.get_one(Area, area_id) if area_id else None
        save_policy(session, area, policy, day, today=TODAY, now=now, actor="sun")
        put_in_force(session, now=now, actor="sun")


def standing(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger.reading() as session:
        return [
            (elder.visit_mode, elder.mode_reason)
            for elder in session.scalars(select(Elder).order_by(Elder.id))
        ]


class TestBeforeItIsSaved:
    def test_a_change_shows_whom_it_moves_and_changes_nobody(
        self, ledger: Ledger, town: dict[str, int]
    ) -> None:
        with ledger.reading() as session:
            found, elders = changes_by(session, town["district"], TODAY, NO_CALLS)
        assert elders == 2
        assert [(each.name, each.aspects) for each in found] == [(elder_name(1), ("mode",))]
        assert found[0].after.reason == "ability_too_low"
        assert counted(found, "mode") == [("telephone", "in_home", 1)]
        assert standing(ledger) == [("telephone", ""), ("telephone", "")]

    def test_a_change_of_days_is_told_by_tier(self, ledger: Ledger, town: dict[str, int]) -> None:
        with ledger.reading() as session:
            found, _ = changes_by(session, None, TODAY, WEEKLY)
        assert counted(found, "cadence") == [("monthly", "7", 2)]
        assert counted(found, "tier") == []
        assert town

    def test_who_lives_where_a_nearer_policy_holds_is_not_affected(
        self, ledger: Ledger, town: dict[str, int]
    ) -> None:
        save(ledger, town["east"], changed("east-1"))
        with ledger.reading() as session:
            found, elders = changes_by(session, town["district"], TODAY, WEEKLY)
        assert (elders, [each.name for each in found]) == (1, [elder_name(2)])

    def test_no_elder_is_asked_about_alone(self, ledger: Ledger, town: dict[str, int]) -> None:
        """A city has a million of them: what is asked of the ledger does not grow by each."""

        def statements(work: Callable[[Session], object]) -> int:
            with ledger.session() as session, asked(session) as found:
                work(session)
            return len(found)

        def looks(session: Session) -> object:
            return changes_by(session, town["district"], TODAY, NO_CALLS)

        few = statements(looks)
        with ledger.session() as session:
            for index in range(3, 23):
                add_elder(session, index, session.get_one(Area, town["west"]))
            save_policy(session, None, WEEKLY, TODAY, today=TODAY, now=MONDAY, actor="sun")
        assert statements(looks) == few
        assert statements(lambda session: put_in_force(session, now=MONDAY, actor="sun")) < 22

    def test_ages_are_those_of_the_first_day(self, ledger: Ledger, town: dict[str, int]) -> None:
        """Born on the first of January 1950: 77 on new year's day of 2027 and not before."""
        at_77 = changed("young-1")
        rules = at_77.model_dump(mode="json")
        rules["tiers"][0]["rules"][0] = {"age_from": 77}
        policy = Policy.model_validate(rules)
        with ledger.reading() as session:
            before, _ = changes_by(session, None, date(2026, 12, 31), policy)
            after, _ = changes_by(session, None, date(2027, 1, 1), policy)
        assert (len(before), counted(after, "tier")) == (0, [("general", "key", 2)])
        assert town


class TestComingIntoForce:
    def test_today_it_says_at_once_who_is_visited_how(self, ledger: Ledger, town: dict[str, int]) -> None:
        save(ledger, town["district"], NO_CALLS)
        assert standing(ledger) == [("in_home", "ability_too_low"), ("telephone", "")]
        with ledger.reading() as session:
            event = session.scalars(select(AuditEvent).filter_by(action="policy_in_force")).one()
        assert (event.detail["version"], event.detail["elders"]) == ("at-home-1", [1])

    def test_on_a_day_to_come_the_dialer_sees_to_it(
        self, ledger: Ledger, town: dict[str, int], tmp_path: Path
    ) -> None:
        save(ledger, town["district"], NO_CALLS, TODAY + timedelta(days=2))
        assert standing(ledger)[0] == ("telephone", "")
        community = Community(ledger, tmp_path, now=MONDAY + timedelta(days=2))
        community.run()
        assert standing(ledger)[0] == ("in_home", "ability_too_low")

    def test_twice_changes_nothing_more(self, ledger: Ledger, town: dict[str, int]) -> None:
        save(ledger, town["district"], NO_CALLS)
        save(ledger, town["district"], NO_CALLS)
        with ledger.session() as session:
            assert put_in_force(session, now=MONDAY, actor="sun") == 0
            assert len(session.scalars(select(PolicyVersion)).all()) == 1

    def test_once_it_holds_nobody_is_looked_at_for_it_again(
        self, ledger: Ledger, town: dict[str, int]
    ) -> None:
        save(ledger, town["district"], NO_CALLS)
        with ledger.reading() as session:
            assert versions_due(session, MONDAY + timedelta(days=1)) == []

    def test_its_day_begins_when_it_does_where_it_holds(self, ledger: Ledger, town: dict[str, int]) -> None:
        """Midnight in China comes eight hours before the computers' own."""
        save(ledger, town["district"], NO_CALLS, TODAY + timedelta(days=1))
        midnight = datetime(2026, 11, 23, 16, tzinfo=UTC)
        with ledger.reading() as session:
            assert versions_due(session, midnight - timedelta(seconds=1)) == []
            assert [each.version for each in versions_due(session, midnight)] == ["at-home-1"]

    def test_the_same_version_with_other_contents_is_refused(
        self, ledger: Ledger, town: dict[str, int]
    ) -> None:
        save(ledger, town["district"], NO_CALLS)
        other = WEEKLY.model_copy(update={"version": NO_CALLS.version})
        with pytest.raises(PolicyError, match="a version of its own"):
            save(ledger, town["district"], other)
        save(ledger, town["east"], other)

    def test_it_cannot_have_been_in_force_before_anybody_knew(
        self, ledger: Ledger, town: dict[str, int]
    ) -> None:
        with pytest.raises(PolicyError, match="that day is past"):
            save(ledger, town["district"], NO_CALLS, TODAY - timedelta(days=1))

    def test_whom_a_person_has_moved_stays_moved(self, ledger: Ledger, town: dict[str, int]) -> None:
        with ledger.session() as session:
            session.execute(update(Elder).values(visit_mode="in_home", mode_reason="孙主任决定入户"))
        save(ledger, town["district"], WEEKLY)
        assert standing(ledger) == [("in_home", "孙主任决定入户")] * 2


class TestVisits:
    def test_are_marked_with_the_policy_of_where_the_elder_lives(
        self, ledger: Ledger, town: dict[str, int]
    ) -> None:
        save(ledger, town["east"], changed("east-1"))
        with ledger.session() as session:
            plan_visits(session, open_monthly(session), MONDAY)
        with ledger.reading() as session:
            marks = [
                Snapshot.model_validate(visit.snapshot).policy.version
                for visit in session.scalars(select(Visit).order_by(Visit.elder_id))
            ]
        assert marks == ["east-1", SHIPPED.version]

    def test_keep_the_policy_they_were_planned_under(
        self, ledger: Ledger, town: dict[str, int], tmp_path: Path
    ) -> None:
        with ledger.session() as session:
            plan_visits(session, open_monthly(session), MONDAY)
        save(ledger, town["district"], changed("later-1"))
        community = Community(ledger, tmp_path)
        community.run()
        assert [visit.outcome for visit in community.visits()] == ["completed"] * 2
        assert {visit.snapshot["policy"]["version"] for visit in community.visits()} == {SHIPPED.version}

    def test_end_well_even_when_a_stored_policy_cannot_be_read_any_more(
        self, ledger: Ledger, town: dict[str, int], tmp_path: Path
    ) -> None:
        with ledger.session() as session:
            plan_visits(session, open_monthly(session), MONDAY)
        save(ledger, town["district"], changed("broken-1"))
        with ledger.session() as session:
            session.execute(update(PolicyVersion).values(document={"version": "broken-1"}))
        with ledger.reading() as session, pytest.raises(PolicyError, match="version broken-1 in the ledger"):
            Policies.read(session)
        community = Community(ledger, tmp_path)
        community.run()
        assert [visit.outcome for visit in community.visits()] == ["completed"] * 2


class TestWhoIsDue:
    def test_whoever_was_visited_lately_enough_for_their_policy_is_not_called_again(
        self, ledger: Ledger, town: dict[str, int], tmp_path: Path
    ) -> None:
        save(ledger, town["east"], WEEKLY)
        with ledger.session() as session:
            plan_visits(session, open_monthly(session), MONDAY)
        Community(ledger, tmp_path).run()
        later = datetime(2026, 12, 1, 2, tzinfo=UTC)
        december = {"name": "十二月第一周", "starts_on": date(2026, 12, 1), "ends_on": date(2026, 12, 7)}
        with ledger.session() as session:
            who = Who(due_by=date(2026, 12, 7))
            report = plan_visits(session, open_monthly(session, later, who=who, **december), later)
        assert [each.elder_id for each in report.telephone] == [1]

    def test_whoever_was_never_visited_is_due(self, ledger: Ledger, town: dict[str, int]) -> None:
        with ledger.session() as session:
            campaign = open_monthly(session, who=Who(due_by=date(2026, 11, 23)))
            report = plan_visits(session, campaign, MONDAY)
        assert [each.elder_id for each in report.telephone] == [1, 2]
        assert town
