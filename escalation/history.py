"""The history of a work order: what happened to it, row by row, in the transaction of the thing itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records.audit import audit
from records.orders import WorkOrder, WorkOrderEvent

SYSTEM = "escalation"
"""The actor of everything that no worker did."""

ALERTING = ("opened", "raised", "reopened", "added", "assigned")
"""Kinds of events after which somebody is told; their number tells one occasion from the next."""


def note_event(
    session: Session,
    order: WorkOrder,
    kind: str,
    note: str,
    *,
    now: datetime,
    actor: str = SYSTEM,
    step: int | None = None,
) -> None:
    """Write what happened into the order's history and the audit trail; ``step``: of its ladder."""
    session.add(WorkOrderEvent(order_id=order.id, at=now, actor=actor, kind=kind, note=note, step=step))
    audit(
        session,
        at=now,
        actor=actor,
        action=f"order_{kind}",
        subject_type="work_order",
        subject_id=order.id,
        urgency=order.urgency,
        reason=order.reason,
    )
    session.flush()


def occasions(session: Session, order: WorkOrder) -> int:
    """How often this order has called for attention."""
    kinds = session.scalars(
        select(WorkOrderEvent.kind).where(
            WorkOrderEvent.order_id == order.id, WorkOrderEvent.kind.in_(ALERTING)
        )
    ).all()
    return len(kinds)


def how_often(session: Session, order: WorkOrder, kind: str) -> int:
    """How often this has happened to the order."""
    counted = select(func.count(WorkOrderEvent.id)).where(
        WorkOrderEvent.order_id == order.id, WorkOrderEvent.kind == kind
    )
    return session.scalar(counted) or 0
