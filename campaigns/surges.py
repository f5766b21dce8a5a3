"""Surge days: in heat, cold, storm, epidemic or around a festival some elders are visited more often.

The rules are pure. The plans demand it ("more often around extreme weather, traditional festivals, disasters
and public-health events"); whom, how often and what is spoken of is a dated record of the area.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.cadences import ByCalendar, soonest
from campaigns.policy import Category, Tier
from records.audit import audit
from records.locks import take_turns
from records.people import Area, Elder
from records.surges import SurgeDays

Cadences = Collection[int | ByCalendar]


class SurgeKind(StrEnum):
    """Why."""

    HEAT = "heat"
    COLD = "cold"
    TYPHOON = "typhoon"
    EPIDEMIC = "epidemic"
    FESTIVAL = "festival"
    OTHER = "other"


class SurgeError(Exception):
    """Surge days cannot be declared so; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Surge:
    """Surge days as the rules see them."""

    name: str
    starts_on: date
    ends_on: date
    cadence_days: int
    tiers: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    area_id: int | None = None
    module: str = ""
    kind: str = SurgeKind.OTHER.value

    def is_for(self, tier: str, categories: Collection[str]) -> bool:
        """Whether somebody of that tier and those groups is meant: any of them is enough."""
        if not self.tiers and not self.categories:
            return True
        return tier in self.tiers or not self.categories.isdisjoint(categories)

    def lasts_on(self, day: date) -> bool:
        """Whether a day is one of them."""
        return self.starts_on <= day <= self.ends_on


def due_with(last: date | None, cadences: Cadences, surges: Iterable[Surge]) -> date:
    """The last day on which the next visit is in time: as the cadences ask for it, sooner in a surge.

    A surge asks for a visit so many days after the last one, but not before it begins, and for none after it
    has ended. ``surges`` are those meant for the elder. Whoever was never visited is due since long ago.
    """
    if last is None:
        return date.min
    usual = soonest(last, cadences)
    asked = [
        due
        for surge in surges
        if (due := max(surge.starts_on, last + timedelta(days=surge.cadence_days))) <= surge.ends_on
    ]
    return min([usual, *asked])


def module_in(surges: Sequence[Surge], day: date, known: Collection[str]) -> str:
    """The module that a surge of that day asks for, of those the script has; empty for none.

    Of several the one that began last counts: it is the newer worry.
    """
    asking = [surge for surge in surges if surge.lasts_on(day) and surge.module in known]
    return max(asking, key=lambda surge: (surge.starts_on, surge.name)).module if asking else ""


class Surges:
    """The surge days that have not been called off, to be asked whom they are for."""

    def __init__(self, surges: Sequence[Surge], parents: Mapping[int, int | None]) -> None:
        self._surges = surges
        self._parents = parents

    @classmethod
    def read(cls, session: Session) -> Surges:
        """Those of the ledger."""
        rows = session.scalars(select(SurgeDays).where(SurgeDays.ended_at.is_(None)).order_by(SurgeDays.id))
        surges = [surge_of(row) for row in rows]
        if not surges:
            return cls([], {})
        parents = {each.id: each.parent_id for each in session.execute(select(Area.id, Area.parent_id))}
        return cls(surges, parents)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._surges)

    def of(self, elder: Elder) -> list[Surge]:
        """Those meant for an elder, whatever the day."""
        return self.meant_for(elder.area_id, elder.tier, elder.categories)

    def meant_for(self, area_id: int, tier: str, categories: Collection[str]) -> list[Surge]:
        """Those meant for somebody who lives there, of that tier and those groups, whatever the day."""
        if not self._surges:
            return []
        above = self._above(area_id)
        return [
            surge
            for surge in self._surges
            if (surge.area_id is None or surge.area_id in above) and surge.is_for(tier, categories)
        ]

    def _above(self, area_id: int | None) -> set[int]:
        path: set[int] = set()
        while area_id is not None and area_id not in path:
            path.add(area_id)
            area_id = self._parents.get(area_id)
        return path


