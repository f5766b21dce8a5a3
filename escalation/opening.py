"""Opening work orders: once per visit and kind, growing as more becomes known, never doubled.

An emergency opens its order while the elder is still on the line; when the visit ends, whatever else asks
for a person to go is added to that same order. So one person gets one task, and deciding again after a
crash changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from escalation.alerts import Occasion, recipients, tell
from escalation.anew import ask_anew
from escalation.asking import climb, put_on_ladder
from escalation.contacts import ask_first
from escalation.decide import DecidedOrder
from escalation.duty import of_role
from escalation.history import note_event, occasions
from escalation.once import insert_once, key_of
from escalation.rules import Rules
from escalation.wording import Wording
from records.orders import WorkOrder
from records.people import Elder
from records.visits import Visit
from speech.types import Urgency

Change = Literal["opened", "raised", "added", "reopened", "unchanged"]

_PRESSING = ("urgent", "emergency")
"""Urgencies of news that is worth telling whoever is on the way already."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What an order is about."""

    elder: Elder
    key: tuple[str | int, ...]
    """What it is known by: one matter has one order of each kind."""
    visit_id: int | None = None
    lead: str = ""
    """Said before the summary."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The order that stands now, and what became of it."""

    order: WorkOrder
    change: Change


def open_order(
    session: Session,
    rules: Rules,
    visit: Visit,
    decided: DecidedOrder,
    *,
    topics: Mapping[str, str],
    now: datetime,
) -> Opened:
    """Open the order that was decided, or add what is new to the one that this visit has of its kind."""
    matter = Matter(visit.elder, ("visit", visit.id), visit.id)
    return open_order_about(session, rules, matter, decided, topics=topics, now=now)


def open_order_about(
    session: Session,
    rules: Rules,
    matter: Matter,
    decided: DecidedOrder,
    *,
    topics: Mapping[str, str],
    now: datetime,
) -> Opened:
    """Open the order that was decided, or add what is new to the one that the matter has of its kind.

    Rows only; the caller's transaction makes order, events, notifications and audit stand or fall together.
    """
    key = key_of(*matter.key, decided.kind)
    wording = Wording(
        rules.phrases[rules.language], rules.weights, rules.language, matter.elder.area.timezone, topics
    )
    summary = partial(_summary, matter, wording, decided)
    values = _values(rules, matter, decided, key, summary(decided.deadline), now)
    created = insert_once(session, WorkOrder, values)
    order = session.scalars(
        select(WorkOrder)
        .where(WorkOrder.dedupe_key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if created:
        put_on_ladder(session, rules, order, decided.roles)
        note_event(session, order, "opened", decided.reason, now=now)
        if rules.contacts is not None:
            ask_first(session, rules.contacts, order, now)
        told = climb(session, rules, order, now).told
        _announce(session, rules, order, decided, but=told, now=now)
        return Opened(order, "opened")
    fresh = _fresh(order, decided)
    change = _grow(session, rules, order, decided, summary, fresh, now)
    if change == "unchanged":
        return Opened(order, change)
    told = climb(session, rules, order, now).told
    if change in ("raised", "reopened") or any(row.get("urgency") in _PRESSING for row in fresh):
        _announce(session, rules, order, decided, but=told, now=now)
    return Opened(order, change)


def going_to(visit_id: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Joins a visit with the order by which somebody goes there."""
    return and_(WorkOrder.visit_id == visit_id, WorkOrder.kind == "in_person_visit")


def _summary(matter: Matter, wording: Wording, decided: DecidedOrder, deadline: datetime) -> str:
    return matter.lead + wording.summary(decided, deadline)


def _values(
    rules: Rules, matter: Matter, decided: DecidedOrder, key: str, summary: str, now: datetime
) -> dict[str, Any]:
    return {
        "elder_id": matter.elder.id,
        "visit_id": matter.visit_id,
        "dedupe_key": key,
        "kind": decided.kind,
        "urgency": decided.urgency.label,
        "reason": decided.reason,
        "codes": list(decided.codes),
        "summary": summary,
        "evidence": _evidence(decided),
        "policy_version": rules.policy.version,
        "status": "open",
        "deadline": decided.deadline,
        "opened_at": now,
        "result": "",
    }


def _evidence(decided: DecidedOrder) -> list[dict[str, Any]]:
    """What the order rests on: situations, and codes with the exchange they were heard in. No words."""
    rows: list[dict[str, Any]] = []
    for finding in decided.findings:
        if not finding.codes:
            rows.append({"reason": finding.situation})
        rows += [
            {
                "reason": finding.situation,
                "code": fact.code,
                "urgency": fact.urgency.label,
                "confirmed": fact.confirmed,
                "question": fact.question,
                "turn_id": fact.turn_id,
            }
            for fact in finding.codes
        ]
    return rows


def _fresh(order: WorkOrder, decided: DecidedOrder) -> list[dict[str, Any]]:
    """What the order does not rest on yet."""
    known = {(row.get("reason"), row.get("code")) for row in order.evidence}
    return [row for row in _evidence(decided) if (row.get("reason"), row.get("code")) not in known]


def _grow(
    session: Session,
    rules: Rules,
    order: WorkOrder,
    decided: DecidedOrder,
    summary: Callable[[datetime], str],
    fresh: list[dict[str, Any]],
    now: datetime,
) -> Change:
    """Add what is new to an order that stands; what it already knows changes nothing."""
    graver = decided.urgency > Urgency.parse(order.urgency)
    if not fresh and not graver:
        return "unchanged"
    closed = order.status == "closed"
    order.evidence = [*order.evidence, *fresh]
    order.codes = list(dict.fromkeys([*decided.codes, *order.codes]))
    order.reason = _weightier(rules, decided.reason, order.reason)
    order.urgency = max(decided.urgency, Urgency.parse(order.urgency)).label
    order.deadline = decided.deadline if closed else min(decided.deadline, order.deadline)
    order.summary = summary(order.deadline)
    order.policy_version = rules.policy.version
    if closed:
        order.status, order.closed_at = "open", None
    session.flush()
    change: Change = "reopened" if closed else "raised" if graver else "added"
    names = sorted({str(row.get("code") or row["reason"]) for row in fresh})
    if change in ("raised", "reopened"):
        put_on_ladder(session, rules, order, decided.roles)
    if graver and decided.urgency is Urgency.EMERGENCY:
        ask_anew(session, order, now)
    note_event(session, order, change, ", ".join(names), now=now)
    return change


def _weightier(rules: Rules, one: str, other: str) -> str:
    """The reason that stands first in the policy."""
    rank = {str(name): place for place, name in enumerate(rules.policy.situations)}
    return min(one, other, key=lambda reason: rank.get(reason, len(rank)))


def _announce(
    session: Session,
    rules: Rules,
    order: WorkOrder,
    decided: DecidedOrder,
    *,
    but: frozenset[str],
    now: datetime,
) -> None:
    """Tell whoever goes, and whoever the policy wants to know; not those whom the ladder has just told."""
    people = [order.assignee] if order.assignee is not None else []
    for role in decided.inform:
        people += of_role(session, order.elder.area_id, role, now)
    if ahead := [worker for worker in people if worker.login not in but]:
        tell(session, rules, order, recipients(ahead, rules), Occasion(occasions(session, order)), now)
