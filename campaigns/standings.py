"""Levels of a campaign's visits, and elders without one: by the rows in a town, by keepers' counts in a city.

Both are counted with the campaign itself (``campaigns.census``), and it says when. Whoever has a visit by now
is taken off the list of names when it is shown; who came to need one comes on it with the next count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, true
from sqlalchemy.orm import Session

from campaigns.policies import NOT_VISITED
from campaigns.tallying import is_large
from records.people import Elder
from records.tallies import Tally
from records.visits import Assessment, Visit

NAMED = 24
"""Elders without a visit who are kept by number for each area; the count is always complete."""


@dataclass(frozen=True, slots=True)
class Unplanned:
    """Elders on the books for whom a campaign plans no visit at all."""

    elders: Sequence[int]
    """Ids of the first of them, by status and number."""
    count: int


def levels(
    session: Session, campaign_id: int, areas: Collection[int], whose: ColumnElement[bool]
) -> Counter[str]:
    """Visits of a campaign by overall level, to the elders of some areas, whom ``whose`` means."""
    kept = _kept(session, f"levels-{campaign_id}", campaign_id, areas, whose)
    found = _levels(session, campaign_id, whose).values() if kept is None else (row.counts for row in kept)
    whole: Counter[str] = Counter()
    for part in found:
        whole.update(part)
    return whole


def unplanned(
    session: Session, campaign_id: int, areas: Collection[int], whose: ColumnElement[bool], most: int
) -> Unplanned:
    """Who has no visit in a campaign, of the elders of some areas, whom ``whose`` means; ``most`` of them."""
    kept = _kept(session, f"unplanned-{campaign_id}", campaign_id, areas, whose)
    if kept is None:
        missing = (whose, *_has_none(campaign_id))
        some = select(Elder.id).where(*missing).order_by(Elder.status, Elder.id).limit(most + 1)
        ids = session.scalars(some).all()
        count = len(ids) if len(ids) <= most else session.scalar(select(func.count(Elder.id)).where(*missing))
        return Unplanned(ids[:most], count or 0)
    first = sorted((status, each) for row in kept for status, each in row.counts["first"])[:most]
    still = (Elder.id.in_([each for _, each in first]), *_has_none(campaign_id))
    ids = session.scalars(select(Elder.id).where(*still).order_by(Elder.status, Elder.id)).all()
    return Unplanned(ids, max(len(ids), sum(row.elders for row in kept) - len(first) + len(ids)))


def recount_standings(session: Session, campaign_id: int, now: datetime) -> None:
    """Count both anew, for all areas; the counts before are replaced as a whole."""
    subjects = (f"levels-{campaign_id}", f"unplanned-{campaign_id}")
    session.execute(delete(Tally).where(Tally.subject.in_(subjects)))
    for area, found in _levels(session, campaign_id, true()).items():
        session.add(
            Tally(subject=subjects[0], area_id=area, counted_at=now, elders=found.total(), counts=dict(found))
        )
    for area, (count, first) in _unplanned(session, campaign_id).items():
        session.add(
            Tally(subject=subjects[1], area_id=area, counted_at=now, elders=count, counts={"first": first})
        )


def _kept(
    session: Session, subject: str, campaign_id: int, areas: Collection[int], whose: ColumnElement[bool]
) -> Sequence[Tally] | None:
    """What keepers have counted; None in a town, and in a city before the campaign was counted there."""
    if not is_large(session, whose):
        return None
    rows = session.scalars(select(Tally).where(Tally.subject == subject, Tally.area_id.in_(areas))).all()
    if rows:
        return rows
    begun = select(Tally.area_id).where(Tally.subject == f"campaign-{campaign_id}", Tally.area_id.in_(areas))
    return None if session.scalar(begun.limit(1)) is None else rows


def _levels(session: Session, campaign_id: int, where: ColumnElement[bool]) -> dict[int, Counter[str]]:
    """Visits by level, by area."""
    rows = session.execute(
        select(Elder.area_id, Assessment.overall, func.count())
        .join(Visit, Visit.id == Assessment.visit_id)
        .join(Elder, Elder.id == Visit.elder_id)
        .where(where, Visit.campaign_id == campaign_id)
        .group_by(Elder.area_id, Assessment.overall)
    )
    found: dict[int, Counter[str]] = {}
    for area, level, visits in rows:
        found.setdefault(area, Counter())[level] += visits
    return found


def _unplanned(session: Session, campaign_id: int) -> dict[int, tuple[int, list[list[object]]]]:
    """How many have no visit, and the first of them with their status, by area."""
    place = func.row_number().over(partition_by=Elder.area_id, order_by=(Elder.status, Elder.id))
    all_of = func.count().over(partition_by=Elder.area_id)
    each = (
        select(Elder.area_id, Elder.status, Elder.id, place.label("place"), all_of.label("all_of"))
        .where(*_has_none(campaign_id))
        .subquery()
    )
    rows = session.execute(select(each).where(each.c.place <= NAMED).order_by(each.c.area_id, each.c.place))
    found: dict[int, tuple[int, list[list[object]]]] = {}
    for area, status, elder_id, _, count in rows:
        found.setdefault(area, (count, []))[1].append([status, elder_id])
    return found


def _has_none(campaign_id: int) -> tuple[ColumnElement[bool], ...]:
    planned = select(Visit.id).where(Visit.campaign_id == campaign_id, Visit.elder_id == Elder.id).exists()
    return (~planned, Elder.status.not_in(NOT_VISITED))
