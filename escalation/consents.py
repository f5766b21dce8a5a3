"""Consent to a visit at home: asked of the elder or whoever supports them, unless it is an emergency.

The plans demand the consent of the elder or of the person supporting them (入户探访须经同意). An emergency
does not wait for it. Whoever cannot be asked beforehand is asked at the door; a refusal is respected.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.history import note_event
from escalation.reading import newest_consent
from records.orders import WorkOrder, WorkOrderEvent
from records.people import Consent, Worker

State = Literal["not_needed", "given", "ask", "at_door", "refused"]
Reply = Literal["elder_agrees", "supporter_agrees", "elder_refuses", "supporter_refuses", "at_door"]
"""What came of asking; ``at_door``: nobody could be asked beforehand."""

REPLIES: tuple[Reply, ...] = get_args(Reply)
AT_DOOR = "consent_at_door"
"""Event: nobody could be asked beforehand, so the question is put at the door."""


def consent_state(session: Session, order: WorkOrder) -> State:
    """Whether somebody may go to the elder's home for this order.

    A refusal counts when it came after the order was last opened: to something new the elder may say yes.
    """
    if order.kind != "in_person_visit" or order.urgency == "emergency":
        return "not_needed"
    newest = newest_consent(session, order.elder_id, "in_home_visit")
    if newest is not None and newest.granted:
        return "given"
    opened = session.scalars(
        select(WorkOrderEvent)
        .where(WorkOrderEvent.order_id == order.id, WorkOrderEvent.kind.in_(["opened", "reopened"]))
        .order_by(WorkOrderEvent.id.desc())
        .limit(1)
    ).first()
    if newest is not None and (opened is None or newest.recorded_at >= opened.at):
        return "refused"
    asked = session.scalars(
        select(WorkOrderEvent.id).where(
            WorkOrderEvent.order_id == order.id,
            WorkOrderEvent.kind == AT_DOOR,
            WorkOrderEvent.id > (0 if opened is None else opened.id),
        )
    ).first()
    return "ask" if asked is None else "at_door"


def objection(session: Session, order: WorkOrder) -> str:
    """Why nobody may go to the elder's home yet, empty when somebody may."""
    return {
        "ask": "ask the elder or whoever supports them before you go",
        "refused": "the visit was refused; close the order with what was agreed",
    }.get(consent_state(session, order), "")


def note_reply(session: Session, order: WorkOrder, worker: Worker, reply: Reply, now: datetime) -> State:
    """Keep what the elder (or whoever supports them) said; returns where that leaves the order."""
    if reply == "at_door":
        note_event(session, order, AT_DOOR, "", actor=worker.login, now=now)
        return consent_state(session, order)
    granted = reply in ("elder_agrees", "supporter_agrees")
    session.add(
        Consent(
            elder_id=order.elder_id,
            kind="in_home_visit",
            granted=granted,
            given_by="elder" if reply.startswith("elder") else "supporter",
            source=f"work order {order.id}",
            recorded_at=now,
        )
    )
    kind = "consent_given" if granted else "consent_refused"
    note_event(session, order, kind, "", actor=worker.login, now=now)
    return consent_state(session, order)
