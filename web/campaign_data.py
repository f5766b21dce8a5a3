"""What the page of today's campaign shows, read from the ledger within a worker's areas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload

from campaigns import standings
from campaigns.census import Census, census
from records.orders import WorkOrder
from records.people import Area, Elder, is_noted_absent
from records.surges import SurgeDays
from records.visits import CallAttempt, Campaign, Flag, Turn, Visit, is_open
from web.access import ours
from web.campaign_access import reaches
from web.identity import SignedIn
from web.progress import Count, stage_of

SHORT_LIST = 6
"""Rows of a list on the overview; the page of its own shows all."""
SURGE_AHEAD = timedelta(days=7)
"""How long before they begin surge days are announced."""
LONG_LIST = 200
"""Rows of a list of names on the overview at most; the count is always complete."""


def current_campaign(session: Session, user: SignedIn) -> Campaign | None:
    """The campaign to show first: one that runs, else the newest, of those that reach the worker's areas."""
    order = {"running": 0, "paused": 1}
    found = campaigns(session, user)
    return min(found, key=lambda each: order.get(each.status, 2), default=None)


def campaigns(session: Session, user: SignedIn) -> Sequence[Campaign]:
    """All campaigns that reach the worker's areas, newest first."""
    rows = session.scalars(select(Campaign).order_by(Campaign.starts_on.desc(), Campaign.id.desc())).all()
    return reaches(session, user, rows)


def how_far(session: Session, user: SignedIn, campaign: Campaign) -> Census:
    """How far a campaign has come in the worker's areas."""
    return census(session, campaign.id, user.areas, ours(user))


def counts(found: Census) -> list[Count]:
    """Visits by mode, tier and stage."""
    return [
        Count(mode, tier, stage, visits)
        for (mode, tier, outcome, calling), visits in sorted(found.visits.items(), key=str)
        if (stage := stage_of(outcome, calling=calling)) is not None
    ]


def outcomes(found: Census) -> list[tuple[str, int]]:
    """Ended visits by outcome, most frequent first."""
    ended: Counter[str] = Counter()
    for (_, _, outcome, _), visits in found.visits.items():
        if outcome is not None:
            ended[outcome] += visits
    return sorted(ended.items(), key=lambda row: (-row[1], row[0]))


def levels(session: Session, user: SignedIn, campaign: Campaign) -> dict[str, int]:
    """Visits by overall level, the gravest first."""
    found = standings.levels(session, campaign.id, user.areas, ours(user))
    return {level: found[level] for level in ("red", "orange", "yellow", "green")}


@dataclass(frozen=True)
class LiveCall:
    """A call going on now."""

    visit: Visit
    attempt: CallAttempt
    seconds: float
    """Since the elder answered, or since dialling while it still rings."""
    answered: bool
    turns: int
    flags: Sequence[Flag]


def live_calls(session: Session, user: SignedIn, campaign: Campaign, now: datetime) -> list[LiveCall]:
    """Calls going on now, longest first."""
    attempts = session.scalars(
        select(CallAttempt)
        .join(Visit, Visit.id == CallAttempt.visit_id)
        .join(Elder, Elder.id == Visit.elder_id)
        .where(ours(user), Visit.campaign_id == campaign.id, CallAttempt.status == "dialling")
        .options(joinedload(CallAttempt.visit).joinedload(Visit.elder))
        .order_by(CallAttempt.dialled_at)
    ).all()
    return [
        LiveCall(
            visit=attempt.visit,
            attempt=attempt,
            seconds=(now - since).total_seconds()
            if (since := attempt.answered_at or attempt.dialled_at)
            else 0.0,
            answered=attempt.answered_at is not None,
            turns=session.scalar(select(func.count()).where(Turn.attempt_id == attempt.id)) or 0,
            flags=attempt.visit.flags,
        )
        for attempt in attempts
    ]


def in_person(session: Session, user: SignedIn, campaign: Campaign) -> Sequence[Visit]:
    """Elders whom the robot must not phone: a person visits them."""
    return session.scalars(
        select(Visit)
        .join(Elder, Elder.id == Visit.elder_id)
        .where(ours(user), Visit.campaign_id == campaign.id, Visit.mode == "in_home", is_open())
        .options(joinedload(Visit.elder).joinedload(Elder.area))
        .order_by(Visit.mode_reason, Visit.id)
        .limit(LONG_LIST)
    ).all()


def surges_of(session: Session, user: SignedIn, now: datetime) -> Sequence[SurgeDays]:
    """Surge days of today and of the next days, for the worker's areas or an area around them."""
    today = now.astimezone(user.zone).date()
    around = _areas_around(session, user)
    rows = session.scalars(
        select(SurgeDays)
        .where(
            SurgeDays.ended_at.is_(None),
            SurgeDays.ends_on >= today,
            SurgeDays.starts_on <= today + SURGE_AHEAD,
        )
        .order_by(SurgeDays.starts_on, SurgeDays.id)
    )
    return [row for row in rows if row.area_id is None or row.area_id in around]


def _areas_around(session: Session, user: SignedIn) -> set[int]:
    """The worker's areas and all above them."""
    parents = {each.id: each.parent_id for each in session.execute(select(Area.id, Area.parent_id))}
    found = set(user.areas)
    more = found
    while more:
        more = {above for area in more if (above := parents.get(area)) is not None} - found
        found |= more
    return found


def absent(session: Session, user: SignedIn, campaign: Campaign) -> Sequence[Elder]:
    """Elders with an open visit by telephone who are in hospital or away, the first to be back first."""
    return session.scalars(
        select(Elder)
        .join(Visit, Visit.elder_id == Elder.id)
        .where(
            ours(user),
            Visit.campaign_id == campaign.id,
            Visit.mode == "telephone",
            is_open(),
            is_noted_absent(),
        )
        .options(joinedload(Elder.area))
        .order_by(Elder.back_on.is_(None), Elder.back_on, Elder.id)
        .limit(LONG_LIST)
    ).all()


@dataclass(frozen=True)
class WithoutVisit:
    """Elders on the books for whom a campaign plans no visit at all: the first of them, and how many."""

    elders: Sequence[Elder]
    count: int


def without_visit(session: Session, user: SignedIn, campaign: Campaign) -> WithoutVisit:
    """Elders on the books for whom this campaign plans no visit at all."""
    found = standings.unplanned(session, campaign.id, user.areas, ours(user), LONG_LIST)
    rows = session.scalars(
        select(Elder)
        .where(Elder.id.in_(found.elders))
        .options(joinedload(Elder.area))
        .order_by(Elder.status, Elder.id)
    )
    return WithoutVisit(rows.all(), found.count)


def urgent_orders(session: Session, user: SignedIn) -> Sequence[WorkOrder]:
    """Open work orders, most urgent and nearest deadline first, of every campaign."""
    rank = case((WorkOrder.urgency == "emergency", 0), (WorkOrder.urgency == "urgent", 1), else_=2)
    return session.scalars(
        select(WorkOrder)
        .join(Elder, Elder.id == WorkOrder.elder_id)
        .where(ours(user), WorkOrder.status != "closed")
        .options(joinedload(WorkOrder.elder), joinedload(WorkOrder.assignee))
        .order_by(rank, WorkOrder.deadline)
        .limit(SHORT_LIST)
    ).all()
