"""Somebody who waits on another process's line for whoever takes an order: seen in the order's history.

Two calls can hear each other only within one process. Whoever takes the order by the telephone of another
one is told so, and is rung by the process that has the elder, which finds the order theirs.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.orders import WorkOrder, WorkOrderEvent

LONGEST_SEARCH_S = 150.0
"""After so long nobody further is rung; with the last call it stays below ``ivr.bridge.LONGEST_WAIT_S``."""
WAITS = "caller_waits"
"""Event: somebody waits on the line for whoever takes the order."""
WAITED = "caller_waits_no_more"
"""Event: they have been put through, or have gone, or nobody further is rung."""


def waits_elsewhere(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Whether somebody waits on any process's line. A dead one is believed for as long as it may search."""
    last = session.execute(
        select(WorkOrderEvent.kind, WorkOrderEvent.at)
        .where(WorkOrderEvent.order_id == order.id, WorkOrderEvent.kind.in_([WAITS, WAITED]))
        .order_by(WorkOrderEvent.id.desc())
        .limit(1)
    ).one_or_none()
    return last is not None and last.kind == WAITS and now - last.at < timedelta(seconds=LONGEST_SEARCH_S)


def number_of(order: WorkOrder) -> str:
    """The first number at which whoever needs help can be called back; empty where none is known."""
    return next((phone.number for phone in order.elder.phones if phone.status == "usable"), "")
