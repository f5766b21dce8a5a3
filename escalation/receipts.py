"""Receipts: what a provider reports about a message after it has taken it over.

A receipt may come twice, late, out of order, before we have marked the message as sent ourselves, or for a
message that nobody here knows. "Delivered" stands whatever else is reported; "failed after acceptance" is
acted on at once: the same person is told on a channel that was not tried yet, and where nobody whom a step of
the ladder told is left to be reached, the next step is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.addresses import Reach
from escalation.alerts import RINGING, Recipient, enqueue, order_text
from escalation.asking import climb
from escalation.climbing import UNHEARD
from escalation.history import note_event
from escalation.once import key_of
from escalation.rules import Channel, Rules
from records.audit import audit
from records.orders import Notification, WorkOrder, WorkOrderEvent
from records.people import Worker

COMPONENT = "receipts"
"""The name under which it signs the audit trail and the orders' histories."""
GONE = ("failed", "undelivered")
"""States of messages that will not reach anybody any more."""

Report = Literal["delivered", "failed"]


class Reconciled(StrEnum):
    """What a receipt changed."""

    NOTHING = "nothing"
    """It was known already, or says less than what is known."""
    UNKNOWN = "unknown"
    """No message of this channel has that key."""
    DELIVERED = "delivered"
    OTHER_CHANNEL = "other channel"
    """The same person is told on channels that were not tried yet."""
    NEXT_STEP = "next step"
    """Nobody was reached by the step: the next one was taken."""
    UNDELIVERED = "undelivered"
    """Noted; others hear of it still, or nobody needs to."""


def take_receipt(
    session: Session, rules: Rules, channel: str, key: str, report: Report, now: datetime
) -> Reconciled:
    """Reconcile the outbox with one report about the message ``key`` on ``channel``.

    Everything that follows from it stands or falls with the session's transaction.
    """
    row = session.scalars(
        select(Notification)
        .where(Notification.dedupe_key == key, Notification.channel == channel)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return Reconciled.UNKNOWN
    if row.status == "delivered" or (report == "failed" and row.status in GONE):
        return Reconciled.NOTHING
    first_sign = row.status == "pending"
    row.status = "delivered" if report == "delivered" else "undelivered"
    row.sent_at = row.sent_at or now
    if report == "delivered":
        row.error = ""
        if first_sign:
            _into_history(session, row, "notified", now)
        return Reconciled.DELIVERED
    row.error = "The provider took it and could not deliver it"
    audit(
        session,
        at=now,
        actor=COMPONENT,
        action="notification_undelivered",
        subject_type="notification",
        subject_id=row.id,
        channel=row.channel,
    )
    _into_history(session, row, "undelivered", now)
    return _make_up_for(session, rules, row, now)


def _make_up_for(session: Session, rules: Rules, row: Notification, now: datetime) -> Reconciled:
    """Reach the person another way, or somebody else, if the order still needs somebody."""
    order = session.scalars(
        select(WorkOrder)
        .where(WorkOrder.id == row.order_id, WorkOrder.status == "open")
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if order is None or not row.step or row.step != _latest_step(session, order):
        return Reconciled.UNDELIVERED
    if _tell_elsewhere(session, rules, order, row, now):
        return Reconciled.OTHER_CHANNEL
    if not _is_unheard(session, order, row.step):
        return Reconciled.UNDELIVERED
    note_event(session, order, UNHEARD, str(row.step), actor=COMPONENT, now=now)
    return Reconciled.NEXT_STEP if climb(session, rules, order, now).steps else Reconciled.UNDELIVERED


def _tell_elsewhere(
    session: Session, rules: Rules, order: WorkOrder, row: Notification, now: datetime
) -> int:
    """Tell the same person on every channel that this step did not use; returns how many messages are new."""
    used = set(
        session.scalars(
            select(Notification.channel).where(
                Notification.order_id == order.id,
                Notification.step == row.step,
                Notification.recipient == row.recipient,
            )
        )
    )
    unused = [channel for channel in rules.channels if channel.name not in used]
    worker = session.scalars(select(Worker).where(Worker.login == row.recipient)).one_or_none()
    recipient = Recipient(row.recipient, rules.language) if worker is None else Recipient.of(worker)
    return sum(
        enqueue(
            session,
            key=key_of("step", order.id, row.step, row.recipient, channel.name),
            order_id=order.id,
            channel=channel,
            recipient=recipient,
            body=order_text(rules, order, recipient.language, channel),
            urgency=order.urgency,
            now=now,
            step=row.step,
        )
        for channel in _worth_trying(session, unused, order, row.recipient)
    )


def _worth_trying(session: Session, unused: Sequence[Channel], order: WorkOrder, login: str) -> list[Channel]:
    """Channels that suit the order and on which the person would be found; none if there are none."""
    known = Reach.of(session, login)
    rings = order.urgency in RINGING
    return [channel for channel in unused if known.on(channel) and (rings or not channel.spoken)]


def _is_unheard(session: Session, order: WorkOrder, step: int) -> bool:
    """Whether everybody whom the step told has a message that went astray and none that arrived."""
    rows = session.execute(
        select(Notification.recipient, Notification.status).where(
            Notification.order_id == order.id, Notification.step == step
        )
    ).all()
    astray = {recipient for recipient, status in rows if status in GONE}
    arrived = {recipient for recipient, status in rows if status == "delivered"}
    return all(recipient in astray and recipient not in arrived for recipient, _ in rows)


def _latest_step(session: Session, order: WorkOrder) -> int | None:
    steps = session.scalars(
        select(WorkOrderEvent.step).where(
            WorkOrderEvent.order_id == order.id, WorkOrderEvent.step.is_not(None)
        )
    ).all()
    return max((step for step in steps if step is not None), default=None)


def _into_history(session: Session, row: Notification, kind: str, now: datetime) -> None:
    if row.order_id is not None:
        note = f"{row.channel}: {row.recipient}"
        session.add(WorkOrderEvent(order_id=row.order_id, at=now, actor=COMPONENT, kind=kind, note=note))
        session.flush()
