"""Rounds that wait: coordinators see them, start them, and of two who do the second is told."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from support import panel_data
from support.panel_fixtures import HandClock, open_panel
from support.panel_rounds import opened

from records.people import Worker
from records.visits import Visit

pytest_plugins = ["support.panel_fixtures"]


def visits(panel, campaign):
    with panel.ledger.reading() as session:
        return len(session.scalars(select(Visit.id).where(Visit.campaign_id == campaign)).all())


def test_a_round_that_waits_is_on_the_first_page_and_begins_with_one_press(panel):
    campaign = opened(panel)
    chen = panel.as_("chen")
    assert "等您点“开始”" in chen.words("/")
    words = chen.press(f"/rounds/{campaign}/start")
    assert "本轮探访开始了" in words
    assert visits(panel, campaign) > 0
    assert "等您点“开始”" not in chen.words("/")


def test_of_two_who_press_the_second_is_told_and_nothing_is_planned_twice(panel):
    campaign = opened(panel)
    panel.as_("chen").press(f"/rounds/{campaign}/start")
    before = visits(panel, campaign)
    assert "没有改动" in panel.as_("chen").press(f"/rounds/{campaign}/start")
    assert visits(panel, campaign) == before


@pytest.mark.parametrize("login", ["li", "wang", "zhao", "far"])
def test_only_coordinators_of_the_area_start_it(panel, login):
    campaign = opened(panel)
    visitor = panel.as_(login)
    assert "等您点“开始”" not in visitor.words("/")
    visitor.press(f"/rounds/{campaign}/start")
    assert visitor.seen.status_code == 403
    assert visits(panel, campaign) == 0


def test_a_coordinator_of_one_town_does_not_start_the_whole_districts_round(panel):
    campaign = opened(panel)
    with panel.ledger.session() as session:
        session.scalars(select(Worker).where(Worker.login == "chen")).one().area_id = panel.town.areas[
            "昆仑镇"
        ]
    visitor = panel.as_("chen")
    visitor.press(f"/rounds/{campaign}/start")
    assert visitor.seen.status_code == 403


def test_a_round_whose_week_is_over_says_so(panel):
    campaign = opened(panel)
    panel.clock.moment += timedelta(days=7)
    assert "探访期已过" in panel.as_("chen").press(f"/rounds/{campaign}/start")


def test_it_works_on_either_database(ledger, tmp_path):
    panel = open_panel(ledger, panel_data.build(ledger, tmp_path / "recordings"), HandClock())
    campaign = opened(panel)
    panel.as_("chen").press(f"/rounds/{campaign}/start")
    assert visits(panel, campaign) > 0
