"""Which campaigns a worker may look at and steer: those of their areas.

A campaign that reaches into a worker's areas is theirs to look at, with its numbers for those areas. Pausing
or stopping it stops calls everywhere it reaches: that is for those who decide for all of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.people import Area
from records.visits import Campaign
from web.areas import subtree
from web.identity import SignedIn


def areas_of_campaign(campaign: Campaign) -> frozenset[int]:
    """The areas it was opened for, each with everything below; none for the whole ledger."""
    return frozenset(campaign.who.get("areas") or ())


def may_steer(user: SignedIn, campaign: Campaign) -> bool:
    """Whether all that a campaign reaches is this worker's to decide on."""
    areas = areas_of_campaign(campaign)
    return areas <= user.areas if areas else user.sees_everything


def reaches(session: Session, user: SignedIn, campaigns: Sequence[Campaign]) -> list[Campaign]:
    """Those campaigns that reach into the worker's areas."""
    parents = {each.id: each.parent_id for each in session.execute(select(Area.id, Area.parent_id))}
    found = []
    for campaign in campaigns:
        areas = areas_of_campaign(campaign)
        if not areas or any(not subtree(parents, area).isdisjoint(user.areas) for area in areas):
            found.append(campaign)
    return found


def campaign_or_404(session: Session, user: SignedIn, campaign_id: int) -> Campaign:
    """A campaign that reaches into the worker's areas; others are answered as if they did not exist."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None or not reaches(session, user, [campaign]):
        abort(404)
    return campaign


def campaign_to_steer(session: Session, user: SignedIn, campaign_id: int) -> Campaign:
    """A campaign that is the worker's to decide on; 404 out of sight, 403 where it reaches beyond."""
    campaign = campaign_or_404(session, user, campaign_id)
    if not may_steer(user, campaign):
        abort(403)
    return campaign
