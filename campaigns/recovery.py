"""Putting right what a crash, a kill or a lost process left: no visit is lost, no attempt is dialled twice.

What was only intended is given up and does not count. What was given to the line counts as dialled and is
over; its reference is never used again. What the elder had said by then is in the ledger, and what still
awaited a confirming question counts as said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from campaigns.aftercare import Aftercare
from campaigns.attempts import give_up
from campaigns.claims import let_go
from campaigns.hearing import answers_in, left_open, store_answers, store_flags
from campaigns.history import count_dialled
from campaigns.retries import End, Retry
from campaigns.settling import ACTOR, settle
from records.audit import audit
from records.visits import Visit, is_under_way


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of a visit whose caller had vanished."""

    visit_id: int
    decision: Retry | End | None
    """What follows its last attempt; None when nothing had been dialled and it is simply due again."""


def lapsed_visits(session: Session, now: datetime) -> Sequence[int]:
    """Ids of the visits that are being worked on by nobody any more."""
    return session.scalars(select(Visit.id).where(*_lapsed(now)).order_by(Visit.lease_until)).all()


def recover(session: Session, visit_id: int, aftercare: Aftercare, now: datetime) -> Recovered | None:
    """Bring one such visit back into order; None when somebody else is at it or has done so already."""
    visit = session.scalar(
        select(Visit).where(Visit.id == visit_id, *_lapsed(now)).with_for_update(skip_locked=True)
    )
    if visit is None:
        return None
    claimed = [attempt for attempt in visit.attempts if attempt.fence == visit.fence]
    for attempt in claimed:
        if attempt.status != "ended":
            give_up(attempt, now)
    for flag in visit.flags:
        aftercare.flag_raised(session, visit, flag, now)
    audit(
        session,
        at=now,
        actor=ACTOR,
        action="recovered",
        subject_type="visit",
        subject_id=visit.id,
        attempts=[attempt.id for attempt in claimed],
    )
    if not any(attempt.dialled_at for attempt in claimed):
        visit.status = "planned"
        visit.next_attempt_at = visit.next_attempt_at or now
        count_dialled(visit)
        let_go(visit)
        return Recovered(visit.id, None)
    state = visit.dialogue_state or {}
    session.flush()
    store_answers(session, visit.id, answers_in(state))
    store_flags(session, visit.id, left_open(state), aftercare, now)
    return Recovered(visit.id, settle(session, visit, aftercare, now))


def _lapsed(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (is_under_way(), or_(Visit.lease_until.is_(None), Visit.lease_until <= now))
