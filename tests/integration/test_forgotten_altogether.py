"""Whoever is due and in no round at all is found."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from support.campaigning import MONDAY, open_monthly
from support.casebook import rules
from support.district import District
from support.rows import work_order

from campaigns.absences import be_away
from campaigns.forgotten import forgotten
from campaigns.planner import plan_visits
from records.orders import Notification
from records.people import Elder, Worker
from records.sessions import Ledger
from wenan.forgetting import ForgottenWatch


@pytest.fixture
def district(sqlite_ledger: Ledger) -> District:
    return District(sqlite_ledger).settle()


class TestWhoeverIsForgottenAltogether:
    """Rounds are opened by hand here, and nobody does."""

    @pytest.fixture
    def months_later(self, district: District) -> District:
        district.agree(None, "own-1", {"start": "never"})
        district.clock.moment += timedelta(days=40)
        return district

    def found(self, district: District) -> dict[int, int]:
        with district.ledger.reading() as session:
            return dict(forgotten(session, district.clock.now()))

    def test_is_named_to_the_coordinators_of_the_area_once_a_day(self, months_later: District) -> None:
        with months_later.ledger.session() as session:
            area = months_later.areas["top"]
            session.add(Worker(login="sun", name="孙", role="coordinator", area_id=area))
        watch = ForgottenWatch(months_later.ledger, rules(), months_later.clock)
        assert [watch.make_round(), watch.make_round()] == [2, 2]
        with months_later.ledger.reading() as session:
            bodies = [message.body for message in session.scalars(select(Notification))]
        assert len(bodies) == 2
        assert any("东村" in body for body in bodies)

    def test_is_nobody_who_has_just_come_onto_the_roster(self, district: District) -> None:
        district.agree(None, "own-1", {"start": "never"})
        assert self.found(district) == {}

    def test_is_nobody_with_a_visit_even_in_a_campaign_that_is_paused(self, months_later: District) -> None:
        with months_later.ledger.session() as session:
            campaign = open_monthly(session, months_later.clock.now(), ends_on=date(2027, 2, 28))
            plan_visits(session, campaign, months_later.clock.now())
            campaign.status = "paused"
        assert self.found(months_later) == {}

    def test_is_nobody_with_a_work_order_and_nobody_who_is_away(self, months_later: District) -> None:
        with months_later.ledger.session() as session:
            east, west = session.scalars(select(Elder).order_by(Elder.id))
            be_away(session, west, "in_hospital", None, now=months_later.clock.now(), actor="li")
            session.add(work_order(east.id, MONDAY))
        assert self.found(months_later) == {}

    def test_is_whoever_had_a_work_order_that_is_closed(self, months_later: District) -> None:
        with months_later.ledger.session() as session:
            east, _ = session.scalars(select(Elder).order_by(Elder.id))
            session.add(work_order(east.id, MONDAY, status="closed"))
        assert self.found(months_later) == {months_later.areas["east"]: 1, months_later.areas["west"]: 1}

    def test_is_whoever_has_a_visit_left_open_in_a_campaign_that_is_over(
        self, months_later: District
    ) -> None:
        with months_later.ledger.session() as session:
            campaign = open_monthly(session, months_later.clock.now(), ends_on=date(2027, 2, 28))
            plan_visits(session, campaign, months_later.clock.now())
            campaign.status = "ended"
        assert sum(self.found(months_later).values()) == 2
