"""Finding what lies: visits whose period is over, visits without a date, and whatever should have moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from campaigns.aftercare import Aftercare
from campaigns.retries import End
from campaigns.settling import ACTOR, end_with_period
from campaigns.stopping import finish_stopped
from campaigns.windows import end_of_day, start_of_day
from records.audit import audit
from records.visits import CallAttempt, Campaign, Visit, is_not_over, is_open

GRACE = timedelta(minutes=30)
"""How long past its time a visit may lie before somebody should know."""
FUTILE_CLAIMS = 10
"""Claims without an attempt after which something is wrong with a visit."""

Why = Literal[
    "not_called",
    "campaign_paused",
    "campaign_not_started",
    "call_lost",
    "no_next_attempt",
    "never_gets_to_ring",
    "period_over",
]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A visit that should have moved and did not."""

    visit_id: int
    elder_id: int
    campaign_id: int
    why: Why
    since: datetime


def overdue(session: Session, now: datetime, *, grace: timedelta = GRACE) -> list[Overdue]:
    """The visits that should have moved by now and did not, the longest waiting first.

    For an auditor to raise to a person. A visit is named once, with the first reason that applies.
    """
    late = now - grace
    often_claimed = select(Visit.id).where(is_open(), Visit.fence >= FUTILE_CLAIMS)
    rung = set(
        session.scalars(
            select(CallAttempt.visit_id).where(
                CallAttempt.dialled_at.is_not(None), CallAttempt.visit_id.in_(often_claimed)
            )
        )
    )
    open_visits = session.execute(select(Visit, Campaign).join(Campaign).where(is_open()))
    found = [
        Overdue(visit.id, visit.elder_id, campaign.id, why, since)
        for visit, campaign in open_visits
        for why, since in _reasons(visit, campaign, rung=visit.id in rung)
        if since <= late
    ]
    first: dict[int, Overdue] = {}
    for each in found:
        first.setdefault(each.visit_id, each)
    return sorted(first.values(), key=lambda each: each.since)


def _reasons(visit: Visit, campaign: Campaign, *, rung: bool) -> list[tuple[Why, datetime]]:
    """Every reason for which a visit might be overdue, with the moment from which it would be."""
    reasons: list[tuple[Why, datetime]] = [("period_over", end_of_day(campaign.ends_on, campaign.timezone))]
    if visit.mode != "telephone":
        return reasons
    if visit.status == "in_progress":
        reasons.append(("call_lost", visit.lease_until or visit.created_at))
    elif campaign.status == "draft":
        begins = start_of_day(campaign.starts_on, campaign.timezone)
        reasons.append(("campaign_not_started", begins or visit.created_at))
    elif visit.next_attempt_at is None:
        reasons.append(("no_next_attempt", visit.created_at))
    else:
        why: Why = "campaign_paused" if campaign.status == "paused" else "not_called"
        reasons.append((why, visit.next_attempt_at))
    if visit.fence >= FUTILE_CLAIMS and not rung:
        reasons.append(("never_gets_to_ring", visit.created_at))
    return reasons


def expired_visits(session: Session, now: datetime) -> list[int]:
    """Ids of the visits, by telephone or in person, that nobody works on and whose period is over."""
    over = _campaigns_over(session, now)
    waiting = select(Visit.id).where(is_open(), Visit.status == "planned", Visit.campaign_id.in_(over))
    return list(session.scalars(waiting.order_by(Visit.id)))


def expire(session: Session, visit_id: int, aftercare: Aftercare, now: datetime) -> End | None:
    """End a visit whose period is over and have it looked after; None when it has moved meanwhile."""
    visit = session.scalar(
        select(Visit).where(Visit.id == visit_id, Visit.status == "planned").with_for_update(skip_locked=True)
    )
    return None if visit is None else end_with_period(session, visit, aftercare, now)


def tidy_up(session: Session, now: datetime) -> None:
    """Give a date to telephone visits that have none, and end campaigns that have nothing left to do."""
    finish_stopped(session, now)
    running = select(Campaign.id).where(is_not_over(), Campaign.status == "running")
    for first in (True, False):  # apart, so that the index finds them
        session.execute(
            update(Visit)
            .where(is_open(), Visit.status == "planned", Visit.mode == "telephone")
            .where(Visit.comes_first == first, Visit.next_attempt_at.is_(None))
            .where(Visit.campaign_id.in_(running))
            .values(next_attempt_at=now)
            .execution_options(synchronize_session=False)
        )
    still_open = select(Visit.id).where(Visit.campaign_id == Campaign.id, is_open()).exists()
    for campaign in session.scalars(
        select(Campaign).where(Campaign.id.in_(_campaigns_over(session, now)), ~still_open)
    ):
        campaign.status = "ended"
        audit(session, at=now, actor=ACTOR, action="ended", subject_type="campaign", subject_id=campaign.id)


def _campaigns_over(session: Session, now: datetime) -> Sequence[int]:
    campaigns = session.execute(select(Campaign.id, Campaign.ends_on, Campaign.timezone).where(is_not_over()))
    return [each for each, last, timezone in campaigns if end_of_day(last, timezone) <= now]
