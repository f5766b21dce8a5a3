"""Stopping a campaign for good: no call is placed any more, and everybody knows who was not called.

Calls under way are finished. Visits by telephone that nobody works on end as ``cancelled`` at once, those
that come back from a call later with the next round of the sweeper. That counts as no visit, so whoever is
due by their policy is due still, and the next round or campaign is for them too. Visits in person stay: they
are work orders in somebody's hands.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from records.audit import audit
from records.visits import Campaign, Visit, is_not_over, is_open

STOPPED = "stopped"
"""The status of a campaign that was stopped and still has calls under way or visits in person open."""


def stop_campaign(
    session: Session, campaign_id: int, reason: str, *, now: datetime, actor: str
) -> list[int] | None:
    """Stop a campaign that runs or is paused; ids of the elders who are not called by it any more.

    None when it neither runs nor is paused.
    """
    stopped = session.scalar(
        update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.status.in_(["running", "paused"]))
        .values(status=STOPPED, status_reason=reason[:200])
        .returning(Campaign.id)
    )
    if stopped is None:
        return None
    elders = cancel_calls(session, campaign_id, now)
    audit(
        session,
        at=now,
        actor=actor,
        action=STOPPED,
        subject_type="campaign",
        subject_id=campaign_id,
        reason=reason[:200],
        not_called=elders,
    )
    return elders


def cancel_calls(session: Session, campaign_id: int, now: datetime) -> list[int]:
    """End the telephone visits of a stopped campaign that nobody works on; ids of their elders."""
    cancelled = session.execute(
        update(Visit)
        .where(Visit.campaign_id == campaign_id, is_open())
        .where(Visit.status == "planned", Visit.mode == "telephone")
        .values(status="ended", outcome="cancelled", next_attempt_at=None, ended_at=now)
        .returning(Visit.elder_id)
        .execution_options(synchronize_session=False)
    )
    return sorted(cancelled.scalars())


def finish_stopped(session: Session, now: datetime) -> None:
    """Cancel what has come back from a call since, and end stopped campaigns with nothing left open."""
    for campaign in session.scalars(select(Campaign).where(is_not_over(), Campaign.status == STOPPED)):
        cancel_calls(session, campaign.id, now)
        left = session.scalar(select(Visit.id).where(Visit.campaign_id == campaign.id, is_open()).limit(1))
        if left is None:
            campaign.status = "ended"
