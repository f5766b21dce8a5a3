"""Stopping a campaign for good and letting it last longer: nobody is called after, nobody is lost."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from support.campaigning import MONDAY, Community, Talk, number, open_monthly, rings

from campaigns.claims import claim_due
from campaigns.dialer import Dialer
from campaigns.opening import CampaignError, extend_campaign, pause_campaign, resume_campaign
from campaigns.planner import plan_visits
from campaigns.stopping import stop_campaign
from campaigns.sweeper import tidy_up
from ivr.clock import Clock
from ivr.lines import Disposition
from records.audit import AuditEvent
from records.sessions import Ledger
from records.visits import Campaign


@pytest.fixture
def community(ledger: Ledger, tmp_path: Path) -> Community:
    return Community(ledger, tmp_path)


def campaign_of(community: Community) -> Campaign:
    with community.ledger.reading() as session:
        return session.scalars(select(Campaign)).one()


class TestStopping:
    def test_who_was_not_called_yet_is_not_called_and_is_named(self, community: Community) -> None:
        community.settle(3)
        with community.ledger.session() as session:
            left = stop_campaign(session, campaign_of(community).id, "台风", now=MONDAY, actor="chen")
        community.run()
        assert len(left or ()) == 3
        assert community.dialled == []
        with community.ledger.reading() as session:
            event = session.scalars(select(AuditEvent).where(AuditEvent.action == "stopped")).one()
            assert event.detail["not_called"] == left
        assert {visit.outcome for visit in community.visits()} == {"cancelled"}

    def test_a_call_under_way_is_finished_and_not_tried_again(self, community: Community) -> None:
        """The telephone that is busy while the campaign is stopped would have been tried again."""
        community.plans = {number(1): (Disposition.BUSY, Talk())}
        community.settle(1)

        async def stops(dialer: Dialer, clock: Clock) -> None:
            while not dialer.calls_under_way:
                await clock.sleep(1)
            with community.ledger.session() as session:
                stop_campaign(session, campaign_of(community).id, "台风", now=clock.now(), actor="chen")
            await clock.sleep(3600)
            await dialer.stop()

        community.run(meanwhile=stops, until_idle=False)
        assert len(community.dialled) == 1
        assert [(visit.status, visit.outcome) for visit in community.visits()] == [("ended", "cancelled")]
        assert campaign_of(community).status == "ended"

    def test_visits_in_person_stay_with_those_who_make_them(self, community: Community) -> None:
        community.settle(2, ability="severe")
        with community.ledger.session() as session:
            assert stop_campaign(session, campaign_of(community).id, "", now=MONDAY, actor="chen") == []
            tidy_up(session, MONDAY)
        assert {visit.status for visit in community.visits()} == {"planned"}
        assert campaign_of(community).status == "stopped"

    def test_it_is_for_good_and_only_once(self, community: Community) -> None:
        community.settle(1)
        campaign_id = campaign_of(community).id
        with community.ledger.session() as session:
            stop_campaign(session, campaign_id, "", now=MONDAY, actor="chen")
            assert stop_campaign(session, campaign_id, "", now=MONDAY, actor="li") is None
            assert not resume_campaign(session, campaign_id, now=MONDAY, actor="li")
            assert not extend_campaign(session, campaign_id, date(2026, 12, 9), now=MONDAY, actor="li")
            assert claim_due(session, campaign_id, owner="me", now=MONDAY, limit=9) == []

    def test_one_that_is_paused_can_be_stopped(self, community: Community) -> None:
        community.settle(1)
        with community.ledger.session() as session:
            pause_campaign(session, campaign_of(community).id, "雨", now=MONDAY, actor="chen")
            stop_campaign(session, campaign_of(community).id, "", now=MONDAY, actor="chen")
        assert [visit.outcome for visit in community.visits()] == ["cancelled"]

    def test_who_was_not_called_is_for_the_next_campaign(self, community: Community) -> None:
        community.settle(2)
        with community.ledger.session() as session:
            stop_campaign(session, campaign_of(community).id, "", now=MONDAY, actor="chen")
            later = open_monthly(session, name="再来一次", who={"due_by": "2026-11-30"})
            assert plan_visits(session, later, MONDAY).added == 2


class TestLastingLonger:
    def test_who_was_not_reached_in_time_is_called_on_the_days_that_were_added(
        self, community: Community
    ) -> None:
        community.plans = {number(1): rings(Disposition.NO_ANSWER)}
        community.settle(1, {"ends_on": date(2026, 11, 23), "retries": {"max_attempts": 6}})
        with community.ledger.session() as session:
            until = date(2026, 11, 27)
            assert extend_campaign(session, campaign_of(community).id, until, now=MONDAY, actor="chen")
        community.run()
        assert max(at.date() for _, _, at in community.dialled) > date(2026, 11, 23)

    @pytest.mark.parametrize("day", [date(2026, 11, 30), date(2026, 11, 1)])
    def test_to_a_day_that_is_no_later_is_refused(self, community: Community, day: date) -> None:
        community.settle(1)
        with community.ledger.session() as session, pytest.raises(CampaignError, match="lasts until"):
            extend_campaign(session, campaign_of(community).id, day, now=MONDAY, actor="chen")

    def test_not_to_a_day_that_is_past(self, community: Community) -> None:
        community.settle(1)
        late = MONDAY + timedelta(days=90)
        with community.ledger.session() as session, pytest.raises(CampaignError):
            extend_campaign(session, campaign_of(community).id, date(2026, 12, 5), now=late, actor="chen")
