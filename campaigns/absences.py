"""Elders who are in hospital or away: not rung, not forgotten, and called again by themselves when back.

Whoever is absent until a known day is called from that day on, without anybody having to think of it. Whoever
is absent for an unknown time stays on the list: their visit is looked at again every day until the period is
over, and then a person is told that nobody was there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from campaigns.history import end_of_period
from campaigns.planner import plan_visits
from campaigns.policies import Policies
from campaigns.presence import ABSENT, back_at, is_absent, today_at
from campaigns.standing import settle
from campaigns.who import Who, means
from records.audit import audit
from records.locks import take_turns
from records.people import Elder, is_noted_absent
from records.rounds import Round
from records.visits import Campaign, Visit

ACTOR = "calendar"
Why = Literal["in_hospital", "away"]


class AbsenceError(Exception):
    """An absence cannot be noted so; the message says of whom and why."""


def be_away(
    session: Session, elder: Elder, why: Why, back_on: date | None, *, now: datetime, actor: str
) -> None:
    """Note that an elder is not at home, until ``back_on`` if that is known. Nothing is rung from now on.

    Raises AbsenceError for somebody who has moved, died or refused, and for a day that is not ahead.
    """
    if elder.status not in {"active", *ABSENT}:
        raise AbsenceError(f"{elder.name} is on the books as {elder.status}, and is not phoned anyway")
    if back_on is not None and back_on <= today_at(elder, now):
        raise AbsenceError(f"{back_on} is not ahead: say when {elder.name} will be back")
    elder.status, elder.back_on, elder.updated_at = why, back_on, now
    _settle(session, elder, now)
    _wait_for_return(session, elder)
    day = back_on.isoformat() if back_on else ""
    _note(session, elder, now, actor, action="elder_absent", why=why, back_on=day)


def _wait_for_return(session: Session, elder: Elder) -> None:
    """Date the elder's open visits for the day of return, for all to see; the dialer would do so later.

    A visit whose period is over by then stands at its end, when a person is told.
    """
    back = back_at(elder)
    if back is None:
        return
    waiting = select(Visit).where(Visit.elder_id == elder.id, Visit.mode == "telephone")
    for visit in session.scalars(waiting.where(Visit.status == "planned", Visit.next_attempt_at < back)):
        visit.next_attempt_at = min(back, end_of_period(visit))


def come_back(session: Session, elder: Elder, *, now: datetime, actor: str) -> bool:
    """Note that an elder is at home again and let the running campaigns call them; whether they were away.

    Visits that wait for the day of return are due at once, and campaigns that left the elder out plan a
    visit: calling hours still come on top. Rounds that opened by themselves are left to those who keep them:
    they know whether somebody is due, and give nobody a second visit.
    """
    if elder.status not in ABSENT:
        return False
    elder.status, elder.back_on, elder.updated_at = "active", None, now
    _settle(session, elder, now)
    _note(session, elder, now, actor, action="elder_back")
    session.flush()
    session.execute(
        update(Visit)
        .where(Visit.elder_id == elder.id, Visit.mode == "telephone", Visit.status == "planned")
        .values(next_attempt_at=now)
        .execution_options(synchronize_session=False)
    )
    for campaign in _campaigns_without(session, elder):
        if means(session, Who.model_validate(campaign.who), elder, now.date()):
            plan_visits(session, campaign, now, only={elder.id})
    return True


def returning(session: Session, now: datetime) -> list[int]:
    """Ids of those whose day of return has come, on their own calendar."""
    absent = session.scalars(
        select(Elder).where(is_noted_absent(), Elder.back_on.is_not(None)).order_by(Elder.id)
    )
    return [each.id for each in absent if not is_absent(each, today_at(each, now))]


def bring_back(session: Session, elder_id: int, now: datetime) -> bool:
    """Let somebody come back whose day of return has come; False when that has changed meanwhile."""
    take_turns(session, "absences")
    elder = session.get_one(Elder, elder_id)
    over = elder.status in ABSENT and not is_absent(elder, today_at(elder, now))
    return over and come_back(session, elder, now=now, actor=ACTOR)


def _settle(session: Session, elder: Elder, now: datetime) -> None:
    today = today_at(elder, now)
    settle(elder, Policies.read(session).of(elder.area_id, today), today)


def _campaigns_without(session: Session, elder: Elder) -> Sequence[Campaign]:
    visited = select(Visit.campaign_id).where(Visit.elder_id == elder.id)
    kept = select(Round.campaign_id)
    return session.scalars(
        select(Campaign).where(
            Campaign.status == "running", Campaign.id.not_in(visited), Campaign.id.not_in(kept)
        )
    ).all()


def _note(
    session: Session, elder: Elder, now: datetime, actor: str, *, action: str, **detail: object
) -> None:
    audit(
        session,
        at=now,
        actor=actor,
        action=action,
        subject_type="elder",
        subject_id=elder.id,
        **detail,
    )
