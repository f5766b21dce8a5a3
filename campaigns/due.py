"""When an elder's next visit is due: so long after the last one as policy and surge days allow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from campaigns.policy import Policy
from campaigns.presence import today_at
from campaigns.surges import Surges, due_with
from campaigns.tiers import cadences_of
from records.people import Elder
from records.visits import Visit, counts


def last_visited(session: Session, elders: Select[int]) -> Mapping[int, datetime]:
    """When each of some elders (a query of their ids) was visited last; whoever never was is not in it.

    Asked of the index once for each elder, however many years they have been visited.
    """
    some = elders.subquery()
    [elder_id] = some.c
    last = (
        select(func.max(Visit.ended_at))
        .where(Visit.elder_id == elder_id, counts())
        .correlate(some)
        .scalar_subquery()
    )
    session.flush()
    rows = session.connection().execute(select(elder_id, last)).all()
    return {elder_id: at for elder_id, at in rows if at is not None}


def due_on(elder: Elder, last: datetime | None, policy: Policy, surges: Surges) -> date:
    """The day by which an elder is to be visited again, on their own calendar; long ago if never visited."""
    return due_after(elder, None if last is None else today_at(elder, last), policy, surges)


def due_after(elder: Elder, day: date | None, policy: Policy, surges: Surges) -> date:
    """The same, when the last visit was on that day of their calendar."""
    return due_with(day, cadences_of(elder.tier, elder.categories, policy), surges.of(elder))
