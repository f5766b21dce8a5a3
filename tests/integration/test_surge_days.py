"""Surge days in the ledger: declared, seen by planner and dialer, called off."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from support.campaigning import (
    MONDAY,
    Community,
    Talk,
    add_area,
    add_elder,
    number,
    open_monthly,
    rings,
    script,
)

from campaigns.planner import plan_visits
from campaigns.surges import Surge, SurgeError, call_off, declare
from campaigns.who import Who
from ivr.report import CallOutcome
from records.audit import AuditEvent
from records.people import Elder
from records.sessions import Ledger
from records.surges import SurgeDays

TODAY = date(2026, 11, 23)
MODULES = [module.id for module in script().modules]
LATER = datetime(2026, 12, 1, 2, tzinfo=UTC)
DECEMBER: dict[str, Any] = {"name": "寒潮期间", "starts_on": date(2026, 12, 1), "ends_on": date(2026, 12, 3)}


@pytest.fixture
def ledger(sqlite_ledger: Ledger) -> Ledger:
    return sqlite_ledger


@pytest.fixture
def community(ledger: Ledger, tmp_path: Path) -> Community:
    return Community(ledger, tmp_path / "recordings")


def cold(**about: Any) -> Surge:
    usual: dict[str, Any] = {
        "name": "寒潮",
        "starts_on": date(2026, 11, 30),
        "ends_on": date(2026, 12, 5),
        "cadence_days": 3,
        "kind": "cold",
        "module": "winter_heating",
    }
    return Surge(**(usual | about))


def put_on_record(ledger: Ledger, surge: Surge) -> None:
    with ledger.session() as session:
        declare(session, surge, modules=MODULES, today=TODAY, now=MONDAY, actor="sun")


class TestDeclaring:
    @pytest.mark.parametrize(
        ("about", "says"),
        [
            ({"name": " "}, "need a name"),
            ({"ends_on": date(2026, 11, 29)}, "be over before they begin"),
            ({"starts_on": date(2026, 1, 1), "ends_on": date(2026, 1, 2)}, "are over already"),
            ({"cadence_days": 0}, "at least 1"),
            ({"kind": "boredom"}, "of no kind we know"),
            ({"tiers": frozenset({"middling"})}, "does not exist: middling"),
            ({"categories": frozenset({"tall"})}, "does not exist: tall"),
            ({"module": "astrology"}, "the script has"),
        ],
    )
    def test_what_makes_no_sense_is_refused_in_one_line(
        self, ledger: Ledger, about: dict[str, Any], says: str
    ) -> None:
        with pytest.raises(SurgeError, match=says) as refused:
            put_on_record(ledger, cold(**about))
        assert "\n" not in str(refused.value)
        with ledger.reading() as session:
            assert session.scalars(select(SurgeDays)).all() == []

    def test_a_name_is_used_once_and_everything_is_noted(self, ledger: Ledger) -> None:
        put_on_record(ledger, cold())
        with pytest.raises(SurgeError, match="already"):
            put_on_record(ledger, cold())
        with ledger.session() as session:
            call_off(session, "寒潮", now=MONDAY, actor="sun")
        with pytest.raises(SurgeError, match="no surge days"), ledger.session() as session:
            call_off(session, "寒潮", now=MONDAY, actor="sun")
        with ledger.reading() as session:
            actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
        assert actions == ["surge_declared", "surge_called_off"]


class TestWhoIsVisitedMore:
    def due_in_december(self, ledger: Ledger) -> list[int]:
        with ledger.session() as session:
            campaign = open_monthly(session, LATER, who=Who(due_by=date(2026, 12, 3)), **DECEMBER)
            return [each.elder_id for each in plan_visits(session, campaign, LATER).telephone]

    def test_those_it_is_for_in_its_area_and_no_others(self, community: Community, ledger: Ledger) -> None:
        with ledger.session() as session:
            town = add_area(session, "般阳路街道")
            village = add_area(session, "城南社区", parent=town)
            elsewhere = add_area(session, "昆仑镇")
            add_elder(session, 1, village, categories=["living_alone"])
            add_elder(session, 2, village)
            add_elder(session, 3, elsewhere, categories=["living_alone"])
            plan_visits(session, open_monthly(session), MONDAY)
            town_id = town.id
        community.run()
        put_on_record(ledger, cold(area_id=town_id, categories=frozenset({"living_alone"})))
        assert self.due_in_december(ledger) == [1]

    def test_nobody_once_it_is_called_off(self, community: Community, ledger: Ledger) -> None:
        community.settle(2)
        community.run()
        put_on_record(ledger, cold())
        with ledger.session() as session:
            call_off(session, "寒潮", now=MONDAY, actor="sun")
        assert self.due_in_december(ledger) == []


class TestWhatIsSpokenOf:
    def test_calls_that_were_planned_before_take_the_topic_of_the_day(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(1)
        put_on_record(ledger, cold(starts_on=TODAY, module="home_safety"))
        community.run()
        visit = community.visit()
        asked = {answer.question for answer in visit.answers}
        module = script().module("home_safety")
        assert module is not None
        assert visit.dialogue_state is not None
        assert visit.dialogue_state["brief"]["module"] == "home_safety"
        assert asked <= {question.id for question in script().agenda("home_safety")}

    def test_a_talk_that_broke_off_goes_on_with_the_topic_it_began_with(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.plans[number(1)] = rings(Talk(CallOutcome.PARTIAL, questions=2))
        community.settle(1)

        async def until_rung(dialer: Any, clock: Any) -> None:
            await clock.sleep(120)
            await dialer.stop()

        community.run(meanwhile=until_rung, until_idle=False)
        put_on_record(ledger, cold(starts_on=TODAY, module="home_safety"))
        community.plans[number(1)] = rings(Talk())
        community.run()
        visit = community.visit()
        assert visit.outcome == "completed"
        first, second = visit.attempts[0], visit.attempts[-1]
        assert first.turns
        assert {turn.question for turn in first.turns}.isdisjoint(turn.question for turn in second.turns)

    def test_those_it_is_not_for_hear_what_was_planned(self, community: Community, ledger: Ledger) -> None:
        community.settle(1)
        planned = community.visit().snapshot["module"]
        put_on_record(ledger, cold(starts_on=TODAY, module="home_safety", tiers=frozenset({"key"})))
        with ledger.session() as session:
            session.execute(update(Elder).values(tier="general"))
        community.run()
        state = community.visit().dialogue_state
        assert state is not None
        assert state["brief"]["module"] == planned
