"""What is to come of a campaign: calls by day and hour, line time, and whether everybody is rung in time.

For a round that waits to be started it is shown before anybody is called: the round is begun in a transaction
that is taken back.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.forecasting import Outlook, look_ahead
from campaigns.opening import CampaignError
from campaigns.standing_rounds import start_draft
from campaigns.tallying import is_large
from campaigns.windows import known_zone
from records.rounds import Round
from records.visits import Campaign
from web.access import May, ours, require
from web.campaign_access import campaign_to_steer
from web.identity import SignedIn
from web.panel import panel

blueprint = Blueprint("forecasts", __name__, url_prefix="/campaigns")
NAMES = 12
"""Names shown of those who are not at home; the count is always complete."""


class _TakenBackError(Exception):
    """Raised within a transaction so that nothing of it stays."""


@blueprint.get("/<int:campaign_id>/forecast")
def shown(campaign_id: int) -> str:
    """The forecast of a campaign that the worker decides on, by the lines that it may use."""
    user = require(May.STEER)
    with panel().ledger.reading() as session:
        campaign = campaign_to_steer(session, user, campaign_id)
        draft = campaign.status == "draft"
        large = is_large(session, ours(user))
        outlook = None if draft or large or campaign.status == "ended" else _ahead(session, campaign)
    if draft and not large:
        outlook = _before_the_start(user, campaign_id)
    zone = known_zone(campaign.timezone) or ZoneInfo("Asia/Shanghai")
    return render_template(
        "forecast.html",
        campaign=campaign,
        draft=draft,
        large=large,
        outlook=outlook,
        days=_days(outlook, zone) if outlook else [],
        hours=_hours(outlook, zone) if outlook else [],
        names=NAMES,
        price=panel().minute_price,
    )


def _before_the_start(user: SignedIn, campaign_id: int) -> Outlook | None:
    """What would come of a round; None when it cannot begin any more, or somebody has just started it."""
    found: list[Outlook] = []
    with suppress(_TakenBackError, CampaignError), panel().ledger.session() as session:
        known = session.scalar(select(Round.id).where(Round.campaign_id == campaign_id))
        begun = known and start_draft(session, campaign_id, now=panel().now(), actor=user.login)
        if begun is not None:
            session.flush()
            found.append(_ahead(session, session.get_one(Campaign, campaign_id)))
        raise _TakenBackError
    return found[0] if found else None


def _ahead(session: Session, campaign: Campaign) -> Outlook:
    return look_ahead(session, campaign, campaign.max_concurrent, panel().now())


def _hours(outlook: Outlook, zone: ZoneInfo) -> list[int]:
    found = sorted({hour for _, hour in outlook.forecast.by_hour(zone)})
    return list(range(found[0], found[-1] + 1)) if found else []


def _days(outlook: Outlook, zone: ZoneInfo) -> list[tuple[date, list[int], int, float]]:
    """Each day with its calls by hour, all its calls, and its hours of line time."""
    by_hour, hours = outlook.forecast.by_hour(zone), _hours(outlook, zone)
    rows = []
    for day, seconds in outlook.forecast.seconds_by_day(zone).items():
        counts = [by_hour[day, hour] for hour in hours]
        rows.append((day, counts, sum(counts), seconds / 3600))
    return rows
