"""An order that somebody had taken is open once more, because it has become something else, or they are gone.

Whoever took a call for tomorrow has not taken an emergency: whether they know of it must be seen.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from escalation.alerts import Occasion, Recipient, tell
from escalation.climbing import ANEW, TAKEN_AWAY
from escalation.history import how_often, note_event
from escalation.rules import Rules
from records.orders import WorkOrder
from records.people import Worker


def ask_anew(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Have an order that has become an emergency accepted once more; returns whether that is needed.

    Whoever has set out already is on the way; they are told, and nobody else is asked. The caller has locked
    the order's row and lets its ladder be climbed.
    """
    if order.status != "accepted":
        return False
    order.status = "open"
    note_event(session, order, ANEW, order.assignee.login if order.assignee is not None else "", now=now)
    return True


def note_taken_away(
    session: Session, rules: Rules, order: WorkOrder, former: Worker, by: Worker, now: datetime
) -> None:
    """Put on record that somebody else is asked instead, and tell whoever had the order so."""
    note_event(session, order, TAKEN_AWAY, former.login, actor=by.login, now=now)
    occasion = Occasion(how_often(session, order, TAKEN_AWAY), standing="handed_on")
    tell(session, rules, order, [Recipient.of(former)], occasion, now)
