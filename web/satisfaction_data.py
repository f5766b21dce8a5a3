"""How satisfied elders were this month, within a worker's areas, and who was not asked yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.policy import Tier
from campaigns.satisfaction import Satisfaction, month_began, read_said, together, together_by
from escalation.feedback import unasked
from records.feedback import Feedback
from records.orders import WorkOrder
from records.people import Area, Elder
from web.access import ours
from web.coverage_data import MOST_AREAS, target_of
from web.identity import SignedIn


@dataclass(frozen=True)
class Told:
    """What the overview shows of it."""

    target: int
    """Percent, by the policy of the worker's own area."""
    all: Satisfaction
    tiers: Sequence[tuple[str, Satisfaction]]
    areas: Sequence[tuple[str, Satisfaction]]
    """By name, the lowest share first; empty when there is only one area."""
    unasked: int
    """Services after which nobody has been asked yet."""


def told(session: Session, user: SignedIn, now: datetime) -> Told:
    """The month of ``now``, as the worker's calendar has it."""
    said = read_said(session, month_began(now, user.zone), where=ours(user))
    by_tier = together_by(said, lambda each: each.tier)
    by_area = together_by(said, lambda each: each.area_id)
    named = session.execute(select(Area.id, Area.name).where(Area.id.in_(by_area)))
    names = {each.id: each.name for each in named}
    areas = [(names[area], found) for area, found in by_area.items()]
    lowest = sorted(areas, key=lambda row: (1.0 if row[1].share is None else row[1].share, row[0]))
    return Told(
        target=target_of(session, user, now).satisfaction,
        all=together(said),
        tiers=[(tier, by_tier[tier]) for tier in Tier if tier in by_tier],
        areas=lowest[:MOST_AREAS] if len(lowest) > 1 else [],
        unasked=unasked_count(session, user, now),
    )


def unasked_count(session: Session, user: SignedIn, now: datetime) -> int:
    """After how many services somebody should still be asked how it was."""
    waiting = (
        select(func.count(Feedback.order_id))
        .join(WorkOrder, WorkOrder.id == Feedback.order_id)
        .join(Elder, Elder.id == Feedback.elder_id)
        .where(ours(user), unasked(now))
    )
    return session.scalar(waiting) or 0
