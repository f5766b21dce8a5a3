"""How long an elder falls silent within an answer, by their earlier calls: so that they are not cut off."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ivr.gaps import quantile
from records.visits import CallAttempt, Turn, Visit

LATEST_ANSWERS = 60
"""About ten calls: long enough for a habit, short enough to follow an elder who grows slower."""
FEWEST_ANSWERS = 5
LEAST_SPEECH_S = 1.0
"""A "yes" has no room for a pause."""
_SHARE = 0.9
"""Nine of ten answers are heard out with the pause at this quantile."""


def usual_pause(session: Session, elder_id: int) -> float | None:
    """The ninth decile of the elder's longest pauses within answers, seconds; None if too little is known."""
    pauses = session.scalars(
        select(func.coalesce(Turn.longest_pause_s, Turn.pause_s))
        .join(CallAttempt, CallAttempt.id == Turn.attempt_id)
        .join(Visit, Visit.id == CallAttempt.visit_id)
        .where(Visit.elder_id == elder_id, Turn.pause_s.is_not(None), Turn.speech_s >= LEAST_SPEECH_S)
        .order_by(Turn.asked_at.desc(), Turn.id.desc())
        .limit(LATEST_ANSWERS)
    )
    return habit(pauses.all())


def habit(pauses: Sequence[float]) -> float | None:
    """The same of the pauses themselves, one for each answer: its longest, or of old ones all it had."""
    return round(quantile(pauses, _SHARE), 2) if len(pauses) >= FEWEST_ANSWERS else None
