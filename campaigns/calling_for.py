"""Which rounds of visits policy and surge days call for today, where, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.periods import Period, long_enough, period_with, piece_with
from campaigns.policies import Policies, today_in, zone_in
from campaigns.policy import RoundLength, RoundStart
from campaigns.surges import Surge, surge_of
from campaigns.who import Who, with_everything_below
from records.people import Area
from records.surges import SurgeDays

_WORDS = {RoundLength.DAY: "每日", RoundLength.WEEK: "每周", RoundLength.MONTH: "每月"}


@dataclass(frozen=True, slots=True)
class CalledFor:
    """A round that should be there."""

    key: str
    """The same for the same round, whoever asks."""
    name: str
    area_id: int | None
    areas: frozenset[int]
    """Ids of all areas whose elders it is for."""
    period: Period
    begins: datetime
    """The first moment of its first day there."""
    start: RoundStart
    who: Who
    script: str = ""
    """Id of the script that the policy names; empty for the usual one."""
    surge: Surge | None = None
    """Only those for whom these surge days are."""


def rounds_called_for(session: Session, now: datetime) -> list[CalledFor]:
    """The rounds whose period today belongs to, those of surge days first. Raises PolicyError.

    An area whose policy names rounds has its own; all others belong to those of the nearest area above.
    """
    policies = Policies.read(session)
    areas = session.scalars(select(Area).order_by(Area.id)).all()
    names = {area.id: area.name for area in areas}
    belonging: dict[int | None, set[int]] = {}
    for area in areas:
        place, _ = policies.rounds_of(area.id, today_in(session, area, now))
        belonging.setdefault(place, set()).add(area.id)
    surges = _of_surges(session, policies, names, now)
    return [*surges, *_of_policies(session, policies, names, belonging, now)]


def _of_policies(
    session: Session,
    policies: Policies,
    names: dict[int, str],
    belonging: dict[int | None, set[int]],
    now: datetime,
) -> Iterator[CalledFor]:
    """The round of each place for the areas that belong to it."""
    for place, areas in sorted(belonging.items(), key=lambda each: each[0] or 0):
        zone = zone_in(session, session.get(Area, place) if place else None)
        day = now.astimezone(zone).date()
        owner, rounds = policies.rounds_of(place, day)
        if owner != place or rounds.start is RoundStart.NEVER:
            continue
        every = rounds.every or long_enough([policies.of(each, day) for each in areas])
        period = period_with(day, every)
        inside = with_everything_below(session, [place]) if place else set(names)
        yield CalledFor(
            key=f"policy:{place or 'all'}:{every}:{period.first}",
            name=f"{_place(place, names)}{_WORDS[every]}探访 {period.first}",
            area_id=place,
            areas=frozenset(areas),
            period=period,
            begins=datetime.combine(period.first, time(0), zone),
            start=rounds.start,
            script=rounds.script or "",
            who=Who(
                areas=(place,) if place else (),
                but_areas=tuple(sorted(inside - areas)),
                due_by=period.last,
            ),
        )


def _of_surges(
    session: Session, policies: Policies, names: dict[int, str], now: datetime
) -> Iterator[CalledFor]:
    rows = session.scalars(select(SurgeDays).where(SurgeDays.ended_at.is_(None)).order_by(SurgeDays.id))
    for row in rows:
        zone = zone_in(session, row.area)
        day = now.astimezone(zone).date()
        period = piece_with(day, row.starts_on, row.ends_on, row.cadence_days)
        _, rounds = policies.rounds_of(row.area_id, day)
        if period is None or rounds.start is RoundStart.NEVER:
            continue
        areas = with_everything_below(session, [row.area_id]) if row.area_id else set(names)
        yield CalledFor(
            key=f"surge:{row.id}:{period.first}",
            name=f"{row.name} {period.first}",
            area_id=row.area_id,
            areas=frozenset(areas),
            period=period,
            begins=datetime.combine(period.first, time(0), zone),
            start=rounds.start,
            script=rounds.script or "",
            who=Who(areas=(row.area_id,) if row.area_id else (), due_by=period.last),
            surge=surge_of(row),
        )


def _place(place: int | None, names: dict[int, str]) -> str:
    """The name of the area; the first one's for the whole ledger."""
    return names[place] if place else next(iter(names.values()), "")
