"""A promise that was not kept: an elder says so at the next visit, and the order is opened again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.asking import climb, put_on_ladder
from escalation.deadlines import renewed
from escalation.history import SYSTEM, note_event
from escalation.rules import Rules
from records.audit import AuditEvent, audit
from records.orders import WorkOrder
from records.promises import PROMISED, promised_order
from records.visits import Answer, Visit

NOT_DONE = ("concern", "problem")
ACTION = "promise_unkept"


def follow_promise(session: Session, rules: Rules, visit: Visit, now: datetime) -> WorkOrder | None:
    """Open the order again whose service the elder says has not come; once for each visit.

    An order that is still open stays where it is on its ladder; that the elder asked is noted either way.
    Returns the order that was opened again.
    """
    answer = session.scalars(
        select(Answer).where(Answer.visit_id == visit.id, Answer.question == PROMISED)
    ).one_or_none()
    if answer is None or answer.answer not in NOT_DONE or _noted(session, visit):
        return None
    promised = promised_order(session, visit)
    if promised is None:
        return None
    order = session.scalars(
        select(WorkOrder)
        .where(WorkOrder.id == promised.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    audit(
        session,
        at=now,
        actor=SYSTEM,
        action=ACTION,
        subject_type="visit",
        subject_id=visit.id,
        order=order.id,
    )
    if order.status != "closed":
        note_event(session, order, "asked_again", PROMISED, now=now)
        return None
    order.deadline = renewed(rules, order, now)
    order.status, order.closed_at = "open", None
    put_on_ladder(session, rules, order)
    note_event(session, order, "reopened", PROMISED, now=now)
    climb(session, rules, order, now)
    return order


def _noted(session: Session, visit: Visit) -> bool:
    return (
        session.scalars(
            select(AuditEvent.id).where(
                AuditEvent.subject_type == "visit",
                AuditEvent.subject_id == visit.id,
                AuditEvent.action == ACTION,
            )
        ).first()
        is not None
    )
