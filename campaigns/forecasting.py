"""A forecast of a campaign in the ledger: its open visits, and what the calls of the past teach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from campaigns.area_lines import AreaLines
from campaigns.forecast import Assumptions, Awaited, Forecast, forecast, lines_needed
from campaigns.history import end_of_period, past_of
from campaigns.phoning import usable_phones
from campaigns.places import hours_for
from campaigns.policy import Tier
from campaigns.presence import ABSENT, back_at
from campaigns.retries import RetryPolicy
from campaigns.snapshots import Snapshot
from campaigns.windows import Windows
from ivr.lines import Disposition
from records.people import Area, Elder
from records.visits import CallAttempt, Campaign, Visit, is_open

LOOK_BACK = timedelta(days=90)
LATEST = 20_000
"""Calls that are looked at at most, the newest: what a city makes in a day, and more than a share needs."""
ENOUGH_CALLS = 30
"""Calls of the past below which they teach nothing yet."""
_USUAL = Assumptions()
_TELLING = ("answered_human", "answered_machine", "busy", "no_answer", "rejected")
"""Dispositions that tell whether people answer; what failed on our side or has no number tells nothing."""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An area that has too small a share of the lines."""

    area: str
    lines: int
    visits: int
    """To how many of its elders no call would be made, and would be if areas had no limits."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is to be expected of a campaign."""

    forecast: Forecast
    assumed: Assumptions
    lines: int
    """Calls at the same time that the forecast reckons with."""
    lines_needed: int | None
    """With how many everybody would be rung at least once; None when no number suffices."""
    awaited: int
    """Visits still to be made by telephone."""
    absent: tuple[str, ...]
    """Names of those who are not at home, nobody knows until when: not reckoned with."""
    in_person: Counter[str]
    """Open visits that a person makes, by the reason why the robot may not phone."""
    shares: tuple[tuple[str, int], ...] = ()
    """Areas of those to be phoned that have a limit of lines, by name, with it."""
    held_back: tuple[HeldBack, ...] = ()
    """Areas whose limit of lines alone keeps some from being rung, those with most of them first."""

    @property
    def can_be_met(self) -> bool:
        """Whether everybody who is to be phoned is rung in time; where nobody is, that says nothing."""
        return not self.forecast.never_rung

    @property
    def billed_minutes(self) -> float:
        """Minutes that the trunk's provider will count: those of answered calls, begun ones whole.

        Talks are as long as they are on average: half a minute more of each is begun and not used.
        """
        answered = sum(ring.answered for ring in self.forecast.rings)
        return answered * (self.assumed.talk_seconds / 60 + 0.5)

    @property
    def has_nobody_to_phone(self) -> bool:
        """Whether no telephone would ring: all were called, people visit everybody, or nobody is at home."""
        return not self.awaited


def look_ahead(session: Session, campaign: Campaign, lines: int, now: datetime) -> Outlook:
    """Forecast a campaign from ``now`` on, as if it were the only one that calls.

    ``lines`` of the gateways; the campaign's own limit and those of areas come on top.
    """
    lines = max(1, min(lines, campaign.max_concurrent))
    shares = AreaLines.read(session)
    visits = session.scalars(
        select(Visit)
        .where(Visit.campaign_id == campaign.id, Visit.mode == "telephone", is_open())
        .options(joinedload(Visit.elder).selectinload(Elder.phones), selectinload(Visit.attempts))
        .order_by(Visit.id)
    ).all()
    lost = [visit for visit in visits if visit.elder.status in ABSENT and back_at(visit.elder) is None]
    gone = {visit.id for visit in lost}
    awaited = [_awaited(visit, shares, now) for visit in visits if visit.id not in gone]
    assumed = learnt(session, now)
    found = forecast(awaited, lines, now, assumed, shares.limits)
    return Outlook(
        forecast=found,
        assumed=assumed,
        lines=lines,
        lines_needed=lines_needed(awaited, now, assumed, shares.limits) if found.never_rung else lines,
        awaited=len(awaited),
        absent=tuple(visit.elder.name for visit in lost),
        in_person=_in_person(session, campaign),
        shares=_shares(session, awaited),
        held_back=_held_back(session, awaited, found, forecast(awaited, lines, now, assumed))
        if found.never_rung and shares
        else (),
    )


