"""What was heard in an elder's earlier visits, for decisions that rest on more than one."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.promises import SPOKEN_WITH
from records.visits import Answer, Flag, Visit


def heard_before(session: Session, visit: Visit, most: int) -> tuple[frozenset[str], ...]:
    """Codes of the latest earlier visits in which the elder was talked with, newest first, at most ``most``.

    What the elder clearly took back does not count.
    """
    visits = session.scalars(
        select(Visit.id)
        .where(
            Visit.elder_id == visit.elder_id,
            Visit.id != visit.id,
            Visit.status == "ended",
            Visit.outcome.in_(SPOKEN_WITH),
            Visit.created_at <= visit.created_at,
        )
        .order_by(Visit.created_at.desc(), Visit.id.desc())
        .limit(most)
    ).all()
    codes: dict[int, set[str]] = {each: set() for each in visits}
    for answer in session.scalars(select(Answer).where(Answer.visit_id.in_(visits))):
        codes[answer.visit_id].update(answer.codes)
    flags = session.scalars(select(Flag).where(Flag.visit_id.in_(visits))).all()
    for flag in flags:
        codes[flag.visit_id].discard(flag.code)
    for flag in flags:
        if flag.confirmed != "no":
            codes[flag.visit_id].add(flag.code)
    return tuple(frozenset(codes[each]) for each in visits)
