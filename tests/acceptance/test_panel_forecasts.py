"""What is to come of a round is seen before it is started, and looking starts nothing."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from support.panel_rounds import opened

from campaigns.area_lines import limit_lines
from records.audit import AuditEvent
from records.people import Area
from records.visits import Visit

pytest_plugins = ["support.panel_fixtures"]


@pytest.fixture
def draft(panel):
    """A round of the whole district that waits for the coordinator of all of it."""
    return opened(panel)


def held(panel):
    with panel.ledger.reading() as session:
        asked = select(func.count(Visit.id)), select(func.count(AuditEvent.id))
        return [session.scalar(each) for each in asked]


def test_a_round_that_waits_is_foretold_and_nothing_is_started(panel, draft):
    chen, before = panel.as_("chen"), held(panel)
    assert "先看看会怎样" in chen.words("/")
    words = chen.words(f"/campaigns/{draft}/forecast")
    assert "还没有开始，没有给任何人打电话" in words
    assert "前每位老人都能打到" in words
    assert "占线" in words
    assert held(panel) == before
    assert "等您点“开始”" in chen.words("/")


def test_one_that_runs_is_foretold_and_an_area_with_too_few_lines_is_named(panel, draft):
    chen = panel.as_("chen")
    chen.press(f"/rounds/{draft}/start")
    assert "还没有开始" not in chen.words(f"/campaigns/{draft}/forecast")
    with panel.ledger.session() as session:
        area = session.get_one(Area, panel.town.areas["城南社区"])
        limit_lines(session, area, 1, now=panel.clock.now(), actor="chen")
    last_hour = panel.clock.moment.replace(hour=9, minute=19)  # 17:19 in China
    panel.clock.moment = last_hour + timedelta(days=6 - last_hour.weekday())
    assert "城南社区分到的线路太少：只有 1 路" in chen.words(f"/campaigns/{draft}/forecast")


@pytest.mark.parametrize("login", ["li", "wang", "zhao"])
def test_whoever_may_not_steer_does_not_see_it(panel, draft, login):
    assert panel.as_(login).get(f"/campaigns/{draft}/forecast").status_code == 403


def test_the_minutes_to_be_paid_for_and_their_price_are_shown(panel, draft):
    chen, page = panel.as_("chen"), f"/campaigns/{draft}/forecast"
    words = chen.words(page)
    assert "约需付费" in words
    assert "元" not in words
    panel.app.extensions["wenan-panel"] = replace(panel.app.extensions["wenan-panel"], minute_price=0.5)
    minutes, cost = re.search(r"约需付费(\d+)分钟。 按每分钟0.5元计，共([\d.]+)元", chen.words(page)).groups()
    assert float(cost) == pytest.approx(int(minutes) * 0.5, abs=0.5)
