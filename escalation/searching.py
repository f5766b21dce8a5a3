"""Whom the switchboard rings next for an elder who waits, noted in the ledger before it is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from escalation.alerts import order_text
from escalation.cries import Cry, order_of
from escalation.history import note_event
from escalation.on_call_now import HELD, Busy, Nobody, Ring, next_to_ring
from escalation.rules import Channel, Rules
from escalation.waiting_elsewhere import WAITS
from escalation.worker_call import LONGEST_CALL_S
from ivr.bridge import Bridge
from records.orders import WorkOrderEvent
from speech.types import Language, spoken_language

RUNG_FOR_ELDER = "worker_rung_for_elder"
"""Event: a worker is being rung while the elder waits; its note is the login. It is no ring of the outbox."""
RING_S = 25.0
"""Shorter than elsewhere: somebody waits, and there are others to ask."""
SPOKEN = Channel("transfer", "none", "number", spoken=True)
"""What a worker is told is what any channel may tell that says nothing about health."""


@dataclass(slots=True)
class Search:
    """One elder, or whoever else called, who waits."""

    cry: Cry
    bridge: Bridge
    until: datetime
    order_id: int | None = None
    tried: set[int] = field(default_factory=set)
    again: bool = False
    """Whether somebody who was tried and has the order since may be rung once more."""
    calls: int = 0
    blind: bool = False
    """Whether the network is asked to ring people itself."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """A call that stands in the ledger and is about to be made."""

    order_id: int
    ring: Ring
    reference: str
    holder: str
    sentence: str
    language: Language


def intend(session: Session, search: Search, rules: Rules, now: datetime) -> Ringing | Busy | Nobody | None:
    """Note the call before it is made; None while the cry has no order yet."""
    order = order_of(session, search.cry)
    if order is None:
        return None
    if search.order_id is None:
        note_event(session, order, WAITS, "", now=now)
    elif order.status in HELD and order.assignee_id in search.tried and not search.again:
        search.again = True  # taken by another telephone than ours, as where several processes ring
        search.tried.discard(order.assignee_id)
    search.order_id = order.id
    rung = select(func.count(WorkOrderEvent.id)).where(
        WorkOrderEvent.order_id == order.id, WorkOrderEvent.kind == RUNG_FOR_ELDER
    )
    holder = f"transfer-{order.id}-{(session.scalar(rung) or 0) + 1}"
    longest = RING_S + LONGEST_CALL_S
    found = next_to_ring(session, order, search.tried, holder=holder, now=now, seconds=longest)
    if not isinstance(found, Ring):
        return found
    note_event(session, order, RUNG_FOR_ELDER, found.login, now=now)
    language = spoken_language(found.language)
    return Ringing(
        order_id=order.id,
        ring=found,
        reference=f"{holder}-{found.worker_id}",
        holder=holder,
        sentence=order_text(rules, order, language, SPOKEN),
        language=language,
    )
