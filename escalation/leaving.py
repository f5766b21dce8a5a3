"""A worker leaves for good: they sign in no more, are asked no more, and others are asked instead."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.asking import climb
from escalation.climbing import TAKEN_AWAY
from escalation.history import note_event
from escalation.rules import Rules
from records.audit import audit
from records.orders import WorkOrder
from records.people import Worker


def leave(session: Session, rules: Rules, worker: Worker, *, actor: str, now: datetime) -> list[int]:
    """Let a worker go; returns the orders that others are asked about now.

    Of an order that was only offered to them the ladder's next step follows at once as well.
    """
    worker.active = False
    audit(session, at=now, actor=actor, action="worker_left", subject_type="worker", subject_id=worker.id)
    orders = session.scalars(
        select(WorkOrder)
        .where(WorkOrder.assignee_id == worker.id, WorkOrder.status != "closed")
        .order_by(WorkOrder.deadline, WorkOrder.id)
        .with_for_update()
    ).all()
    for order in orders:
        order.status, order.assignee_id, order.assignee = "open", None, None
        note_event(session, order, TAKEN_AWAY, worker.login, actor=actor, now=now)
        climb(session, rules, order, now)
    return [order.id for order in orders]


def come_back(session: Session, worker: Worker, *, actor: str, now: datetime) -> bool:
    """Let somebody work here again who had left; False if they had not. Orders stay where they are."""
    if worker.active:
        return False
    worker.active = True
    audit(session, at=now, actor=actor, action="worker_returned", subject_type="worker", subject_id=worker.id)
    return True
