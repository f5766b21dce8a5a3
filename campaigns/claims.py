"""Who works on which visit: leases with fencing numbers, so that nobody is rung by two callers at once.

A claim raises the visit's fence and holds it until ``lease_until``; the holder renews it while the call goes
on. Every write about the visit goes through ``renew`` first, in the same transaction: who holds an older
fence has lost the visit and is refused. A lease that ran out is not claimed again from here but goes through
``campaigns.recovery``, which first finds out what became of the call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from campaigns.choosing import due_in_order, in_order
from records.bulk import these
from records.visits import Campaign, Visit, is_not_over, is_open, is_under_way

LEASE = timedelta(seconds=90)
"""How long a claim holds without being renewed."""


class LeaseLostError(Exception):
    """Somebody else has taken over the visit; whatever the old holder still knows must not be written."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one visit."""

    visit_id: int
    campaign_id: int
    owner: str
    fence: int


def campaigns_with_due(session: Session, now: datetime) -> Sequence[int]:
    """Ids of the running campaigns with a visit to be called by now, the longest waiting first."""
    waiting = first_due(session)
    due = [(at, campaign) for campaign, at in waiting.items() if at <= now]
    return [campaign for _, campaign in sorted(due)]


def first_due(session: Session) -> dict[int, datetime]:
    """The running campaigns with visits that wait for their call, and when the first of them is due."""
    waiting = {
        campaign: [at for at in found if at is not None] for campaign, *found in first_by_tier(session)
    }
    return {campaign: min(found) for campaign, found in waiting.items() if found}


def first_by_tier(session: Session) -> list[tuple[int, datetime | None, datetime | None]]:
    """The running campaigns, and when the first visit of the key tier and the first of the others is due.

    Asked of the index once for each campaign and for the key tier, however many visits are waiting.
    """
    firsts = [
        select(func.min(Visit.next_attempt_at))
        .where(Visit.campaign_id == Campaign.id, *in_order(first=first))
        .scalar_subquery()
        for first in (True, False)
    ]
    rows = session.execute(select(Campaign.id, *firsts).where(is_not_over(), Campaign.status == "running"))
    return [tuple(row) for row in rows]


def claim_due(session: Session, campaign_id: int, *, owner: str, now: datetime, limit: int) -> list[Lease]:
    """Claim up to ``limit`` due visits of a campaign: key tier first, then the longest overdue.

    Never takes more than the campaign's ``max_concurrent`` and the limits of areas leave room for, and
    nothing from a campaign that is not running. Commit before acting on the leases.
    """
    most = lock_running(session, campaign_id)
    if most is None:
        return []
    under_way = session.scalar(
        select(func.count()).where(Visit.campaign_id == campaign_id, is_open(), is_under_way())
    )
    chosen = due_in_order(session, campaign_id, now, min(limit, most - (under_way or 0)))
    if not chosen:
        return []
    claimed = session.execute(
        update(Visit)
        .where(Visit.id.in_(these(session, chosen)))
        .values(lease_owner=owner, lease_until=now + LEASE, fence=Visit.fence + 1, status="in_progress")
        .returning(Visit.id, Visit.fence)
        .execution_options(synchronize_session=False)
    )
    fences = dict(claimed.all())
    return [Lease(visit_id, campaign_id, owner, fences[visit_id]) for visit_id in chosen]


def lock_running(session: Session, campaign_id: int) -> int | None:
    """Lock a running campaign until the transaction ends; its ``max_concurrent``, None if it is not running.

    A transaction that may write holds SQLite's only write lock from its beginning, so there is no more to do.
    """
    return session.scalar(
        select(Campaign.max_concurrent)
        .where(Campaign.id == campaign_id, Campaign.status == "running")
        .with_for_update(key_share=True)
    )


def renew(session: Session, lease: Lease, now: datetime, **more: Any) -> None:
    """Prolong a lease, and with it lock the visit until the transaction ends. Raises LeaseLostError.

    ``more`` are further columns of the visit to be set in the same breath.
    """
    held = session.scalar(
        update(Visit)
        .where(Visit.id == lease.visit_id, Visit.fence == lease.fence, Visit.lease_owner == lease.owner)
        .values(lease_until=now + LEASE, **more)
        .returning(Visit.id)
        .execution_options(synchronize_session=False)
    )
    if held is None:
        raise LeaseLostError(
            f"Visit {lease.visit_id} is no longer held by {lease.owner} (fence {lease.fence})"
        )


def let_go(visit: Visit) -> None:
    """Take a lease off a visit; what becomes of the visit is the caller's to say."""
    visit.lease_owner = None
    visit.lease_until = None


def reclaim_all(session: Session, now: datetime) -> int:
    """End every lease at once, for a process that knows it is the only one; how many there were.

    The visits then are for ``campaigns.recovery``, and their former holders are shut out.
    """
    ended = session.scalars(
        update(Visit)
        .where(is_under_way())
        .values(lease_owner=None, lease_until=now)
        .returning(Visit.id)
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())
