"""A round that a keeper opens in the panel's town, and that waits for its coordinator."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from campaigns.standing_rounds import RoundTerms
from records.people import Worker
from records.rounds import Round
from support.campaigning import script
from support.panel_fixtures import PanelUnderTest
from wenan.round_keeping import RoundKeeper

SCRIPT = script().model_copy(update={"version": 7})
"""The town's own campaigns have a version 1 of another make."""


def opened(panel: PanelUnderTest) -> int:
    """The campaign of a round of the whole district, a week on; chen is its coordinator."""
    with panel.ledger.session() as session:
        chen = session.scalars(select(Worker).where(Worker.login == "chen")).one()
        chen.area_id = panel.town.areas["淄川区"]
    panel.clock.moment += timedelta(days=7)
    RoundKeeper(panel.ledger, panel.clock, RoundTerms(SCRIPT, "Asia/Shanghai")).make_round()
    with panel.ledger.reading() as session:
        campaign = session.scalars(select(Round.campaign_id)).one()
    assert campaign is not None
    return campaign
