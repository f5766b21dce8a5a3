"""When an elder's next visit is due: so many days after the last one as policy and surge days allow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.policy import Policy
from campaigns.presence import today_at
from campaigns.surges import Surges, due_with
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


def due_on(elder: Elder, last: datetime | None, policy: Policy, surges: Surges) -> date:
    """The day by which an elder is to be visited again, on their own calendar; long ago if never visited."""
    day = None if last is None else today_at(elder, last)
    return due_with(day, cadence_days(elder.tier, elder.categories, policy), surges.of(elder))
