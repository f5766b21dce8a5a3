"""Telling people about an order: rows of the outbox, written in the order's own transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from escalation.once import insert_once, key_of
from escalation.rules import Channel, Rules
from escalation.wording import Wording
from records.nudges import Work, nudge
from records.orders import Notification, WorkOrder
from records.people import Worker
from speech.types import LANGUAGES, Language

NOBODY = "duty"
"""The recipient where no person can be named: whoever watches the channel."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to be told, and in which language."""

    login: str
    language: Language

    @classmethod
    def of(cls, worker: Worker) -> Recipient:
        """A worker; one with a language nobody here writes is told in Chinese."""
        known = worker.language in LANGUAGES
        return cls(worker.login, cast("Language", worker.language) if known else "zh-CN")


def recipients(workers: Iterable[Worker], rules: Rules) -> list[Recipient]:
    """Each once; whoever watches the channel when there is nobody."""
    found = list(dict.fromkeys(Recipient.of(worker) for worker in workers))
    return found or [Recipient(NOBODY, rules.language)]


def tell(
    session: Session,
    rules: Rules,
    order: WorkOrder,
    to: Sequence[Recipient],
    *,
    alert: int,
    now: datetime,
    unassigned: bool = False,
) -> int:
    """Put one message for each recipient and channel into the outbox; returns how many are new.

    ``alert`` numbers the occasions on which an order calls for attention (opened, made more urgent,
    reopened, handed on): each is told once to each person on each channel.
    """
    told = 0
    for recipient in to:
        for channel in rules.channels:
            body = order_text(rules, order, recipient.language, channel, unassigned=unassigned)
            told += enqueue(
                session,
                key=key_of("order", order.id, alert, 0, recipient.login, channel.name),
                order_id=order.id,
                channel=channel,
                recipient=recipient,
                body=body,
                urgency=order.urgency,
                now=now,
            )
    return told


def enqueue(
    session: Session,
    *,
    key: str,
    order_id: int | None,
    channel: Channel,
    recipient: Recipient,
    body: str,
    urgency: str,
    now: datetime,
) -> bool:
    """Put one message into the outbox unless it is there already. Returns whether it is new."""
    new = insert_once(
        session,
        Notification,
        {
            "dedupe_key": key,
            "order_id": order_id,
            "step": 0,
            "channel": channel.name,
            "recipient": recipient.login,
            "body": body,
            "urgency": urgency,
            "status": "pending",
            "attempts": 0,
            "next_try_at": now,
            "error": "",
            "created_at": now,
        },
    )
    if new:
        nudge(session, Work.MESSAGES, order_id or 0)
    return new


def order_text(
    rules: Rules, order: WorkOrder, language: Language, channel: Channel, *, unassigned: bool
) -> str:
    """What a message says: as little about the elder's health as the channel's allowance demands."""
    phrases = rules.phrases[language]
    area = order.elder.area
    wording = Wording(phrases, rules.weights, language, area.timezone)
    text = phrases.message.format(
        urgency=phrases.urgency.get(order.urgency, order.urgency),
        kind=phrases.kinds.get(order.kind, order.kind),
        elder=order.elder.name,
        area=area.name,
        by=wording.by(order.deadline),
    )
    if channel.detail == "code" and order.codes:
        text += phrases.message_codes.format(codes=wording.labels(order.codes))
    if channel.detail == "full":
        text += f" {order.summary}"
    if unassigned:
        text += phrases.unassigned
    return f"{text} {rules.link.format(order_id=order.id)}"
