"""Campaigns that stand still, paused by the dialer or by hand, while elders are due. Queries only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from escalation.oversight import Oversight
from escalation.periods import calling_time
from escalation.policy import AuditorRules
from records.audit import AuditEvent
from records.visits import Campaign, Visit, is_not_over, is_open

DIALER = "dialer"
"""Who pauses a campaign when calls fail on our side: nobody decided on it, so somebody must know at once."""


def campaigns_paused(session: Session, rules: AuditorRules, now: datetime) -> Iterator[Oversight]:
    """Paused campaigns with somebody due, that have stood still for so much calling time.

    What the dialer paused is pressing; what a person paused they are reminded of.
    """
    limit = timedelta(minutes=rules.campaign_paused)
    for campaign in session.scalars(
        select(Campaign).where(is_not_over(), Campaign.status == "paused").order_by(Campaign.id)
    ):
        first = session.scalar(
            select(func.min(Visit.next_attempt_at)).where(
                Visit.campaign_id == campaign.id, is_open(), Visit.mode == "telephone"
            )
        )
        if first is None or first > now:
            continue
        at, actor = _paused(session, campaign)
        since = max(at, first)
        if calling_time(campaign.windows, campaign.timezone, since, now) < limit:
            continue
        areas: Sequence[int] = campaign.who.get("areas") or ()
        yield Oversight(
            "campaign_paused",
            "campaign",
            campaign.id,
            campaign.name,
            "urgent" if actor == DIALER else "need",
            since,
            areas[0] if len(areas) == 1 else None,
        )


def _paused(session: Session, campaign: Campaign) -> tuple[datetime, str]:
    """When it was paused last, and by whom; when it was opened, where nobody wrote it down."""
    last = (
        select(AuditEvent.at, AuditEvent.actor)
        .where(AuditEvent.subject_type == "campaign", AuditEvent.subject_id == campaign.id)
        .where(AuditEvent.action == "paused")
        .order_by(AuditEvent.id.desc())
        .limit(1)
    )
    row = session.execute(last).first()
    return (row.at, row.actor) if row is not None else (campaign.created_at, "")
