"""Shares of the lines in the panel: given by those above, seen where calls are seen, on record."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from support.panel_fixtures import PanelUnderTest

from campaigns.area_lines import lines_in_use
from records.audit import AuditEvent
from records.people import Area

pytest_plugins = ["support.panel_fixtures"]

TOWN, HERE, FAR = "般阳路街道", "松龄社区", "昆仑镇"


def limits(panel: PanelUnderTest) -> dict[str, int]:
    with panel.ledger.reading() as session:
        return {each.name: each.limit for each in lines_in_use(session)}


def test_a_coordinator_gives_a_community_its_share_and_lifts_it_again(panel: PanelUnderTest) -> None:
    chen, here = panel.as_("chen"), str(panel.town.areas[HERE])
    assert "没有片区设了上限" in chen.words("/lines/")
    assert "松龄社区从现在起最多同时用 3 路" in chen.press("/lines/", area=here, lines="3")
    assert limits(panel) == {HERE: 3}
    assert "本来就是这样" in chen.press("/lines/", area=here, lines="3")
    assert "松龄社区：3 路中已用 1 路" in chen.words("/"), "and the first page shows it beside the calls"
    assert "松龄社区有多少线路就能用多少" in chen.press("/lines/", area=here, lines="")
    assert limits(panel) == {}
    with panel.ledger.reading() as session:
        rows = session.execute(select(AuditEvent.actor, AuditEvent.detail).filter_by(action="area_lines"))
        assert [(actor, detail["lines"]) for actor, detail in rows] == [("chen", 3), ("chen", None)]


@pytest.mark.parametrize("lines", ["0", "-1", "1001", "many", "99999999999"])
def test_a_slip_changes_nothing(panel: PanelUnderTest, lines: str) -> None:
    words = panel.as_("chen").press("/lines/", area=str(panel.town.areas[HERE]), lines=lines)
    assert "没有改动：要填 1 到 1000 的整数" in words
    assert limits(panel) == {}


def test_nobody_gives_their_own_area_more_than_those_above_gave_it(panel: PanelUnderTest) -> None:
    chen = panel.as_("chen")
    for area, status in ((TOWN, 403), (FAR, 404)):
        chen.press("/lines/", area=str(panel.town.areas[area]), lines="9")
        assert chen.seen.status_code == status
    with panel.ledger.session() as session:
        session.get_one(Area, panel.town.areas[TOWN]).lines = 2
    assert "般阳路街道" in chen.words("/lines/"), "but it is seen"
    assert 'name="lines" value=""' not in chen.seen.text, "and not lifted"
    assert limits(panel) == {TOWN: 2}


@pytest.mark.parametrize("login", ["li", "wang", "zhao"])
def test_whoever_may_not_plan_neither_sees_nor_sets_it(panel: PanelUnderTest, login: str) -> None:
    visitor = panel.as_(login)
    assert visitor.get("/lines/").status_code == 403
    visitor.press("/lines/", area=str(panel.town.areas[HERE]), lines="1")
    assert visitor.seen.status_code == 403
    assert limits(panel) == {}
