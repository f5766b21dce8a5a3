"""The auditor passes over visits marked as settled: the mark never says more than their scores and orders."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.campaigning import MONDAY, Community
from support.fresh_ledgers import holds_in_fresh_ledgers
from support.ledgers import Ledgers
from support.rows import scored, work_order

from escalation.situations import SETTLED
from records.aftermath import has_all_that_follows
from records.keyring import Keyring
from records.marks import is_unsettled
from records.orders import WorkOrder
from records.sessions import Ledger
from records.visits import Visit

VISITS = 2
ENDS = ("completed", "unreachable", "refused", "cancelled")
WRITES = st.lists(
    st.tuples(st.integers(1, VISITS), st.sampled_from(["scores", "order", *ENDS, "again"])), max_size=10
)


def write(session: Session, visit: Visit, what: str) -> None:
    if what == "scores" and visit.assessment is None:
        visit.assessment = scored(MONDAY)
    elif what == "order":
        number = len(session.scalars(select(WorkOrder.id)).all())
        key = f"visit:{visit.id}:{number}"
        session.add(work_order(visit.elder_id, MONDAY, key, visit_id=visit.id, reason="unreachable"))
    elif what == "again":
        visit.status, visit.outcome, visit.ended_at = "in_progress", None, None
    elif what in ENDS:
        visit.status, visit.outcome, visit.ended_at = "ended", what, MONDAY


def unsettled_plainly(session: Session) -> set[int]:
    """Visits that are over and lack something that must follow, as the auditor means it, from the rows."""
    ordered = set(session.scalars(select(WorkOrder.visit_id)))
    return {
        visit.id
        for visit in session.scalars(select(Visit).where(Visit.status == "ended"))
        if visit.assessment is None or (visit.outcome not in SETTLED and visit.id not in ordered)
    }


def test_whatever_lacks_something_is_among_those_that_the_auditor_looks_at(
    ledgers: Ledgers, keyring: Keyring, tmp_path: Path
) -> None:
    holds_in_fresh_ledgers(ledgers, keyring, tmp_path, WRITES, looked_at_as_the_rows_say, examples=10)


def looked_at_as_the_rows_say(ledger: Ledger, folder: Path, writes: list[tuple[int, str]]) -> None:
    Community(ledger, folder).settle(VISITS)
    for number, what in writes:
        with ledger.session() as session:
            write(session, session.get_one(Visit, number), what)
        with ledger.reading() as session:
            assert set(session.scalars(select(Visit.id).where(is_unsettled()))) == unsettled_plainly(session)
            marked = set(session.scalars(select(Visit.id).where(Visit.settled)))
            assert marked == set(session.scalars(select(Visit.id).where(has_all_that_follows())))
