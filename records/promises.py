"""What an elder was promised: the referral that came of their last visit or call, asked about at the next."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records.orders import WorkOrder
from records.visits import CallAttempt, Visit

PROMISED = "promised"
"""Id of the question that asks about it."""
SPOKEN_WITH = ("completed", "partial", "escalated")
"""Outcomes of visits in which the elder was spoken with."""


def promised_order(session: Session, visit: Visit) -> WorkOrder | None:
    """The order by which the elder's latest wish was to be met, done or not.

    A wish of the visit before this one, or of a call of theirs since. Asked again for the same visit it is
    the same order: it does not depend on what became of it since.
    """
    before = session.execute(
        select(Visit.id, Visit.ended_at)
        .where(
            Visit.elder_id == visit.elder_id,
            Visit.id < visit.id,
            Visit.mode == "telephone",
            Visit.status == "ended",
            Visit.outcome.in_(SPOKEN_WITH),
        )
        .order_by(Visit.id.desc())
        .limit(1)
    ).one_or_none()
    wished = select(WorkOrder).where(
        WorkOrder.elder_id == visit.elder_id, WorkOrder.kind == "service_referral"
    )
    begun = session.scalar(select(func.min(CallAttempt.intended_at)).where(CallAttempt.visit_id == visit.id))
    in_calls = wished.where(WorkOrder.visit_id.is_(None))
    if begun is not None:
        in_calls = in_calls.where(WorkOrder.opened_at < begun)
    if before is not None and before.ended_at is not None:
        in_calls = in_calls.where(WorkOrder.opened_at > before.ended_at)
    latest = session.scalars(in_calls.order_by(WorkOrder.id.desc()).limit(1)).first()
    if latest is not None or before is None:
        return latest
    return session.scalars(
        wished.where(WorkOrder.visit_id == before.id).order_by(WorkOrder.id).limit(1)
    ).first()
