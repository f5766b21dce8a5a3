"""The panel's pages work on SQLite and on PostgreSQL alike."""

import pytest
from support import panel_data
from support.panel_fixtures import HandClock, open_panel

pytest_plugins = ["support.panel_fixtures"]


@pytest.fixture
def either_panel(ledger, tmp_path):
    return open_panel(ledger, panel_data.build(ledger, tmp_path / "recordings"), HandClock())


def test_every_page_can_be_read(either_panel):
    town, chen = either_panel.town, either_panel.as_("chen")
    for path in (
        "/", "/calls/", "/calls/?show=all&level=red", f"/calls/{town.visits['孙桂英']}", "/orders/",
        "/orders/?show=closed", f"/orders/{town.orders['孙桂英']}", "/elders/", "/elders/?name=桂&tier=key",
        f"/elders/{town.elders['孙桂英']}", "/trail/", f"/api/campaigns/{town.campaign}/progress",
    ):  # fmt: skip
        assert chen.read(path)


def test_an_order_can_be_taken_on_and_a_call_reviewed(either_panel):
    town = either_panel.town
    assert "已由您接单" in either_panel.as_("wang").press(f"/orders/{town.orders['孙桂英']}/accept")
    li, visit = either_panel.as_("li"), town.visits["徐德厚"]
    words = li.press(
        f"/calls/{visit}/turns/{town.turns['徐德厚'][1]}/correct",
        answer="problem", urgency="emergency", code="unconscious",
    )  # fmt: skip
    assert "已改正" in words
