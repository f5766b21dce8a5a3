"""Pausing a campaign, letting it go on, stopping it for good, letting it last longer."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from campaigns.opening import CampaignError, extend_campaign, pause_campaign, resume_campaign
from campaigns.stopping import stop_campaign
from web.access import May, require
from web.campaign_access import campaign_to_steer
from web.corrections import LONGEST_NOTE
from web.identity import SignedIn
from web.panel import panel

blueprint = Blueprint("steering", __name__, url_prefix="/campaigns")


@blueprint.post("/<int:campaign_id>/<any(pause, resume, stop, extend):act>")
def steer(campaign_id: int, act: str) -> Response:
    """Stop placing calls for now or for good, go on, or last longer. Calls under way are not cut off."""
    user = require(May.STEER)
    with panel().ledger.session() as session:
        campaign_to_steer(session, user, campaign_id)
        done = _ACTS[act](session, user, campaign_id)
    if done:
        flash(done, "done")
    else:
        flash(gettext("Nothing was changed: look at how the campaign stands now."), "problem")
    return redirect(url_for("overview.one", campaign_id=campaign_id))


def _pause(session: Session, user: SignedIn, campaign_id: int) -> str:
    paused = pause_campaign(session, campaign_id, _reason(), now=panel().now(), actor=user.login)
    return gettext("Paused: no new calls are placed. Calls under way are finished.") if paused else ""


def _resume(session: Session, user: SignedIn, campaign_id: int) -> str:
    resumed = resume_campaign(session, campaign_id, now=panel().now(), actor=user.login)
    return gettext("The calls go on.") if resumed else ""


def _stop(session: Session, user: SignedIn, campaign_id: int) -> str:
    elders = stop_campaign(session, campaign_id, _reason(), now=panel().now(), actor=user.login)
    if elders is None:
        return ""
    words: str = gettext(
        "Stopped for good: %(n)s elders are not called by it any more. Whoever is due stays due.",
        n=len(elders),
    )
    return words


def _extend(session: Session, user: SignedIn, campaign_id: int) -> str:
    try:
        last = date.fromisoformat(request.form.get("until", ""))
        extended = extend_campaign(session, campaign_id, last, now=panel().now(), actor=user.login)
    except (ValueError, CampaignError):
        return ""
    return gettext("It lasts until %(day)s now.", day=last.isoformat()) if extended else ""


_ACTS = {"pause": _pause, "resume": _resume, "stop": _stop, "extend": _extend}


def _reason() -> str:
    return request.form.get("reason", "").strip()[:LONGEST_NOTE]
