"""How far a campaign has come, counted once for the whole city and kept by area for those who look.

What is kept is what ``visit_counts`` gives; a count replaces the one before as a whole. A campaign that is
over is counted a last time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, true
from sqlalchemy.orm import Session

from campaigns.standings import recount_standings
from campaigns.tallying import is_large
from records.locks import take_turns
from records.people import Elder
from records.tallies import Tally
from records.visits import CallAttempt, Campaign, Visit, is_to_count

FRESH = timedelta(seconds=50)
"""How old a count of a campaign that is not over may be before it is made again."""

Facts = tuple[str, str, str | None, bool]
"""Mode, tier, outcome, and whether the elder is on the telephone."""


@dataclass(frozen=True, slots=True)
class Census:
    """Visits by what is the same about them."""

    visits: Counter[Facts]
    at: datetime | None = None
    """When they were counted; None for just now."""


def visit_counts(session: Session, campaign_id: int, where: ColumnElement[bool]) -> dict[int, Counter[Facts]]:
    """Visits of a campaign by area, to those elders whom ``where`` means."""
    calling = (
        select(CallAttempt.id)
        .where(CallAttempt.visit_id == Visit.id, CallAttempt.status == "dialling")
        .exists()
    )
    # One row a visit first: PostgreSQL does not group by an expression that carries parameters.
    one = (
        select(Elder.area_id, Visit.mode, Elder.tier, Visit.outcome, calling.label("calling"))
        .join(Elder, Elder.id == Visit.elder_id)
        .where(Visit.campaign_id == campaign_id, where)
        .subquery()
    )
    columns = (one.c.area_id, one.c.mode, one.c.tier, one.c.outcome, one.c.calling)
    found: dict[int, Counter[Facts]] = {}
    for area, mode, tier, outcome, is_calling, visits in session.execute(
        select(*columns, func.count()).group_by(*columns)
    ):
        found.setdefault(area, Counter())[mode, tier, outcome, bool(is_calling)] += visits
    return found


def stale_campaigns(session: Session, now: datetime) -> list[int]:
    """Ids of the campaigns whose count is missing, old or not the last one; none in a small ledger."""
    if not is_large(session, true()):
        return []
    wanted = select(Campaign.id).where(is_to_count()).order_by(Campaign.id)
    return [campaign for campaign in session.scalars(wanted) if not _is_fresh(session, campaign, now)]


def recount_campaign(session: Session, campaign_id: int, now: datetime) -> bool:
    """Count a campaign unless somebody has done so meanwhile; whether it was counted."""
    take_turns(session, _subject(campaign_id))
    if _is_fresh(session, campaign_id, now):
        return False
    campaign = session.get_one(Campaign, campaign_id)
    over = campaign.finally_counted = campaign.status == "ended"
    found = visit_counts(session, campaign_id, true())
    session.execute(delete(Tally).where(Tally.subject == _subject(campaign_id)))
    session.add_all(
        Tally(
            subject=_subject(campaign_id),
            area_id=area,
            counted_at=now,
            elders=counts.total(),
            counts={"visits": [[*facts, many] for facts, many in counts.items()], "over": over},
        )
        for area, counts in found.items()
    )
    if found:
        recount_standings(session, campaign_id, now)
    return bool(found)


def census(session: Session, campaign_id: int, areas: Collection[int], whose: ColumnElement[bool]) -> Census:
    """How far a campaign has come in some areas; ``whose`` means the elders who live there.

    As it was counted last in a city, else as it is now. Before the first count a city waits for it.
    """
    if is_large(session, whose):
        rows = session.scalars(
            select(Tally).where(Tally.subject == _subject(campaign_id), Tally.area_id.in_(areas))
        ).all()
        if rows:
            return Census(_sum(_read(row) for row in rows), min(row.counted_at for row in rows))
    return Census(_sum(visit_counts(session, campaign_id, whose).values()))


def _is_fresh(session: Session, campaign_id: int, now: datetime) -> bool:
    one = session.scalar(select(Tally).where(Tally.subject == _subject(campaign_id)).limit(1))
    return one is not None and (bool(one.counts["over"]) or one.counted_at > now - FRESH)


def _subject(campaign_id: int) -> str:
    return f"campaign-{campaign_id}"


def _read(row: Tally) -> Counter[Facts]:
    return Counter(
        {(mode, tier, outcome, on): many for mode, tier, outcome, on, many in row.counts["visits"]}
    )


def _sum(parts: Iterable[Counter[Facts]]) -> Counter[Facts]:
    whole: Counter[Facts] = Counter()
    for part in parts:
        whole.update(part)
    return whole
