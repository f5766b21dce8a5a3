"""Emergencies that nobody has listened to and signed for: kept until somebody has, and spoken of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.oversight import Oversight
from escalation.policy import AuditorRules
from records.orders import WorkOrder
from records.people import Elder
from records.visits import Flag, Visit


def emergencies_unreviewed(session: Session, rules: AuditorRules, now: datetime) -> Iterator[Oversight]:
    """Visits that were an emergency, however old, and whose call no person has signed for.

    Retention keeps all of them whatever their age; so they are spoken of until a person closes them, not for
    a while only. Asked of the index of visits to be heard: what was signed for is not read.
    """
    flagged = select(Flag.id).where(Flag.visit_id == Visit.id, Flag.urgency == "emergency").exists()
    ordered = select(WorkOrder.id).where(WorkOrder.visit_id == Visit.id, WorkOrder.urgency == "emergency")
    rows = session.execute(
        select(Visit.id, Elder.area_id, Visit.ended_at)
        .join(Elder, Elder.id == Visit.elder_id)
        .where(Visit.to_hear, flagged | ordered.exists())
        .where(Visit.ended_at < now - timedelta(minutes=rules.emergency_unreviewed))
        .order_by(Visit.ended_at, Visit.id)
    ).all()
    for visit_id, area_id, ended_at in rows:
        yield Oversight(
            "emergency_unreviewed", "visit", visit_id, str(visit_id), "need", ended_at or now, area_id
        )