def surge_of(row: SurgeDays) -> Surge:
    """A stored record as the rules see it."""
    return Surge(
        name=row.name,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        cadence_days=row.cadence_days,
        tiers=frozenset(row.tiers),
        categories=frozenset(row.categories),
        area_id=row.area_id,
        module=row.module,
        kind=row.kind,
    )


def declare(
    session: Session, surge: Surge, *, modules: Collection[str], today: date, now: datetime, actor: str
) -> SurgeDays:
    """Put surge days on record; they count from the next planning and the next call on.

    ``modules`` are the ids that the script in use has. Raises SurgeError for what makes no sense.
    """
    _check(surge, modules, today)
    take_turns(session, "surges")
    if session.scalar(select(SurgeDays.id).where(SurgeDays.name == surge.name)) is not None:
        raise SurgeError(f"There are surge days called {surge.name!r} already; choose another name")
    if twin := next((each for each in overlapping(session, surge) if _same_people(each, surge)), None):
        raise SurgeError(
            f"The surge days {twin.name!r} are for the same people at the same time; call them off first"
        )
    row = SurgeDays(
        area_id=surge.area_id,
        name=surge.name,
        kind=SurgeKind(surge.kind).value,
        starts_on=surge.starts_on,
        ends_on=surge.ends_on,
        tiers=sorted(surge.tiers),
        categories=sorted(surge.categories),
        cadence_days=surge.cadence_days,
        module=surge.module,
        created_by=actor,
        created_at=now,
    )
    session.add(row)
    session.flush()
    _note(session, row, now, actor, "surge_declared")
    return row


def overlapping(session: Session, surge: Surge) -> list[SurgeDays]:
    """Surge days of the same area that share a day with these and have not been called off."""
    same = SurgeDays.area_id.is_(None) if surge.area_id is None else SurgeDays.area_id == surge.area_id
    rows = session.scalars(
        select(SurgeDays)
        .where(same, SurgeDays.ended_at.is_(None))
        .where(SurgeDays.starts_on <= surge.ends_on, SurgeDays.ends_on >= surge.starts_on)
        .order_by(SurgeDays.starts_on, SurgeDays.id)
    )
    return list(rows)


def _same_people(row: SurgeDays, surge: Surge) -> bool:
    return (
        row.kind == surge.kind and set(row.tiers) == surge.tiers and set(row.categories) == surge.categories
    )


def call_off(session: Session, name: str, *, now: datetime, actor: str) -> None:
    """End surge days before their last day. Raises SurgeError when there are none of that name."""
    row = session.scalar(select(SurgeDays).where(SurgeDays.name == name, SurgeDays.ended_at.is_(None)))
    if row is None:
        raise SurgeError(f"There are no surge days called {name!r} that could be called off")
    row.ended_at = now
    _note(session, row, now, actor, "surge_called_off")


def _check(surge: Surge, modules: Collection[str], today: date) -> None:
    named = f"The surge days {surge.name!r}"
    if not surge.name.strip():
        raise SurgeError("Surge days need a name by which people know them")
    if surge.ends_on < surge.starts_on or surge.ends_on < today:
        raise SurgeError(f"{named} would be over before they begin, or are over already: {surge.ends_on}")
    if surge.cadence_days < 1:
        raise SurgeError(f"{named} need a number of days between two visits, at least 1")
    if surge.kind not in set(SurgeKind):
        raise SurgeError(f"{named} are of no kind we know: use {', '.join(SurgeKind)}")
    if unknown := (surge.tiers - set(Tier)) | (surge.categories - set(Category)):
        raise SurgeError(f"{named} name a tier or group that does not exist: {', '.join(sorted(unknown))}")
    if surge.module and surge.module not in modules:
        raise SurgeError(f"{named} ask for the module {surge.module!r}; the script has {', '.join(modules)}")


def _note(session: Session, row: SurgeDays, now: datetime, actor: str, action: str) -> None:
    audit(session, at=now, actor=actor, action=action, subject_type="surge", subject_id=row.id, name=row.name)
