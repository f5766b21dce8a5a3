"""Visits that may not happen in time, asked of the rows themselves whenever the page is opened.

Each reason is a range of an index, so what is read is what is at risk, and of that not more than ``COUNTED``:
when a line was down for a morning the number shown stops there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, literal, select, union_all
from sqlalchemy.orm import Session, joinedload

from campaigns.windows import end_of_day, known_zone
from records.bulk import these
from records.marks import is_hard_to_reach
from records.people import Elder
from records.visits import CallAttempt, Campaign, Visit, is_open
from web.identity import SignedIn
from web.progress import LATE_AFTER, MANY_ATTEMPTS, Risk, risk

RISKS_SHOWN = 12
COUNTED = 1000
"""Visits at risk that are counted at most."""


@dataclass(frozen=True)
class AtRisk:
    """A visit that may not happen in time."""

    visit: Visit
    risk: Risk


@dataclass(frozen=True)
class Risks:
    """Visits that may not happen in time: the gravest of them, and how many there are."""

    rows: Sequence[AtRisk]
    count: int
    more: bool = False
    """Whether there are more than ``count``."""


def at_risk(session: Session, user: SignedIn, campaign: Campaign, now: datetime) -> Risks:
    """Telephone visits that may be missed, gravest reason first, as ``web.progress.risk`` judges them.

    Of those alike the longest waiting comes first.
    """
    calling = (
        select(CallAttempt.id)
        .where(CallAttempt.visit_id == Visit.id, CallAttempt.status == "dialling")
        .exists()
    )
    mine = these(session, sorted(user.areas)).cte("mine")
    parts = []
    for gravity, part in _dangers(campaign, now):
        some = (
            select(literal(gravity).label("gravity"), Visit.next_attempt_at.label("at"), Visit.id.label("id"))
            .join(Elder, Elder.id == Visit.elder_id)
            .where(
                Elder.area_id.in_(select(mine.c.value)),
                Visit.campaign_id == campaign.id,
                is_open(),
                Visit.mode == "telephone",
            )
            .where(*part, ~calling)
            .order_by(Visit.next_attempt_at, Visit.id)
            .limit(COUNTED + 1)
        )
        parts.append(_wrapped(some))
    found = session.execute(union_all(*parts)).all()
    gravest = sorted(found, key=lambda row: (row.gravity, row.at or now, row.id))[:RISKS_SHOWN]
    rows = _shown(session, campaign, [row.id for row in gravest], now)
    return Risks(rows, min(len(found), COUNTED), more=len(found) > COUNTED)


def _wrapped(some: Select[int, datetime | None, int]) -> Select[int, datetime | None, int]:
    """SQLite takes no limit within a union unless it is one level deeper."""
    inner = some.subquery()
    return select(inner.c.gravity, inner.c.at, inner.c.id)


def _dangers(campaign: Campaign, now: datetime) -> list[tuple[int, tuple[ColumnElement[bool], ...]]]:
    """Ranges of waiting visits at risk and how gravely (0 the gravest): ``web.progress.risk`` in SQL."""
    zone = known_zone(campaign.timezone)
    at, late = Visit.next_attempt_at, now - LATE_AFTER
    if zone is None:
        return [(0, part) for part in _ranges()]
    end = end_of_day(campaign.ends_on, campaign.timezone)
    begin = min(late, end)
    dangers = [
        *((0, (*part, at.is_(None))) for part in _ranges()),
        *((1, (*part, at >= end)) for part in _ranges()),
        *((2, (*part, at < begin)) for part in _ranges()),
        (3, (is_hard_to_reach(), at >= begin, at < end)),
    ]
    if now.astimezone(zone).date() >= campaign.ends_on:
        tried_less = Visit.attempts_made < MANY_ATTEMPTS
        dangers += [(4, (*part, at >= begin, at < end, tried_less)) for part in _ranges()]
    return dangers


def _ranges() -> list[tuple[ColumnElement[bool], ...]]:
    """The index of open visits holds them in the order of their dates within each of these."""
    states = ("planned", "in_progress")
    return [
        (Visit.status == state, Visit.comes_first == first) for state in states for first in (True, False)
    ]


def _shown(session: Session, campaign: Campaign, ids: Sequence[int], now: datetime) -> list[AtRisk]:
    visits = session.scalars(select(Visit).where(Visit.id.in_(ids)).options(joinedload(Visit.elder)))
    by_id = {visit.id: visit for visit in visits}
    found = []
    for each in ids:
        visit = by_id[each]
        why = risk(
            next_attempt_at=visit.next_attempt_at,
            attempts_made=visit.attempts_made,
            ends_on=campaign.ends_on,
            timezone=campaign.timezone,
            now=now,
        )
        if why is not None:
            found.append(AtRisk(visit, why))
    return found
