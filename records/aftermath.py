"""Which visits have what must follow them, marked on the visit: the auditor looks at the others only.

A visit is settled when it has its scores and, unless its end needs nobody's attention, a work order. The rows
of both decide; whoever writes one of them by the ledger's session, or how the visit ended, has the mark set
anew from them in the same transaction. A visit nobody marked is not settled, so what is forgotten comes to
light: a mark too few costs the auditor a look, and scores and orders are never taken away again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, event, func, inspect, select, update
from sqlalchemy.orm import Session, UOWTransaction, sessionmaker

from records.orders import WorkOrder
from records.visits import Assessment, Visit

NEED_NOBODY = ("completed", "cancelled")
"""Outcomes of a visit that need nobody's attention by themselves."""


def has_all_that_follows() -> ColumnElement[bool]:
    """Whether a visit has its scores, and its order where its end calls for one: what the mark says."""
    scored = select(Assessment.id).where(Assessment.visit_id == Visit.id).correlate(Visit).exists()
    ordered = select(WorkOrder.id).where(WorkOrder.visit_id == Visit.id).correlate(Visit).exists()
    return scored & (func.coalesce(Visit.outcome, "").in_(NEED_NOBODY) | ordered)


def _mark(session: Session, _context: UOWTransaction) -> None:
    visits = {each.visit_id for each in session.new if isinstance(each, Assessment | WorkOrder)}
    changed = (each for each in session.dirty if isinstance(each, Visit))
    visits |= {each.id for each in changed if inspect(each).attrs.outcome.history.has_changes()}
    marked = sorted(each for each in visits if each is not None)
    if marked:
        settled: Any = has_all_that_follows()
        session.connection().execute(
            update(Visit).where(Visit.id.in_(marked), Visit.settled != settled).values(settled=settled)
        )


def keep_settled(writers: sessionmaker[Session]) -> None:
    """Have every session of these keep the marks."""
    event.listen(writers, "after_flush", _mark)
