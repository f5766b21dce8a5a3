"""Which visits nobody made in time. Queries only; asked every minute, so they read what may be late only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from escalation.oversight import Oversight
from escalation.periods import calling_time, period_end
from escalation.policy import AuditorRules
from records.people import Elder
from records.versions import VisitTerms
from records.visits import Campaign, Visit, is_not_over, is_open, is_under_way


def visits_overdue(session: Session, rules: AuditorRules, now: datetime) -> Iterator[Oversight]:
    """Telephone visits of running campaigns that are due, could have been called, and nobody has.

    What was due more recently than the limit cannot be overdue yet and is not read: the day's round of a city
    is due at the same hour.
    """
    limit = timedelta(minutes=rules.visit_overdue)
    running = session.scalars(
        select(Campaign).where(is_not_over(), Campaign.status == "running").order_by(Campaign.id)
    ).all()
    for campaign in running:
        waited: dict[tuple[str, datetime], timedelta] = {}
        for visit_id, area_id, due, here in _waiting_since(session, campaign.id, now - limit, now):
            alike = repr(here), due
            if alike not in waited:
                waited[alike] = calling_time(here or campaign.windows, campaign.timezone, due, now)
            if waited[alike] >= limit:
                yield Oversight("visit_overdue", "visit", visit_id, str(visit_id), "need", due, area_id)


def _waiting_since(
    session: Session, campaign_id: int, since: datetime, now: datetime
) -> list[tuple[int, int, datetime, Any]]:
    """Visits that nobody holds and that were due by a moment: visit, area, when due, the hours to call in."""
    due = func.coalesce(Visit.next_attempt_at, Visit.created_at, type_=Visit.created_at.type)
    rows = (
        select(Visit.id, Elder.area_id, due, VisitTerms.document["hours_here"])
        .join(Elder, Elder.id == Visit.elder_id)
        .outerjoin(VisitTerms, VisitTerms.id == Visit.terms_id)
        .where(Visit.campaign_id == campaign_id, is_open(), Visit.mode == "telephone", due <= since)
        .where(or_(Visit.lease_until.is_(None), Visit.lease_until < now))
    )
    # Each of these ranges is one of an index: due and waiting, without a date, and left by whoever held it.
    waiting = (Visit.status == "planned", Visit.comes_first)
    parts = [
        *(and_(waiting[0], waiting[1] == first, Visit.next_attempt_at <= since) for first in (True, False)),
        *(and_(waiting[0], waiting[1] == first, Visit.next_attempt_at.is_(None)) for first in (True, False)),
        and_(is_under_way(), Visit.lease_until < now),
        and_(is_under_way(), Visit.lease_until.is_(None)),
    ]
    found = [tuple(row) for part in parts for row in session.execute(rows.where(part)).all()]
    return sorted(found, key=lambda row: row[0])


def visits_past_period(session: Session, now: datetime) -> Iterator[Oversight]:
    """Visits that have not ended although the last day of their period has, in the campaign's time zone."""
    unfinished = list(session.scalars(_campaigns_with_open_visits()))
    ending = session.execute(
        select(Campaign.id, Campaign.ends_on, Campaign.timezone)
        .where(Campaign.id.in_(unfinished), Campaign.ends_on <= now.date() + timedelta(days=1))
        .order_by(Campaign.id)
    ).all()
    for campaign, ends_on, timezone in ending:
        over = period_end(ends_on, timezone)
        if over > now:
            continue
        rows = session.execute(
            select(Visit.id, Elder.area_id)
            .join(Elder, Elder.id == Visit.elder_id)
            .where(Visit.campaign_id == campaign, is_open())
            .order_by(Visit.id)
        )
        for visit_id, area in rows.all():
            yield Oversight("visit_past_period", "visit", visit_id, str(visit_id), "urgent", over, area)


def _campaigns_with_open_visits() -> Select[int]:
    """Ids of the campaigns, whatever their status, of which a visit is open.

    The index of open visits is asked for the first, then for the next behind it, and so on: that takes as
    many steps as there are such campaigns, however many visits are open and however many campaigns are over.
    """
    found = select(func.min(Visit.campaign_id).label("campaign_id")).where(is_open()).cte(recursive=True)
    behind = select(func.min(Visit.campaign_id)).where(is_open(), Visit.campaign_id > found.c.campaign_id)
    each = found.union_all(select(behind.scalar_subquery()).where(found.c.campaign_id.is_not(None)))
    return select(each.c.campaign_id).where(each.c.campaign_id.is_not(None))
