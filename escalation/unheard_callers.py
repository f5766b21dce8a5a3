"""Callers with whom nobody spoke and whom nobody has called back. Queries only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased, joinedload

from escalation.oversight import Oversight
from escalation.policy import AuditorRules
from records.call_ins import UNHEARD, CallIn, waits_for_somebody

REMEMBERED = timedelta(days=7)
"""How long a stranger whom nobody has called back is spoken of."""


def callers_unheard(session: Session, rules: AuditorRules, now: datetime) -> Iterator[Oversight]:
    """Elders who are to be rung back, or handed to a person, and are not; strangers nobody called back.

    The first means that whatever rings back is gone, however long ago they called.
    """
    owed = session.scalars(
        select(CallIn)
        .where(CallIn.call_back_at.is_not(None), CallIn.call_back_at < now - _span(rules))
        .options(joinedload(CallIn.elder))
        .order_by(CallIn.id)
    )
    for call in owed:
        area = None if call.elder is None else call.elder.area_id
        yield Oversight("elder_unheard", "call_in", call.id, str(call.id), "urgent", call.came_at, area)
    for call in session.scalars(_strangers(now - REMEMBERED, now - _span(rules))):
        yield Oversight("caller_unheard", "call_in", call.id, str(call.id), "need", call.came_at)


def _span(rules: AuditorRules) -> timedelta:
    return timedelta(minutes=rules.caller_unheard)


def _strangers(since: datetime, until: datetime) -> Select[CallIn]:
    """Numbers that are nobody's, shown, with which nobody has spoken since."""
    later = aliased(CallIn)
    talked = (
        select(later.id)
        .where(later.number_key == CallIn.number_key, later.came_at > CallIn.came_at)
        .where(later.outcome.not_in(("", "lost", "gone", *UNHEARD)))
    )
    return (
        select(CallIn)
        .where(waits_for_somebody(), CallIn.elder_id.is_(None), CallIn.number_key != "")
        .where(CallIn.came_at.between(since, until), ~talked.exists())
        .order_by(CallIn.id)
    )