def learnt(session: Session, now: datetime) -> Assumptions:
    """How often people answered lately and how long they talked; the usual figures while calls are few.

    Of the newest ``LATEST`` calls those of the last 90 days tell.
    """
    newest = (
        select(CallAttempt.disposition, CallAttempt.duration_s, CallAttempt.dialled_at)
        .order_by(CallAttempt.id.desc())
        .limit(LATEST)
        .subquery()
    )
    rows = session.execute(
        select(newest.c.disposition, func.count(), func.sum(newest.c.duration_s))
        .where(newest.c.dialled_at > now - LOOK_BACK, newest.c.disposition.in_(_TELLING))
        .group_by(newest.c.disposition)
    ).all()
    rung = sum(calls for _, calls, _ in rows)
    human = Disposition.ANSWERED_HUMAN.value
    answered, seconds = next(((calls, talked) for how, calls, talked in rows if how == human), (0, 0.0))
    if rung < ENOUGH_CALLS or not answered:
        return _USUAL
    return Assumptions(
        answered=answered / rung,
        talk_seconds=float(seconds / answered or _USUAL.talk_seconds),
        ring_seconds=_USUAL.ring_seconds,
        calls=rung,
    )


def _shares(session: Session, awaited: Sequence[Awaited]) -> tuple[tuple[str, int], ...]:
    limited = {area for each in awaited for area in each.limited_by}
    rows = session.execute(select(Area.name, Area.lines).where(Area.id.in_(limited)).order_by(Area.id))
    return tuple((name, lines or 0) for name, lines in rows)


def _held_back(
    session: Session, awaited: Sequence[Awaited], found: Forecast, unlimited: Forecast
) -> tuple[HeldBack, ...]:
    """By the nearest limit over those who would be rung without any."""
    only_so = set(found.never_rung) - set(unlimited.never_rung)
    under = Counter(each.limited_by[0] for each in awaited if each.visit_id in only_so and each.limited_by)
    areas = session.execute(select(Area.id, Area.name, Area.lines).where(Area.id.in_(list(under))))
    rows = [HeldBack(name, lines or 0, under[area]) for area, name, lines in areas]
    return tuple(sorted(rows, key=lambda each: (-each.visits, each.area)))


def _awaited(visit: Visit, shares: AreaLines, now: datetime) -> Awaited:
    windows, retries = _terms(visit)
    due = visit.next_attempt_at or now
    back = back_at(visit.elder) if visit.elder.status in ABSENT else None
    return Awaited(
        visit_id=visit.id,
        first=visit.elder.tier == Tier.KEY,
        due=max(due, back) if back else due,
        ends=end_of_period(visit),
        windows=hours_for(visit.elder, windows),
        retries=retries,
        phones=tuple(phone.id for phone in usable_phones(visit.elder)),
        past=tuple(past_of(visit)),
        limited_by=shares.over(visit.elder.area_id),
    )


def _terms(visit: Visit) -> tuple[Windows, RetryPolicy]:
    """Those it was planned under; the campaign's for a visit that was put on record without any."""
    if visit.snapshot:
        snapshot = Snapshot.model_validate(visit.snapshot)
        return snapshot.windows, snapshot.retries
    campaign = visit.campaign
    return Windows.model_validate(campaign.windows), RetryPolicy.model_validate(campaign.retries)


def _in_person(session: Session, campaign: Campaign) -> Counter[str]:
    rows = session.execute(
        select(Visit.mode_reason, func.count())
        .where(Visit.campaign_id == campaign.id, Visit.mode == "in_home", is_open())
        .group_by(Visit.mode_reason)
    )
    return Counter({reason: int(many) for reason, many in rows})
