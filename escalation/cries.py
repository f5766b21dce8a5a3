"""A cry for help in any call, and the order that was opened for it: found before anybody is rung about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from escalation.once import key_of
from escalation.policy import OrderKind
from records.orders import WorkOrder


@dataclass(frozen=True, slots=True)
class Cry:
    """Where somebody cried for help."""

    name: str
    """For the log."""
    orders: ColumnElement[bool]
    """Which orders may be its own."""


def in_visit(visit_id: int) -> Cry:
    """In the call of a visit."""
    return Cry(f"visit {visit_id}", WorkOrder.visit_id == visit_id)


def in_call_in(call_in_id: int) -> Cry:
    """In a call that came in for which no visit was waiting; see ``escalation.call_ins``."""
    keys = [key_of("call_in", call_in_id, kind) for kind in get_args(OrderKind)]
    return Cry(f"call in {call_in_id}", WorkOrder.dedupe_key.in_(keys))


def about_order(order_id: int) -> Cry:
    """In a call about an order that stands, which has become an emergency by it."""
    return Cry(f"order {order_id}", WorkOrder.id == order_id)


def order_of(session: Session, cry: Cry) -> WorkOrder | None:
    """The emergency order of a cry, its row locked; None while there is none."""
    return session.scalars(
        select(WorkOrder)
        .where(cry.orders, WorkOrder.urgency == "emergency")
        .order_by(WorkOrder.id)
        .limit(1)
        .with_for_update()
    ).one_or_none()
