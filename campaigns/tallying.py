"""Visit rates counted area by area and kept, for cities where no page can wait for the count.

Counting anew gives the same, however often it is done and by however many processes: an area's count is
replaced as a whole. What is kept is counted by the very rules of ``campaigns.coverage``, and it says when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from heapq import nsmallest
from typing import Any

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from campaigns.coverage import Kept, Rate, Rates, about_to_be_missed, rates_by, read_kept
from campaigns.windows import known_zone
from records.locks import take_turns
from records.people import Area, Elder
from records.tallies import Tally

SUBJECT = "rates"
NAMES = 12
"""Of those about to be missed in an area, the longest overdue are kept by name's number."""
COUNTED_LIVE = 1000
"""Elders up to whom nothing is kept, because they are counted whenever somebody asks."""
FRESH = timedelta(minutes=10)
"""How old a count may be before it is made again."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The rates of some areas."""

    elders: int
    by_tier: Mapping[str, Rates]
    by_area: Mapping[int, Rates]
    missed: Sequence[Kept]
    """The longest overdue, ``NAMES`` at most."""
    missed_count: int
    oldest: datetime | None
    """When the oldest of the counts was made; None when there is nobody to count."""
    uncounted: int
    """Areas with elders that were never counted."""

    @property
    def all(self) -> Rates:
        """Those of all together."""
        return added(self.by_tier.values())


def added(parts: Iterable[Rates]) -> Rates:
    """The rates of groups taken together, when nobody is in two of them."""
    found = list(parts)
    return Rates(
        month=_sum(each.month for each in found),
        week=_sum(each.week for each in found),
        absent=sum(each.absent for each in found),
    )


def _sum(parts: Iterable[Rate]) -> Rate:
    found = list(parts)
    return Rate(sum(each.visited for each in found), sum(each.due for each in found))


def count_area(session: Session, area: Area, now: datetime) -> None:
    """Count an area anew. Raises PolicyError when its policy cannot be read."""
    kept = read_kept(session, now, where=Elder.area_id == area.id)
    today = now.astimezone(known_zone(area.timezone) or now.tzinfo).date()
    missed = about_to_be_missed(kept, today)
    counts = {
        "tiers": {
            tier: asdict(found) for tier, found in rates_by(kept, lambda each: each.tier, today).items()
        },
        "missed": [_stored(each) for each in missed[:NAMES]],
        "missed_count": len(missed),
        "today": today.isoformat(),
    }
    session.merge(Tally(subject=SUBJECT, area_id=area.id, counted_at=now, elders=len(kept), counts=counts))


def stale_areas(session: Session, now: datetime) -> list[int]:
    """Ids of the areas whose count is missing or old, the oldest first; none in a small ledger."""
    if not is_large(session, true()):
        return []
    rows = session.execute(
        select(Area.id, Tally.counted_at)
        .outerjoin(Tally, (Tally.area_id == Area.id) & (Tally.subject == SUBJECT))
        .where(_peopled(), Tally.counted_at.is_(None) | (Tally.counted_at <= now - FRESH))
    )
    oldest_first = sorted((at is not None, at or now, area_id) for area_id, at in rows)
    return [area_id for _, _, area_id in oldest_first]


def is_large(session: Session, where: ColumnElement[bool]) -> bool:
    """Whether there are more elders than are counted at once; not more of them are looked at."""
    some = select(Elder.id).where(where).limit(COUNTED_LIVE + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) > COUNTED_LIVE


def recount(session: Session, area_id: int, now: datetime) -> bool:
    """Count an area unless somebody has done so meanwhile; whether it was counted. Raises PolicyError."""
    take_turns(session, f"tally-{area_id}")
    kept = session.get(Tally, (SUBJECT, area_id))
    if kept is not None and kept.counted_at > now - FRESH:
        return False
    count_area(session, session.get_one(Area, area_id), now)
    return True


def counted(session: Session, areas: Collection[int]) -> Counted:
    """What was counted in some areas."""
    rows = session.scalars(
        select(Tally).where(Tally.subject == SUBJECT, Tally.area_id.in_(areas)).order_by(Tally.area_id)
    ).all()
    by_area = {row.area_id: _tiers(row) for row in rows}
    tiers = {tier for found in by_area.values() for tier in found}
    named = (each for row in rows for each in row.counts["missed"])
    missed = nsmallest(NAMES, named, key=lambda each: (each["due"], each["elder_id"]))  # days in ISO sort
    peopled = session.scalars(select(Area.id).where(Area.id.in_(areas), _peopled())).all()
    return Counted(
        elders=sum(row.elders for row in rows),
        by_tier={tier: added(found[tier] for found in by_area.values() if tier in found) for tier in tiers},
        by_area={area: added(found.values()) for area, found in by_area.items() if found},
        missed=[_read(each) for each in missed],
        missed_count=sum(row.counts["missed_count"] for row in rows),
        oldest=min((row.counted_at for row in rows), default=None),
        uncounted=len(set(peopled) - by_area.keys()),
    )


def _peopled() -> ColumnElement[bool]:
    """Whether anybody lives in an area: asked of the index once for each area, not of a million elders."""
    return select(Elder.id).where(Elder.area_id == Area.id).exists()


def _tiers(row: Tally) -> dict[str, Rates]:
    return {
        tier: Rates(Rate(**found["month"]), Rate(**found["week"]), found["absent"])
        for tier, found in row.counts["tiers"].items()
    }


_DATES = ("last", "due", "next_call")


def _stored(kept: Kept) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(kept).items()
    }


def _read(stored: Mapping[str, Any]) -> Kept:
    dates = {name: date.fromisoformat(stored[name]) if stored[name] else None for name in _DATES}
    return Kept(**{**stored, **dates})
