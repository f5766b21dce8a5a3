"""Rounds of visits that opened by themselves and wait for somebody to start them. Queries only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from escalation.oversight import Oversight
from escalation.periods import calling_time, period_end
from escalation.policy import AuditorRules
from records.rounds import Round
from records.visits import Campaign

REMEMBERED = timedelta(days=3)
"""How long a round that nobody started is still spoken of after its period."""


def rounds_waiting(session: Session, rules: AuditorRules, now: datetime) -> Iterator[Oversight]:
    """Rounds that nobody has started although people might have been called; pressing past the middle."""
    limit = timedelta(minutes=rules.round_waiting)
    for row in _unstarted(session, Campaign.status == "draft"):
        campaign = row.campaign
        if calling_time(campaign.windows, campaign.timezone, row.opened_at, now) < limit:
            continue
        half = (period_end(campaign.ends_on, campaign.timezone) - row.opened_at) / 2
        late = now >= row.opened_at + half
        yield Oversight(
            "round_waiting",
            "campaign",
            campaign.id,
            campaign.name,
            "urgent" if late else "need",
            row.opened_at,
            row.area_id,
        )


def rounds_missed(session: Session, now: datetime) -> Iterator[Oversight]:
    """Rounds that nobody has started before their period was over."""
    for row in _unstarted(session, Campaign.ends_on >= (now - REMEMBERED).date()):
        campaign = row.campaign
        over = period_end(campaign.ends_on, campaign.timezone)
        if over <= now < over + REMEMBERED:
            yield Oversight(
                "round_missed", "campaign", campaign.id, campaign.name, "urgent", over, row.area_id
            )


def _unstarted(session: Session, *conditions: object) -> list[Round]:
    wanted = select(Round).join(Campaign).where(Round.started_at.is_(None), *conditions)  # type: ignore[arg-type]
    return list(session.scalars(wanted.options(joinedload(Round.campaign)).order_by(Round.id)))
