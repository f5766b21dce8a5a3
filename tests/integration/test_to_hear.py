"""The mark on a visit says what its rows say: nothing that a person should hear is left off the list."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.campaigning import MONDAY, Community
from support.fresh_ledgers import holds_in_fresh_ledgers
from support.ledgers import Ledgers
from support.rows import scored

from records.keyring import Keyring
from records.people import Worker
from records.sessions import Ledger
from records.to_hear import to_be_heard, worth_hearing
from records.visits import Answer, CallAttempt, Flag, Turn, Visit
from web.call_data import Filter, find_calls, to_review
from web.identity import describe

VISITS = 3
WRITES = st.lists(
    st.tuples(
        st.integers(1, VISITS),
        st.sampled_from(["flag", "unclear", "answer", "green", "red", "review", "understood", "graver"]),
    ),
    max_size=12,
)


def write(session: Session, visit: Visit, what: str) -> None:
    """What calls, scoring and reviewers write, each as they do."""
    if what == "flag" and not visit.flags:
        visit.flags.append(Flag(code="fell", urgency="urgent", confirmed="no", raised_at=MONDAY))
    elif what in {"unclear", "answer"} and not visit.answers:
        answer = "unclear" if what == "unclear" else "ok"
        session.add(Answer(visit_id=visit.id, question="meals", answer=answer))
    elif what == "understood" and visit.answers:
        visit.answers[0].answer = "ok"
    elif what in {"green", "red"} and visit.assessment is None:
        visit.assessment = scored(MONDAY, overall=what)
    elif what == "graver" and visit.assessment is not None:
        visit.assessment.overall = "orange"
    elif what == "review" and visit.assessment is not None:
        visit.assessment.reviewed_at = MONDAY + timedelta(hours=1)


def call(visit: Visit) -> None:
    """A call with something to listen to."""
    attempt = CallAttempt(
        number=1,
        phone_id=visit.elder.phones[0].id,
        reference=f"ref-{visit.id}",
        fence=1,
        status="ended",
        intended_at=MONDAY,
    )
    attempt.turns.append(
        Turn(index=1, question="meals", prompt="吃了吗", asked_at=MONDAY, started_s=0.0, ended_s=1.0)
    )
    visit.attempts.append(attempt)


def test_the_mark_follows_the_rows_whoever_writes_them(
    ledgers: Ledgers, keyring: Keyring, tmp_path: Path
) -> None:
    holds_in_fresh_ledgers(ledgers, keyring, tmp_path, WRITES, marked_as_the_rows_say, examples=10)


def marked_as_the_rows_say(ledger: Ledger, folder: Path, writes: list[tuple[int, str]]) -> None:
    Community(ledger, folder).settle(VISITS)
    with ledger.session() as session:
        for visit in session.scalars(select(Visit)):
            call(visit)
            worker = Worker(login="chen", name="陈", role="coordinator", area_id=visit.elder.area_id)
        session.add(worker)
    for number, what in writes:
        with ledger.session() as session:
            write(session, session.get_one(Visit, number), what)
        with ledger.reading() as session:
            marked: set[Any] = set(session.scalars(select(Visit.id).where(Visit.to_hear)))
            assert marked == set(session.scalars(select(Visit.id).where(to_be_heard())))
            noted: set[Any] = set(session.scalars(select(Visit.id).where(Visit.noted)))
            assert noted == set(session.scalars(select(Visit.id).where(worth_hearing())))
            user = describe(session, session.scalars(select(Worker)).one())
            listed = {visit.id for visit in find_calls(session, user, Filter(), 1).rows}
            assert (listed, to_review(session, user)) == (marked, len(marked))
            ever = {visit.id for visit in find_calls(session, user, Filter(show="flagged"), 1).rows}
            assert ever == noted
