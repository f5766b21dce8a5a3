"""What follows when a work order is carried out: its visit ends, and the elder is asked how it was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from escalation import feedback
from records.audit import audit
from records.orders import WorkOrder
from records.people import Worker


def carried_out(
    session: Session, order: WorkOrder, worker: Worker, now: datetime, *, elder_seen: bool
) -> None:
    """Draw the consequences of closing an order; ``elder_seen``: whether the elder was there."""
    if order.kind == "in_person_visit":
        _end_home_visit(session, order, worker, now, elder_seen=elder_seen)
    if elder_seen:
        feedback.ask(session, order, now, served_by=worker.login)


def _end_home_visit(
    session: Session, order: WorkOrder, worker: Worker, now: datetime, *, elder_seen: bool
) -> None:
    """A planned visit in person ends with its order; one by telephone goes its own way."""
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
