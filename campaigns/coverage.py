"""Visit rates against the target (月探访率, 周探访率), and who is about to be missed.

The counting is pure. A month and a week are those of the calendar. Who is to be visited: everybody on the
books but those who have moved or died; whoever is in hospital or away is counted apart. In a week those count
whose policy asks for a visit at least weekly, surge days included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from campaigns.cadences import fewest_days
from campaigns.due import last_visited
from campaigns.policies import NOT_VISITED, Policies
from campaigns.policy import Policy
from campaigns.presence import ABSENT
from campaigns.surges import Surges, due_with
from campaigns.tiers import cadences_of
from campaigns.windows import known_zone
from records.people import Area, Elder
from records.visits import Campaign, Visit, is_open

WEEK = 7
SOON = timedelta(days=3)
"""How long before a visit is due somebody should know that none is planned in time."""

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Kept:
    """An elder as the rates see them."""

    elder_id: int
    area_id: int
    tier: str
    cadence: int
    """The fewest days from one visit to the next today."""
    last: date | None
    """The last visit; None for never."""
    due: date
    """By when the next one is due; long ago for somebody never visited."""
    next_call: date | None = None
    """When the telephone may ring next; None when no visit by telephone is open."""
    person_goes: bool = False
    """Whether a visit in person is open."""
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """Visited out of those to be visited."""

    visited: int
    due: int

    @property
    def share(self) -> float | None:
        """0..1; None when nobody is due."""
        return self.visited / self.due if self.due else None


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of a group."""

    month: Rate
    week: Rate
    absent: int


def rates(kept: Iterable[Kept], today: date) -> Rates:
    """The rates of some elders in the month and the week of ``today``."""
    people = list(kept)
    home = [each for each in people if not each.absent]
    month, monday = today.replace(day=1), today - timedelta(days=today.weekday())
    weekly = [each for each in home if each.cadence <= WEEK]
    return Rates(
        month=Rate(sum(_since(each, month) for each in home), len(home)),
        week=Rate(sum(_since(each, monday) for each in weekly), len(weekly)),
        absent=len(people) - len(home),
    )


def rates_by(kept: Sequence[Kept], key: Callable[[Kept], K], today: date) -> dict[K, Rates]:
    """The rates of each group."""
    groups: dict[K, list[Kept]] = {}
    for each in kept:
        groups.setdefault(key(each), []).append(each)
    return {name: rates(members, today) for name, members in groups.items()}


def about_to_be_missed(kept: Iterable[Kept], today: date) -> list[Kept]:
    """Those at home who are overdue or due soon without a visit in time, the longest overdue first.

    A visit in person that is open is somebody's work order and counts as in time until the visit is overdue.
    """
    found = [each for each in kept if not each.absent and _is_missed(each, today)]
    return sorted(found, key=lambda each: (each.due, each.elder_id))


def _is_missed(each: Kept, today: date) -> bool:
    if each.due < today:
        return True
    if each.due > today + SOON or each.person_goes:
        return False
    return each.next_call is None or each.next_call > each.due


def _since(each: Kept, first: date) -> bool:
    return each.last is not None and each.last >= first


def read_kept(session: Session, now: datetime, *, where: ColumnElement[bool] | None = None) -> list[Kept]:
    """Everybody to be visited, without their names; ``where`` narrows the elders. Raises PolicyError."""
    policies, surges = Policies.read(session), Surges.read(session)
    kept_ones = (
        Elder.status.not_in(NOT_VISITED),
        true() if where is None else where,
    )
    visited = last_visited(session, select(Elder.id).where(*kept_ones))
    calls, in_person = _open_visits(session, kept_ones)
    columns = (
        Elder.id,
        Elder.area_id,
        Elder.tier,
        Elder.categories,
        Elder.status,
        Elder.back_on,
        Area.timezone,
    )
    rows = session.execute(
        select(*columns).join(Area, Area.id == Elder.area_id).where(*kept_ones).order_by(Elder.id)
    )
    in_force: dict[tuple[int, date], Policy] = {}
    kept = []
    for elder_id, area_id, tier, categories, status, back_on, timezone in rows:
        zone = known_zone(timezone) or now.tzinfo
        today = now.astimezone(zone).date()
        at = visited.get(elder_id)
        last = None if at is None else at.astimezone(zone).date()
        if (area_id, today) not in in_force:
            in_force[area_id, today] = policies.of(area_id, today)
        usual = cadences_of(tier, categories, in_force[area_id, today])
        meant = surges.meant_for(area_id, tier, categories)
        lasting = [surge.cadence_days for surge in meant if surge.lasts_on(today)]
        call = calls.get(elder_id)
        kept.append(
            Kept(
                elder_id=elder_id,
                area_id=area_id,
                tier=tier,
                cadence=min([*map(fewest_days, usual), *lasting]),
                last=last,
                due=due_with(last, usual, meant),
                next_call=None if call is None else call.astimezone(zone).date(),
                person_goes=elder_id in in_person,
                absent=status in ABSENT and (back_on is None or today < back_on),
            )
        )
    return kept


def _open_visits(
    session: Session, whose: tuple[ColumnElement[bool], ...]
) -> tuple[dict[int, datetime], set[int]]:
    """The next call by elder, and who has a visit in person; of campaigns that run."""
    running = (is_open(), Campaign.status == "running", *whose)
    calls = session.execute(
        select(Visit.elder_id, func.min(Visit.next_attempt_at))
        .join(Campaign)
        .join(Elder, Elder.id == Visit.elder_id)
        .where(Visit.mode == "telephone", Visit.next_attempt_at.is_not(None), *running)
        .group_by(Visit.elder_id)
    )
    in_person = session.scalars(
        select(Visit.elder_id)
        .join(Campaign)
        .join(Elder, Elder.id == Visit.elder_id)
        .where(Visit.mode == "in_home", *running)
    )
    return {elder: at for elder, at in calls if at is not None}, set(in_person)
