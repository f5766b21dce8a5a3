"""After a service the elder is asked how it was (反馈表): the question stands until somebody has an answer.

What counts as a service is done by a person and seen by the elder: a visit, a call, something arranged. A
file that was put right is none, nor is an order that was closed because nobody was there or word came another
way. Whoever gave the service may note what is said of it, as with a form left at the door; the row says so.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from escalation.history import note_event
from records.feedback import Feedback, Rating, SaidBy, is_to_ask
from records.orders import WorkOrder
from records.people import Worker

SERVICES = ("in_person_visit", "phone_follow_up", "service_referral")
"""Kinds of orders that are a service to the elder."""
ASK_FOR = timedelta(days=30)
"""How long after a service there is still any sense in asking."""


def ask(session: Session, order: WorkOrder, now: datetime, *, served_by: str) -> None:
    """A service is done: somebody is to ask how it was. Done again, it is asked about again."""
    if order.kind not in SERVICES:
        return
    session.merge(
        Feedback(
            order_id=order.id,
            elder_id=order.elder_id,
            served_by=served_by,
            served_at=now,
            rating=None,
            said_by="",
            noted_by="",
            noted_at=None,
        )
    )


def note_feedback(
    session: Session,
    order: WorkOrder,
    worker: Worker,
    rating: Rating,
    now: datetime,
    *,
    said_by: SaidBy = "elder",
    words: str = "",
) -> bool:
    """Keep what was said of a service; said anew it replaces what was said before, and the history has both.

    False when there is nothing to speak of: the order is not closed, or was no service.
    """
    asked = session.get(Feedback, order.id, with_for_update=True)
    if asked is None or order.status != "closed":
        return False
    asked.rating, asked.said_by, asked.noted_by, asked.noted_at = rating, said_by, worker.login, now
    note_event(session, order, f"said_{rating}", words.strip(), actor=worker.login, now=now)
    return True


def unasked(now: datetime) -> ColumnElement[bool]:
    """Whether somebody should still be asked about a service; an order that is open again is none yet."""
    return is_to_ask() & (Feedback.served_at > now - ASK_FOR) & (WorkOrder.status == "closed")
