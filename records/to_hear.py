"""Which visits a person should listen to, marked on the visit: of years of visits a handful is left to hear.

A second mark says whether there ever was something to hear, also after a person has listened.

The rows of flags, answers and assessments decide. Whoever writes one by the ledger's session has the mark of
its visit set anew from them, in the same transaction. Every page asks for the number of visits marked.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, event, select, update
from sqlalchemy.orm import Session, UOWTransaction, sessionmaker

from records.visits import Answer, Assessment, Flag, Visit

GRAVE = ("orange", "red")
"""Levels at which a person listens whatever was flagged."""


def to_be_heard() -> ColumnElement[bool]:
    """Whether a visit is flagged, unclear or grave, and not reviewed yet: what the mark says, by the rows."""
    scored = select(Assessment.id).where(Assessment.visit_id == Visit.id)
    return worth_hearing() & ~has(scored.where(Assessment.reviewed_at.is_not(None)))


def worth_hearing() -> ColumnElement[bool]:
    """Whether a visit is flagged, unclear or grave, reviewed or not: the second mark, by the rows."""
    flagged = has(select(Flag.id).where(Flag.visit_id == Visit.id))
    unclear = has(select(Answer.id).where(Answer.visit_id == Visit.id, Answer.answer == "unclear"))
    scored = select(Assessment.id).where(Assessment.visit_id == Visit.id)
    grave = has(scored.where(Assessment.overall.in_(GRAVE)))
    return flagged | unclear | grave


def has(rows: Select[int]) -> ColumnElement[bool]:
    """Whether a visit has such rows, also within a query that joins them for other reasons.

    Asked of each visit by itself: for EXISTS PostgreSQL would read all rows of all years first where it
    expects that many visits are looked at.
    """
    return rows.correlate(Visit).limit(1).scalar_subquery().is_not(None)


def _mark(session: Session, _context: UOWTransaction) -> None:
    written = {*session.new, *session.dirty, *session.deleted}
    visits = {each.visit_id for each in written if isinstance(each, Flag | Answer | Assessment)}
    if visits:
        heard: Any = to_be_heard()
        noted: Any = worth_hearing()
        session.connection().execute(
            update(Visit)
            .where(Visit.id.in_(sorted(visits)), (Visit.to_hear != heard) | (Visit.noted != noted))
            .values(to_hear=heard, noted=noted)
        )


def keep_marks(writers: sessionmaker[Session]) -> None:
    """Have every session of these keep the marks."""
    event.listen(writers, "after_flush", _mark)
