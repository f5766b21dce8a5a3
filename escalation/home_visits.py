"""A planned visit in person ends with the order by which somebody went there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from records.audit import audit
from records.orders import WorkOrder
from records.people import Worker


def end_home_visit(
    session: Session, order: WorkOrder, worker: Worker, now: datetime, *, elder_seen: bool
) -> None:
    """End the visit that the order was for; one by telephone goes its own way."""
    visit = order.visit
    if visit is None or visit.status == "ended" or visit.mode != "in_home":
        return
    visit.status, visit.ended_at, visit.next_attempt_at = "ended", now, None
    visit.outcome = "completed" if elder_seen else "unreachable"
    audit(
        session,
        at=now,
        actor=worker.login,
        action="visit_ended",
        subject_type="visit",
        subject_id=visit.id,
        outcome=visit.outcome,
        mode=visit.mode,
    )
