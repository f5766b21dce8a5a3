"""Which campaign gets the next free line: each the same number of lines, whichever is larger or older.

Within a campaign the key tier comes first, then who waits longest (``campaigns.choosing``). Between campaigns
that alone would let the month's round of a whole city keep the heat wave's round of one street waiting: its
visits have all been due for longer. So every free line goes to the campaign with the fewest calls under way;
where that is the same, to one with visits of the key tier due, then to the one that waits longest. With a
single line the key tier comes first in all campaigns together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heapreplace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.claims import first_by_tier
from records.visits import Visit, is_under_way


@dataclass(frozen=True, slots=True)
class Claimant:
    """A running campaign with visits that are due."""

    campaign_id: int
    under_way: int
    """Calls of all gateways."""
    first_tier: bool
    """Whether a visit of the key tier is among the due."""
    since: datetime
    """When the first of them became due."""


def claimants(session: Session, now: datetime) -> list[Claimant]:
    """The running campaigns with a visit to be called by now."""
    rows = session.execute(
        select(Visit.campaign_id, func.count()).where(is_under_way()).group_by(Visit.campaign_id)
    )
    under_way = dict(rows.all())
    found = []
    for campaign, key, other in first_by_tier(session):
        due = [at for at in (key, other) if at is not None and at <= now]
        if due:
            first_tier = key is not None and key <= now
            found.append(Claimant(campaign, under_way.get(campaign, 0), first_tier, min(due)))
    return found


def share_out(lines: int, among: Sequence[Claimant]) -> dict[int, int]:
    """How many of the free ``lines`` each campaign may claim now, those first who come first; not 0. Pure."""
    given: Counter[int] = Counter()
    queue = [(each.under_way, not each.first_tier, each.since, each.campaign_id) for each in among]
    heapify(queue)
    for _ in range(lines if queue else 0):
        calls, later_tier, since, campaign_id = queue[0]
        given[campaign_id] += 1
        heapreplace(queue, (calls + 1, later_tier, since, campaign_id))
    return dict(given)
