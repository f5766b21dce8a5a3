"""Whether a change in how an elder speaks has lasted: seen in this visit and in the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.visits import Assessment, Visit
from speech.manner import Departure


def changes_that_last(session: Session, visit: Visit, departures: Sequence[Departure]) -> tuple[str, ...]:
    """Measures that departed from the elder's own now and in their latest earlier visit with a talk."""
    if not departures:
        return ()
    rows = session.scalars(
        select(Assessment.manner)
        .join(Visit, Visit.id == Assessment.visit_id)
        .where(Visit.elder_id == visit.elder_id, Visit.id != visit.id, Visit.created_at <= visit.created_at)
        .order_by(Assessment.assessed_at.desc(), Assessment.id.desc())
        .limit(LOOK_BACK)
    )
    spoken: Mapping[str, Any] = next((row for row in rows if row.get("measures")), {})
    before = {(each["measure"], each["score"] > 0) for each in spoken.get("departures", ())}
    return tuple(each.measure for each in departures if (each.measure, each.score > 0) in before)


LOOK_BACK = 6
"""Earlier visits among which one that was spoken in is looked for."""
