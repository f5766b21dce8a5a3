"""Opening work orders: once per visit and kind, growing as more becomes known, never doubled.

An emergency opens its order while the elder is still on the line; when the visit ends, whatever else asks
for a person to go is added to that same order. So one person gets one task, and deciding again after a
crash changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from escalation.alerts import recipients, tell
from escalation.decide import DecidedOrder
from escalation.duty import of_role, on_call
from escalation.once import insert_once, key_of
from escalation.rules import Rules
from escalation.wording import Wording
from records.audit import audit
from records.orders import WorkOrder, WorkOrderEvent
from records.people import Worker
from records.visits import Visit
from speech.types import Urgency

SYSTEM = "escalation"
"""The actor of everything that no worker did."""

Change = Literal["opened", "raised", "added", "reopened", "unchanged"]

ALERTING = ("opened", "raised", "reopened", "added", "assigned")
"""Kinds of events after which somebody is told; their number tells one occasion from the next."""


_PRESSING = ("urgent", "emergency")
"""Urgencies of news that is worth telling whoever is on the way already."""


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
    """Open the order that was decided, or add what is new to the one that this visit has of its kind.

    Rows only; the caller's transaction makes order, events, notifications and audit stand or fall together.
    """
    key = key_of("visit", visit.id, decided.kind)
    wording = Wording(
        rules.phrases[rules.language], rules.weights, rules.language, visit.elder.area.timezone, topics
    )
    created = insert_once(session, WorkOrder, _values(rules, visit, decided, key, wording, now))
    order = session.scalars(
        select(WorkOrder)
        .where(WorkOrder.dedupe_key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if created:
        note_event(session, order, "opened", decided.reason, now=now)
        assign(session, rules, order, decided.roles, now=now)
        _announce(session, rules, order, decided, now=now)
        return Opened(order, "opened")
    fresh = _fresh(order, decided)
    change = _grow(session, rules, order, decided, wording, fresh, now)
    if change in ("raised", "reopened") or any(row.get("urgency") in _PRESSING for row in fresh):
        _announce(session, rules, order, decided, now=now)
    return Opened(order, change)


def going_to(visit_id: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Joins a visit with the order by which somebody goes there."""
    return and_(WorkOrder.visit_id == visit_id, WorkOrder.kind == "in_person_visit")


def assign(
    session: Session,
    rules: Rules,
    order: WorkOrder,
    roles: tuple[str, ...],
    *,
    but: frozenset[int] = frozenset(),
    now: datetime,
) -> Worker | None:
    """Name whoever is on duty as the one to go; nobody on duty is itself an alarm.

    The order stays open until that worker (or another) accepts it.
    """
    worker = on_call(session, order.elder.area_id, roles, but=but)
    order.assignee_id = None if worker is None else worker.id
    order.assignee = worker
    session.flush()
    if worker is not None:
        note_event(session, order, "assigned", worker.login, now=now)
        return worker
    note_event(session, order, "unassigned", "nobody on duty", now=now)
    bosses = of_role(session, order.elder.area_id, "coordinator")
    tell(
        session,
        rules,
        order,
        recipients(bosses, rules),
        alert=alert_number(session, order),
        now=now,
        unassigned=True,
    )
    return None


def note_event(
    session: Session, order: WorkOrder, kind: str, note: str, *, actor: str = SYSTEM, now: datetime
) -> None:
    """Write what happened into the order's history and the audit trail."""
    session.add(WorkOrderEvent(order_id=order.id, at=now, actor=actor, kind=kind, note=note))
    audit(
        session,
        at=now,
        actor=actor,
        action=f"order_{kind}",
        subject_type="work_order",
        subject_id=order.id,
        urgency=order.urgency,
        reason=order.reason,
    )
    session.flush()


def alert_number(session: Session, order: WorkOrder) -> int:
    """How often this order has called for attention."""
    kinds = session.scalars(
        select(WorkOrderEvent.kind).where(
            WorkOrderEvent.order_id == order.id, WorkOrderEvent.kind.in_(ALERTING)
        )
    ).all()
    return len(kinds)


def _values(
    rules: Rules, visit: Visit, decided: DecidedOrder, key: str, wording: Wording, now: datetime
) -> dict[str, Any]:
    return {
        "elder_id": visit.elder_id,
        "visit_id": visit.id,
        "dedupe_key": key,
        "kind": decided.kind,
        "urgency": decided.urgency.label,
        "reason": decided.reason,
        "codes": list(decided.codes),
        "summary": wording.summary(decided, decided.deadline),
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
    wording: Wording,
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
    order.summary = wording.summary(decided, order.deadline)
    order.policy_version = rules.policy.version
    if closed:
        order.status, order.closed_at = "open", None
    session.flush()
    change: Change = "reopened" if closed else "raised" if graver else "added"
    names = sorted({str(row.get("code") or row["reason"]) for row in fresh})
    note_event(session, order, change, ", ".join(names), now=now)
    if order.status == "open" and order.assignee_id is None:
        assign(session, rules, order, decided.roles, now=now)
    return change


def _weightier(rules: Rules, one: str, other: str) -> str:
    """The reason that stands first in the policy."""
    rank = {str(name): place for place, name in enumerate(rules.policy.situations)}
    return min(one, other, key=lambda reason: rank.get(reason, len(rank)))


def _announce(
    session: Session, rules: Rules, order: WorkOrder, decided: DecidedOrder, *, now: datetime
) -> None:
    """Tell whoever goes, and whoever the policy wants to know."""
    people = [order.assignee] if order.assignee is not None else []
    for role in decided.inform:
        people += of_role(session, order.elder.area_id, role)
    if people:
        number = alert_number(session, order)
        tell(session, rules, order, recipients(people, rules), alert=number, now=now)
