"""JSON for the live pages and for other programs of the organisation, under the same sign-in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from web import call_data, campaign_data, order_data
from web.campaign_access import campaign_or_404
from web.identity import me
from web.overview import numbers, revision
from web.panel import panel
from web.progress import progress

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/campaigns/<int:campaign_id>/progress")
def campaign_progress(campaign_id: int) -> dict[str, Any]:
    """How far a campaign has come within the worker's areas.

    ``revision`` changes when the campaign's page would look different. Coverage is 0..1, or null when nobody
    is due; seconds count from the moment a telephone was answered (or dialled).
    """
    user, now = me(), panel().now()
    with panel().ledger.reading() as session:
        campaign = campaign_or_404(session, user, campaign_id)
        how_far = campaign_data.how_far(session, user, campaign)
        counts = campaign_data.counts(how_far)
        return {
            "campaign": {"id": campaign.id, "name": campaign.name, "status": campaign.status},
            "at": now.isoformat(),
            "all": numbers(progress(counts)),
            "telephone": numbers(progress(counts, mode="telephone")),
            "in_home": numbers(progress(counts, mode="in_home")),
            "outcomes": dict(campaign_data.outcomes(how_far)),
            "levels": campaign_data.levels(session, user, campaign),
            "live": [
                {
                    "visit": call.visit.id,
                    "attempt": call.attempt.number,
                    "answered": call.answered,
                    "seconds": round(call.seconds),
                    "turns": call.turns,
                    "flags": [flag.code for flag in call.flags],
                }
                for call in campaign_data.live_calls(session, user, campaign, now)
            ],
            "to_review": call_data.to_review(session, user),
            "revision": revision(session, user, campaign),
        }


@blueprint.get("/orders")
def orders() -> dict[str, Any]:
    """How many work orders are open within the worker's areas; ``revision`` changes when any of them does."""
    user = me()
    with panel().ledger.reading() as session:
        return {
            "open": order_data.open_count(session, user),
            "revision": order_data.revision(session, user),
        }


@blueprint.get("/alerts")
def alerts() -> dict[str, Any]:
    """Emergencies within the worker's areas that nobody has taken: every open page shows and sounds them."""
    user = me()
    with panel().ledger.reading() as session:
        return {
            "alerts": [
                {
                    "order": order.id,
                    "elder": order.elder.name,
                    "page": url_for("orders.one", order_id=order.id),
                }
                for order in order_data.emergencies_untaken(session, user)
            ]
        }
