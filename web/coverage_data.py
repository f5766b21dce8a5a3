"""Visit rates by tier and area, and who is about to be missed, within a worker's areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from campaigns.coverage import Kept, Rates, about_to_be_missed, rates, rates_by, read_kept
from campaigns.policies import Policies
from campaigns.policy import PolicyError, Targets, Tier
from campaigns.tallying import counted, is_large
from records.people import Area, Elder
from web.access import ours
from web.identity import SignedIn

log = structlog.get_logger(__name__)
MOST_AREAS = 50
"""Areas of a city that are shown, the lowest rates first."""
SHORT_LIST = 12
"""Names shown of those about to be missed; the count is always complete."""


@dataclass(frozen=True)
class Missed:
    """Somebody who is overdue, or due soon without a visit in time."""

    elder: Elder
    kept: Kept
    today: date

    @property
    def overdue(self) -> bool:
        """Whether the day by which they were to be visited is past."""
        return self.kept.due < self.today


@dataclass(frozen=True)
class Coverage:
    """What the overview shows of it."""

    target: Targets
    """What the policy of the worker's own area wants to be reached."""
    all: Rates
    tiers: Sequence[tuple[str, Rates]]
    areas: Sequence[tuple[str, Rates]]
    """By name, the lowest monthly rate first; empty when there is only one area."""
    missed: Sequence[Missed]
    missed_count: int
    counted_at: datetime | None = None
    """When the oldest part of it was counted; None when everything was counted just now."""
    uncounted: int = 0
    """Areas that are not in it, because they were not counted yet."""


def coverage(session: Session, user: SignedIn, now: datetime) -> Coverage | None:
    """The rates of today; None when a stored policy cannot be read, so that the page still opens.

    Of a town everybody is asked about now. Of a city the counts are shown that keepers make every few
    minutes (``campaigns.tallying``), with the time at which they were made.
    """
    if is_large(session, ours(user)):
        return _as_counted(session, user, now)
    try:
        kept = read_kept(session, now, where=ours(user))
    except PolicyError as error:
        log.error("visit rates cannot be counted", problem=str(error))  # noqa: TRY400 - no trace, it is said
        return None
    today = now.astimezone(user.zone).date()
    by_tier = rates_by(kept, lambda each: each.tier, today)
    by_area = rates_by(kept, lambda each: each.area_id, today)
    names = _area_names(session)
    areas = [(names[area], found) for area, found in by_area.items()]
    missed = about_to_be_missed(kept, today)
    return Coverage(
        target=target_of(session, user, now),
        all=rates(kept, today),
        tiers=[(tier, by_tier[tier]) for tier in Tier if tier in by_tier],
        areas=_lowest_first(areas),
        missed=_named(session, missed[:SHORT_LIST], today),
        missed_count=len(missed),
    )


def _as_counted(session: Session, user: SignedIn, now: datetime) -> Coverage:
    found = counted(session, user.areas)
    names = _area_names(session)
    areas = [(names[area], part) for area, part in found.by_area.items()]
    return Coverage(
        target=target_of(session, user, now),
        all=found.all,
        tiers=[(tier, found.by_tier[tier]) for tier in Tier if tier in found.by_tier],
        areas=_lowest_first(areas)[:MOST_AREAS],
        missed=_named(session, found.missed, now.astimezone(user.zone).date()),
        missed_count=found.missed_count,
        counted_at=found.oldest,
        uncounted=found.uncounted,
    )


def target_of(session: Session, user: SignedIn, now: datetime) -> Targets:
    """Of the highest of the worker's areas; the usual ones where its policy cannot be read or names none."""
    try:
        policy = Policies.read(session).of(user.area_id, now.astimezone(user.zone).date())
    except PolicyError:
        return Targets()
    return policy.targets or Targets()


def _area_names(session: Session) -> dict[int, str]:
    return {each.id: each.name for each in session.execute(select(Area.id, Area.name))}


def _lowest_first(areas: list[tuple[str, Rates]]) -> list[tuple[str, Rates]]:
    return sorted(areas, key=lambda row: (row[1].month.share or 0.0, row[0])) if len(areas) > 1 else []


def _named(session: Session, missed: Sequence[Kept], today: date) -> list[Missed]:
    found = session.scalars(
        select(Elder).where(Elder.id.in_([each.elder_id for each in missed])).options(joinedload(Elder.area))
    )
    elders = {elder.id: elder for elder in found}
    return [Missed(elders[each.elder_id], each, today) for each in missed]
