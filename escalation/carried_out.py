"""What follows when a work order is carried out: its visit ends, and the elder is asked how it was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from escalation import feedback
from escalation.home_visits import end_home_visit
from records.orders import WorkOrder
from records.people import Worker


def carried_out(
    session: Session, order: WorkOrder, worker: Worker, now: datetime, *, elder_seen: bool
) -> None:
    """Draw the consequences of closing an order; ``elder_seen``: whether the elder was there."""
    if order.kind == "in_person_visit":
        end_home_visit(session, order, worker, now, elder_seen=elder_seen)
    if elder_seen:
        feedback.ask(session, order, now, served_by=worker.login)
