"""Telling people about an order: rows of the outbox, written in the order's own transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from escalation.addresses import Reach
from escalation.once import insert_once, key_of
from escalation.rules import Channel, Rules
from escalation.wording import Wording
from records.nudges import Work, nudge
from records.orders import Notification, WorkOrder
from records.people import Worker
from speech.types import Language, spoken_language

Standing = Literal["new", "unassigned", "untaken", "overdue", "settled", "handed_on"]
"""What a message adds about the order: nothing; nobody is on duty; nobody has taken it; its time is over;
word came that all is well and nobody needs to go; somebody else is asked instead."""

CALLED_OFF = ("settled", "handed_on")
"""What ends somebody's part in an order; counted apart from what begins it."""
RINGING = ("urgent", "emergency")
"""Urgencies for which a worker's telephone may ring."""
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
        return cls(worker.login, spoken_language(worker.language))


def recipients(workers: Iterable[Worker], rules: Rules) -> list[Recipient]:
    """Each once; whoever watches the channel when there is nobody."""
    found = list(dict.fromkeys(Recipient.of(worker) for worker in workers))
    return found or [Recipient(NOBODY, rules.language)]


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time that an order calls for attention: each is told once to each person on each channel."""

    number: int
    """Which step of the order's ladder, or how often it was opened, made more urgent or added to."""
    step: bool = False
    """Whether it is a step of the ladder."""
    standing: Standing = "new"
    channels: tuple[str, ...] = ()
    """Only on these; on all when none is named, or none of them is configured any more."""


def tell(
    session: Session,
    rules: Rules,
    order: WorkOrder,
    to: Sequence[Recipient],
    occasion: Occasion,
    now: datetime,
) -> int:
    """Put one message for each recipient and channel into the outbox; returns how many are new."""
    told = 0
    kind = "step" if occasion.step else occasion.standing if occasion.standing in CALLED_OFF else "order"
    named = [channel for channel in rules.channels if channel.name in occasion.channels]
    channels = fit(named or rules.channels, order, occasion.standing)
    for recipient in to:
        for channel in reaching(session, channels, recipient.login):
            told += enqueue(
                session,
                key=key_of(kind, order.id, occasion.number, recipient.login, channel.name),
                order_id=order.id,
                channel=channel,
                recipient=recipient,
                body=order_text(rules, order, recipient.language, channel, standing=occasion.standing),
                urgency=order.urgency,
                now=now,
                step=occasion.number if occasion.step else 0,
            )
    return told


def fit(channels: Sequence[Channel], order: WorkOrder | None, standing: Standing) -> list[Channel]:
    """The channels that suit a message: nobody is rung for what can be read, unless nothing else is left."""
    calls_for = (
        order is not None and order.urgency in RINGING and standing in ("new", "unassigned", "untaken")
    )
    return [channel for channel in channels if calls_for or not channel.spoken] or list(channels)


def reaching(session: Session, channels: Sequence[Channel], login: str) -> list[Channel]:
    """The channels on which somebody can be reached; all of them when there is none.

    In that case the messages fail, and the auditor tells a person so.
    """
    if all(channel.needs is None for channel in channels):
        return list(channels)
    known = Reach.of(session, login)
    return [channel for channel in channels if known.on(channel)] or list(channels)


def enqueue(  # noqa: PLR0913 - the columns of a message, each by name
    session: Session,
    *,
    key: str,
    order_id: int | None,
    channel: Channel,
    recipient: Recipient,
    body: str,
    urgency: str,
    now: datetime,
    step: int = 0,
) -> bool:
    """Put one message into the outbox unless it is there already. Returns whether it is new."""
    new = insert_once(
        session,
        Notification,
        {
            "dedupe_key": key,
            "order_id": order_id,
            "step": step,
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
    rules: Rules, order: WorkOrder, language: Language, channel: Channel, *, standing: Standing = "new"
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
    text += phrases.standing.get(standing, "")
    if channel.spoken:
        return text.replace("【", "").replace("】", "，")
    return f"{text} {rules.link.format(order_id=order.id)}"
