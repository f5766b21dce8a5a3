"""What an elder was promised: the referral that came of their last visit, to be asked about at the next."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.orders import WorkOrder
from records.visits import Visit

PROMISED = "promised"
"""Id of the question that asks about it."""
SPOKEN_WITH = ("completed", "partial", "escalated")
"""Outcomes of visits in which the elder was spoken with."""


def promised_order(session: Session, visit: Visit) -> WorkOrder | None:
    """The order by which a wish of the elder's visit before this one was to be met, done or not.

    Asked again for the same visit it is the same order: it does not depend on what became of it since.
    """
    before = (
        select(Visit.id)
        .where(
            Visit.elder_id == visit.elder_id,
            Visit.id < visit.id,
            Visit.mode == "telephone",
            Visit.status == "ended",
            Visit.outcome.in_(SPOKEN_WITH),
        )
        .order_by(Visit.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return session.scalars(
        select(WorkOrder)
        .where(WorkOrder.visit_id == before, WorkOrder.kind == "service_referral")
        .order_by(WorkOrder.id)
        .limit(1)
    ).first()
