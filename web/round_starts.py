"""Rounds of visits that opened by themselves and wait for a coordinator to let them begin."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response

from campaigns.opening import CampaignError
from campaigns.standing_rounds import start_draft
from records.rounds import Round
from records.visits import Campaign
from web.access import May, may, require
from web.holdings import is_ours
from web.identity import SignedIn
from web.panel import panel

blueprint = Blueprint("round_starts", __name__, url_prefix="/rounds")


def waiting_rounds(session: Session, user: SignedIn) -> Sequence[Round]:
    """The drafts that this worker may start, the oldest first."""
    if not may(user, May.STEER):
        return []
    rows = session.scalars(
        select(Round)
        .join(Campaign)
        .where(Campaign.status == "draft")
        .options(joinedload(Round.campaign))
        .order_by(Round.id)
    )
    return [row for row in rows if is_ours(user, row.area_id)]


@blueprint.post("/<int:campaign_id>/start")
def start(campaign_id: int) -> Response:
    """Plan the visits of a round and let the calls begin."""
    user = require(May.STEER)
    planned = None
    try:
        with panel().ledger.session() as session:
            row = session.scalar(select(Round).where(Round.campaign_id == campaign_id))
            if row is None:
                abort(404)
            if not is_ours(user, row.area_id):
                abort(403)
            planned = start_draft(session, campaign_id, now=panel().now(), actor=user.login)
    except CampaignError:
        flash(
            gettext("This round cannot begin any more: its period is over. The next one opens by itself."),
            "problem",
        )
        return redirect(url_for("overview.one", campaign_id=campaign_id))
    if planned is None:
        flash(gettext("Nothing was changed: look at how the campaign stands now."), "problem")
    else:
        flash(gettext("The round begins: %(n)s visits are planned.", n=planned), "done")
    return redirect(url_for("overview.one", campaign_id=campaign_id))
