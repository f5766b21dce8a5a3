"""Whom the machinery forgot: overdue by their policy, at home, and nobody is to call or to go there.

Whoever has an open visit in any campaign that has not ended, running or not, or an open work order is
somebody's already; those who look after these are asked by others. Queries only.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.cadences import due_after
from campaigns.coverage import read_kept
from campaigns.windows import known_zone
from records.orders import WorkOrder
from records.people import Area, Elder
from records.visits import Campaign, Visit, is_open

GRACE = timedelta(days=1)
"""How long after the day by which somebody was to be visited it is spoken of: a round may just be opening."""


def forgotten(session: Session, now: datetime) -> Counter[int]:
    """How many are forgotten, by the area in which they live. Raises PolicyError."""
    late = [each for each in read_kept(session, now) if not each.absent and each.due < now.date()]
    if not late:
        return Counter()
    cared_for = set(
        session.scalars(
            select(Visit.elder_id).join(Campaign).where(is_open(), Campaign.status != "ended").distinct()
        )
    )
    cared_for |= set(session.scalars(select(WorkOrder.elder_id).where(WorkOrder.status != "closed")))
    left = [each for each in late if each.elder_id not in cared_for]
    joined = _joined(session, [each.elder_id for each in left if each.last is None])
    zones = {each.id: known_zone(each.timezone) for each in session.execute(select(Area.id, Area.timezone))}
    found: Counter[int] = Counter()
    for each in left:
        today = now.astimezone(zones[each.area_id] or now.tzinfo).date()
        due = each.due if each.last else due_after(joined[each.elder_id], each.cadence)
        found[each.area_id] += due + GRACE < today
    return +found


def _joined(session: Session, never_visited: list[int]) -> dict[int, date]:
    """The days on which elders who were never visited came onto the roster: their time counts from then."""
    if not never_visited:
        return {}
    wanted = set(never_visited)
    rows = session.execute(select(Elder.id, Elder.created_at))
    return {elder_id: at.date() for elder_id, at in rows if elder_id in wanted}
