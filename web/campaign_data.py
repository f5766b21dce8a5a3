"""What the page of today's campaign shows, read from the ledger within a worker's areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload

from campaigns.presence import ABSENT
from records.orders import WorkOrder
from records.people import NOT_ON_ROSTER, Area, Elder
from records.surges import SurgeDays
from records.visits import Assessment, CallAttempt, Campaign, Flag, Turn, Visit
from web.access import ours
from web.identity import SignedIn
from web.progress import Count, Risk, risk, stage_of

SHORT_LIST = 6
"""Rows of a list on the overview; the page of its own shows all."""
SURGE_AHEAD = timedelta(days=7)
"""How long before they begin surge days are announced."""
LONG_LIST = 200
"""Rows of a list of names on the overview at most; the count is always complete."""


def current_campaign(session: Session) -> Campaign | None:
    """The campaign to show first: one that runs, else the newest."""
    running_first = case((Campaign.status == "running", 0), (Campaign.status == "paused", 1), else_=2)
    return session.scalar(
        select(Campaign).order_by(running_first, Campaign.starts_on.desc(), Campaign.id.desc())
    )


def campaigns(session: Session) -> Sequence[Campaign]:
    """All campaigns, newest first."""
    return session.scalars(select(Campaign).order_by(Campaign.starts_on.desc(), Campaign.id.desc())).all()


def counts(session: Session, user: SignedIn, campaign: Campaign) -> list[Count]:
    """Visits by mode, tier and stage."""
    calling = (
        select(CallAttempt.id)
        .where(CallAttempt.visit_id == Visit.id, CallAttempt.status == "dialling")
        .exists()
    )
    # One row a visit first: PostgreSQL does not group by an expression that carries parameters.
    one = (
        select(Visit.mode, Elder.tier, Visit.outcome, calling.label("calling"))
        .join(Elder, Elder.id == Visit.elder_id)
        .where(ours(user), Visit.campaign_id == campaign.id)
        .subquery()
    )
    columns = (one.c.mode, one.c.tier, one.c.outcome, one.c.calling)
    rows = session.execute(select(*columns, func.count()).group_by(*columns))
    return [
        Count(mode, tier, stage, visits)
        for mode, tier, outcome, is_calling, visits in rows
        if (stage := stage_of(outcome, calling=bool(is_calling))) is not None
    ]


def outcomes(session: Session, user: SignedIn, campaign: Campaign) -> list[tuple[str, int]]:
    """Ended visits by outcome, most frequent first."""
    rows = session.execute(
        select(Visit.outcome, func.count())
        .join(Elder, Elder.id == Visit.elder_id)
        .where(ours(user), Visit.campaign_id == campaign.id, Visit.outcome.is_not(None))
        .group_by(Visit.outcome)
        .order_by(func.count().desc(), Visit.outcome)
    )
    return [(str(outcome), visits) for outcome, visits in rows]


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


def at_risk(session: Session, user: SignedIn, campaign: Campaign, now: datetime) -> list[AtRisk]:
    """Telephone visits that may be missed, gravest reason first."""
    visits = session.scalars(
        select(Visit)
        .join(Elder, Elder.id == Visit.elder_id)
        .where(
            ours(user),
            Visit.campaign_id == campaign.id,
            Visit.mode == "telephone",
            Visit.status != "ended",
            ~select(CallAttempt.id)
            .where(CallAttempt.visit_id == Visit.id, CallAttempt.status == "dialling")
            .exists(),
        )
        .options(joinedload(Visit.elder))
    ).all()
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
    gravity = list(Risk)
    return sorted(found, key=lambda row: (gravity.index(row.risk), row.visit.id))


def in_person(session: Session, user: SignedIn, campaign: Campaign) -> Sequence[Visit]:
    """Elders whom the robot must not phone: a person visits them."""
    return session.scalars(
        select(Visit)
        .join(Elder, Elder.id == Visit.elder_id)
        .where(ours(user), Visit.campaign_id == campaign.id, Visit.mode == "in_home", Visit.status != "ended")
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
            Visit.status != "ended",
            Elder.status.in_(ABSENT),
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
