"""What lies ahead in the ledger: when something is due next, and whether anything is left to call."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from campaigns.claims import first_due
from campaigns.windows import end_of_day
from records.visits import Campaign, Visit, is_not_over, is_open, is_under_way


def nothing_to_call(session: Session, *, hopeless: Collection[int] = ()) -> bool:
    """Whether no telephone visit of a running campaign is open any more; ``hopeless`` ids do not count."""
    left = exists().where(
        Visit.campaign_id == Campaign.id,
        is_not_over(),
        Campaign.status == "running",
        Visit.mode == "telephone",
        is_open(),
        Visit.id.not_in(hopeless),
    )
    return not session.scalar(select(left))


def next_moment(session: Session, now: datetime, *, mine: Collection[int] = ()) -> datetime | None:
    """The next moment at which there is something to do; may lie in the past, None when there is none.

    A visit becomes due, a lease other than ``mine`` (ids of visits) runs out, or a period ends.
    """
    lapsing = session.scalar(select(func.min(Visit.lease_until)).where(is_under_way(), Visit.id.not_in(mine)))
    ends = [
        end_of_day(last, timezone)
        for last, timezone in session.execute(
            select(Campaign.ends_on, Campaign.timezone).where(is_not_over())
        )
    ]
    return min(
        [
            moment
            for moment in (*first_due(session).values(), lapsing, *(end for end in ends if end > now))
            if moment is not None
        ],
        default=None,
    )
