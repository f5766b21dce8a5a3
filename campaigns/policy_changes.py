"""Whom a change of policy affects: tier, days between visits, way of visiting, before and after.

The rule is pure; reading the elders is all that touches the ledger. Nobody is changed here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy.orm import Session

from campaigns.cadences import ByCalendar
from campaigns.policies import Policies, elders_to_judge
from campaigns.policy import Policy
from campaigns.standing import Standing, standing_of
from campaigns.tiers import cadence_of
from records.people import Elder

Aspect = Literal["tier", "cadence", "mode"]
ASPECTS: tuple[Aspect, ...] = ("tier", "cadence", "mode")


@dataclass(frozen=True, slots=True)
class Terms:
    """How somebody is looked after."""

    tier: str
    cadence: int | ByCalendar
    """Days from one visit to the next, or by the calendar."""
    mode: str
    reason: str = ""
    """Why not by telephone."""


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody whom a policy would treat otherwise than the one before."""

    elder_id: int
    name: str
    before: Terms
    after: Terms

    @property
    def aspects(self) -> tuple[Aspect, ...]:
        """What is different."""
        return tuple(each for each in ASPECTS if getattr(self.before, each) != getattr(self.after, each))


def terms_under(elder: Elder, policy: Policy, day: date) -> Terms:
    """How an elder is looked after under a policy, on a day (ages are counted by it)."""
    standing: Standing = standing_of(elder, policy, day)
    cadence = cadence_of(standing.tier, elder.categories, policy)
    return Terms(standing.tier, cadence, standing.mode, standing.reason)


def changes(elders: Iterable[Elder], before: Policies, after: Policies, day: date) -> list[Change]:
    """Who is treated otherwise after than before, in the given order."""
    found = []
    for elder in elders:
        old, new = before.of(elder.area_id, day), after.of(elder.area_id, day)
        if old is new:
            continue
        change = Change(elder.id, elder.name, terms_under(elder, old, day), terms_under(elder, new, day))
        if change.aspects:
            found.append(change)
    return found


def changes_by(
    session: Session, area_id: int | None, effective_from: date, policy: Policy
) -> tuple[list[Change], int]:
    """Whom a new version would affect on its first day, and how many elders live where it would hold.

    Raises PolicyError when a stored version cannot be read.
    """
    before = Policies.read(session)
    after = before.with_one_more(area_id, effective_from, policy)
    judged = elders_to_judge(session, area_id)
    elders = [elder for elder in judged if after.of(elder.area_id, effective_from) is policy]
    return changes(elders, before, after, effective_from), len(elders)


def counted(found: Iterable[Change], aspect: Aspect) -> list[tuple[str, str, int]]:
    """(before, after, how many) for one aspect, the most first."""
    steps = Counter(
        (str(getattr(each.before, aspect)), str(getattr(each.after, aspect)))
        for each in found
        if aspect in each.aspects
    )
    return [(old, new, many) for (old, new), many in steps.most_common()]
