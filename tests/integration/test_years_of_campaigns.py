"""After years most campaigns are over: whoever looks every few seconds reads those that are not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from support.campaigning import MONDAY, add_area, add_elder, open_monthly
from support.casebook import rules
from support.panel_fixtures import HandClock
from support.statements import asked

from campaigns import census, tallying
from campaigns.census import stale_campaigns
from campaigns.claims import first_due
from campaigns.outlook import next_moment
from campaigns.planner import plan_visits
from campaigns.stopping import finish_stopped
from campaigns.sweeper import expired_visits
from escalation.late_visits import visits_past_period
from escalation.oversights import find_oversights
from escalation.paused_campaigns import campaigns_paused
from records.sessions import Ledger
from records.visits import Campaign, Visit
from wenan.tallies import keep_tallies


def town(ledger: Ledger, years: int) -> None:
    """Three elders, a campaign that runs, and twelve that are over for each year."""
    with ledger.session() as session:
        area = add_area(session)
        for index in range(1, 4):
            add_elder(session, index, area)
        for month in range(12 * years):
            first = date(2026, 10, 1) - timedelta(days=30 * month)
            before = MONDAY - timedelta(days=30 * (month + 3))
            old = open_monthly(
                session, before, name=f"old {month}", starts_on=first, ends_on=first + timedelta(days=9)
            )
            plan_visits(session, old, before)
            for visit in session.scalars(select(Visit).where(Visit.campaign_id == old.id)):
                visit.status, visit.outcome, visit.next_attempt_at = "ended", "completed", None
                visit.ended_at, visit.settled = before, True
            old.status = "ended"
        plan_visits(session, open_monthly(session, name="today"), MONDAY)


LOOKS: dict[str, Callable[[Session], object]] = {
    "gateways: who is due": first_due,
    "gateways: the next moment": lambda session: next_moment(session, MONDAY),
    "sweeper: periods over": lambda session: expired_visits(session, MONDAY),
    "sweeper: stopped campaigns": lambda session: finish_stopped(session, MONDAY),
    "keeper: campaigns to count": lambda session: stale_campaigns(session, MONDAY),
    "auditor: visits past their period": lambda session: list(visits_past_period(session, MONDAY)),
    "auditor: paused campaigns": lambda session: list(
        campaigns_paused(session, rules().policy.auditor, MONDAY)
    ),
    "auditor: everything": lambda session: find_oversights(session, rules().policy.auditor, MONDAY),
}


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three elders are a city."""
    monkeypatch.setattr(tallying, "COUNTED_LIVE", 2)


@pytest.mark.usefixtures("large")
def test_nobody_asks_more_or_walks_through_campaigns_that_are_over(sqlite_ledger: Ledger) -> None:
    town(sqlite_ledger, years=3)
    keep_tallies(sqlite_ledger, HandClock(MONDAY))
    with sqlite_ledger.reading() as session:
        for what, look in LOOKS.items():
            with asked(session) as statements:
                look(session)
            assert len(statements) < 60, what
            for statement, parameters in statements:
                plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                steps = [row.detail for row in plan]
                walks = [step for step in steps if step.startswith("SCAN campaigns") and "INDEX" not in step]
                assert not walks, (what, statement, steps)


@pytest.mark.usefixtures("large")
def test_a_campaign_is_counted_a_last_time_and_then_left_alone(sqlite_ledger: Ledger) -> None:
    town(sqlite_ledger, years=1)
    with sqlite_ledger.reading() as session:
        assert len(stale_campaigns(session, MONDAY)) == 13
    keep_tallies(sqlite_ledger, HandClock(MONDAY))
    with sqlite_ledger.reading() as session, asked(session) as statements:
        later = MONDAY + census.FRESH + timedelta(seconds=1)
        assert stale_campaigns(session, later) == [13], "the one that runs"
    assert len(statements) <= 6, "not one for each that is over"


@pytest.mark.parametrize("status", ["draft", "running", "paused", "stopped", "ended"])
def test_a_visit_that_outlived_its_period_is_found_in_a_campaign_of_any_status(
    ledger: Ledger, status: str
) -> None:
    """An ended campaign has no open visit; if it has one all the same, that is what the auditor is for."""
    town(ledger, years=1)
    with ledger.session() as session:
        lost = session.scalars(select(Campaign).where(Campaign.name == "old 7")).one()
        lost.status = status
        visit = session.scalars(select(Visit).where(Visit.campaign_id == lost.id).order_by(Visit.id)).first()
        assert visit is not None
        visit.status, visit.outcome = "planned", None
        wanted = visit.id
    with ledger.reading() as session:
        found = list(visits_past_period(session, MONDAY))
    assert [each.subject_id for each in found] == [wanted]


def test_without_any_visit_nothing_is_late(ledger: Ledger) -> None:
    with ledger.reading() as session:
        assert list(visits_past_period(session, MONDAY)) == []
        assert session.scalar(text("SELECT count(*) FROM campaigns")) == 0
