"""Today's campaign: how far it has come, who needs a person now, who may be missed, who was left out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from records.people import Elder
from records.visits import Campaign, Visit
from web import call_data, campaign_data, risk_data
from web.access import May, may
from web.call_data import Filter
from web.campaign_access import campaign_or_404, may_steer
from web.coverage_data import coverage
from web.identity import SignedIn, me
from web.line_shares import shares_of
from web.pages import fingerprint
from web.panel import panel
from web.progress import Progress, Stage, progress
from web.round_starts import waiting_rounds
from web.satisfaction_data import told

blueprint = Blueprint("overview", __name__)

TIERS = ("key", "secondary", "general")


@blueprint.get("/")
def today() -> str:
    """The campaign that runs now, or the newest."""
    with panel().ledger.reading() as session:
        campaign = campaign_data.current_campaign(session, me())
        if campaign is None:
            return render_template("no_campaign.html")
        return _page(session, me(), campaign)


@blueprint.get("/campaigns/<int:campaign_id>")
def one(campaign_id: int) -> str:
    """A campaign by its number."""
    with panel().ledger.reading() as session:
        return _page(session, me(), campaign_or_404(session, me(), campaign_id))


def _page(session: Session, user: SignedIn, campaign: Campaign) -> str:
    now = panel().now()
    how_far = campaign_data.how_far(session, user, campaign)
    counts = campaign_data.counts(how_far)
    in_person = campaign_data.in_person(session, user, campaign)
    at_risk = risk_data.at_risk(session, user, campaign, now)
    return render_template(
        "overview.html",
        campaign=campaign,
        campaigns=campaign_data.campaigns(session, user),
        may_steer=may(user, May.STEER) and may_steer(user, campaign),
        progress=progress(counts),
        telephone=progress(counts, mode="telephone"),
        in_home=progress(counts, mode="in_home"),
        tiers=[(tier, progress(counts, tier=tier)) for tier in TIERS],
        stages=list(Stage),
        outcomes=campaign_data.outcomes(how_far),
        counted_at=how_far.at,
        levels=campaign_data.levels(session, user, campaign),
        live=campaign_data.live_calls(session, user, campaign, now),
        line_shares=shares_of(session, user),
        at_risk=at_risk,
        in_person=by_reason(in_person),
        visit_rates=coverage(session, user, now),
        told=told(session, user, now),
        waiting_rounds=waiting_rounds(session, user),
        surges=campaign_data.surges_of(session, user, now),
        absent=campaign_data.absent(session, user, campaign),
        without_visit=campaign_data.without_visit(session, user, campaign),
        orders=campaign_data.urgent_orders(session, user),
        to_review=call_data.find_calls(session, user, Filter(), 1).rows[: campaign_data.SHORT_LIST],
        to_review_count=call_data.to_review(session, user),
        revision=revision(session, user, campaign),
    )


def by_reason(visits: Any) -> list[tuple[str, list[Elder]]]:
    """Elders whom a person must visit, grouped by why the robot may not phone them, largest group first."""
    groups: dict[str, list[Elder]] = {}
    visit: Visit
    for visit in visits:
        groups.setdefault(visit.mode_reason or visit.elder.mode_reason, []).append(visit.elder)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def revision(session: Session, user: SignedIn, campaign: Campaign) -> str:
    """A short text that changes whenever something on the campaign's page does, except for time passing."""
    live = campaign_data.live_calls(session, user, campaign, panel().now())
    parts = (
        campaign.status,
        campaign_data.counts(campaign_data.how_far(session, user, campaign)),
        [(call.attempt.id, call.answered, call.turns, len(call.flags)) for call in live],
        [(order.id, order.status) for order in campaign_data.urgent_orders(session, user)],
        call_data.to_review(session, user),
        [row.id for row in waiting_rounds(session, user)],
    )
    return fingerprint(parts)


def numbers(found: Progress) -> dict[str, Any]:
    """Progress as JSON."""
    return {
        "due": found.due,
        "covered": found.covered,
        "open": found.open,
        "coverage": found.coverage,
        "stages": {stage.value: visits for stage, visits in found.stages.items()},
    }
