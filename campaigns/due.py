"""When an elder's next visit is due: so many days after the last one as the policy in force allows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.policy import Policy
from campaigns.presence import today_at
from campaigns.tiers import cadence_days
from records.people import Elder
from records.visits import Visit

VISITED = ("completed", "escalated")
"""Outcomes that count as a visit: all was asked, or a person has taken over. Nothing else is rounded up."""


def last_visited(session: Session) -> Mapping[int, datetime]:
    """When each elder was visited last, by id; whoever never was is not in it."""
    rows = session.execute(
        select(Visit.elder_id, func.max(Visit.ended_at))
        .where(Visit.outcome.in_(VISITED), Visit.ended_at.is_not(None))
        .group_by(Visit.elder_id)
    )
    return {elder_id: at for elder_id, at in rows if at is not None}


def next_due(last: date | None, days: int) -> date:
    """The last day on which the next visit is in time; for somebody never visited, long ago."""
    return date.min if last is None else last + timedelta(days=days)


def due_on(elder: Elder, last: datetime | None, policy: Policy) -> date:
    """The day by which an elder is to be visited again, on their own calendar."""
    day = None if last is None else today_at(elder, last)
    return next_due(day, cadence_days(elder.tier, elder.categories, policy))
