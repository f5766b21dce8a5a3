"""What the page of today's campaign shows, read from the ledger within a worker's areas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, literal, or_, select, true
from sqlalchemy.orm import Session, joinedload

from campaigns.census import Census, census
from campaigns.windows import end_of_day, known_zone
from records.orders import WorkOrder
from records.people import NOT_ON_ROSTER, Area, Elder, is_noted_absent
from records.surges import SurgeDays
from records.visits import Assessment, CallAttempt, Campaign, Flag, Turn, Visit, is_open
from web.access import ours
from web.campaign_access import reaches
from web.identity import SignedIn
from web.progress import LATE_AFTER, MANY_ATTEMPTS, Count, Risk, risk, stage_of

SHORT_LIST = 6
"""Rows of a list on the overview; the page of its own shows all."""
RISKS_SHOWN = 12
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
    """Visits by overall level."""
    rows = session.execute(
        select(Assessment.overall, func.count())
        .join(Visit, Visit.id == Assessment.visit_id)
        .join(Elder, Elder.id == Visit.elder_id)
        .where(ours(user), Visit.campaign_id == campaign.id)
        .group_by(Assessment.overall)
    )
    found = {str(overall): int(visits) for overall, visits in rows}
    return {level: found.get(level, 0) for level in ("red", "orange", "yellow", "green")}


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


def at_risk(session: Session, user: SignedIn, campaign: Campaign, now: datetime) -> Risks:
    """Telephone visits that may be missed, gravest reason first, as ``web.progress.risk`` judges them."""
    in_danger, gravity = _danger(campaign, now)
    calling = (
        select(CallAttempt.id)
        .where(CallAttempt.visit_id == Visit.id, CallAttempt.status == "dialling")
        .exists()
    )
    waiting = (
        ours(user),
        Visit.campaign_id == campaign.id,
        is_open(),
        Visit.mode == "telephone",
        in_danger,
        ~calling,
    )
    count = session.scalar(
        select(func.count(Visit.id)).join(Elder, Elder.id == Visit.elder_id).where(*waiting)
    )
    visits = session.scalars(
        select(Visit)
        .join(Elder, Elder.id == Visit.elder_id)
        .where(*waiting)
        .options(joinedload(Visit.elder))
        .order_by(gravity, Visit.id)
        .limit(RISKS_SHOWN)
    )
    found = [
        AtRisk(visit, why)
        for visit in visits
        if (
            why := risk(
                next_attempt_at=visit.next_attempt_at,
                attempts_made=visit.attempts_made,
                ends_on=campaign.ends_on,
                timezone=campaign.timezone,
                now=now,
            )
        )
    ]
    return Risks(found, count or 0)


def _danger(campaign: Campaign, now: datetime) -> tuple[ColumnElement[bool], ColumnElement[int]]:
    """Whether a waiting visit is at risk, and how gravely (0 the gravest): ``web.progress.risk`` in SQL."""
    zone = known_zone(campaign.timezone)
    if zone is None:
        return true(), literal(0)
    reasons = (
        Visit.next_attempt_at.is_(None),
        Visit.next_attempt_at >= end_of_day(campaign.ends_on, campaign.timezone),
        Visit.next_attempt_at < now - LATE_AFTER,
        Visit.attempts_made >= MANY_ATTEMPTS,
    )
    gravity = case(*((reason, rank) for rank, reason in enumerate(reasons)), else_=len(reasons))
    is_last_day = now.astimezone(zone).date() >= campaign.ends_on
    return true() if is_last_day else or_(*reasons), gravity


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


def without_visit(session: Session, user: SignedIn, campaign: Campaign) -> Sequence[Elder]:
    """Elders on the books for whom this campaign plans no visit at all."""
    planned = select(Visit.id).where(Visit.campaign_id == campaign.id, Visit.elder_id == Elder.id).exists()
    return session.scalars(
        select(Elder)
        .where(ours(user), ~planned, Elder.status.not_in(["deceased", "moved", NOT_ON_ROSTER]))
        .options(joinedload(Elder.area))
        .order_by(Elder.status, Elder.id)
        .limit(LONG_LIST)
    ).all()


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
