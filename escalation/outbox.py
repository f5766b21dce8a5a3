"""The outbox: messages that stand in the ledger before they are sent, and are sent at least once.

A message is claimed for a while, delivered outside any transaction, and marked afterwards. A process that
dies in between leaves a claim that runs out, and the message is delivered again under the same key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import structlog
from sqlalchemy import ColumnElement, CursorResult, Update, case, select, update

from escalation.notifiers import DeliveryError, Message, Notifier
from escalation.policy import Delivery, UrgencyLabel
from escalation.unforeseen import describe
from ivr.clock import Clock
from records.audit import audit, beat
from records.orders import Notification, WorkOrderEvent
from records.sessions import Ledger

COMPONENT = "outbox"
"""The name under which it beats and signs the audit trail."""

BEAT_EVERY = timedelta(seconds=30)
LONGEST_ERROR = 300
"""Characters that the error column holds."""
URGENCY_RANKS = {"emergency": 0, "urgent": 1, "need": 2}
LAST_RANK = 3

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Drained:
    """What one round did."""

    sent: int = 0
    postponed: int = 0
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class _Claim:
    """One message that this process may deliver until ``until``."""

    id: int
    channel: str
    attempts: int
    """Including this one; a later claim has a higher number."""
    until: datetime
    message: Message


class Outbox:
    """Delivers what stands in the ledger. Any number of processes may drain the same ledger."""

    def __init__(
        self,
        ledger: Ledger,
        notifiers: Mapping[str, Notifier],
        delivery: Delivery,
        clock: Clock,
        *,
        only: str | None = None,
        but: Collection[str] = (),
    ) -> None:
        """``notifiers``: by channel name; ``delivery``: times between tries, from the policy.

        ``only``: one channel, so that another that is slow or dead holds it up by nothing; ``but``: all
        channels except these.
        """
        self._ours: list[ColumnElement[bool]] = []
        if only is not None:
            self._ours.append(Notification.channel == only)
        if but:
            self._ours.append(Notification.channel.not_in(sorted(but)))
        self._ledger = ledger
        self._notifiers = notifiers
        self._delivery = delivery
        self._clock = clock
        self._beaten: datetime | None = None

    def drain(self) -> Drained:
        """Deliver everything that is due, the most urgent first, then the oldest. Blocking.

        Call it when something was written to the outbox and every second or so besides. Failures postpone
        their message and leave the others alone, whatever a notifier raises. Only trouble with the ledger
        itself is passed on (LedgerError).
        """
        self._beat()
        sent = postponed = given_up = 0
        while claims := self._claim():
            for place, claim in enumerate(claims):
                if self._clock.now() >= claim.until:
                    continue  # the claim ran out while others were delivered: somebody else has it now
                if place and self._graver_waits(claim):
                    self._give_back(claims[place:])
                    break
                try:
                    self._deliver(claim)
                except DeliveryError as error:
                    self._failed(claim, error)
                    given_up += error.hopeless
                    postponed += not (error.hopeless or error.lapsed)
                else:
                    sent += self._succeeded(claim)
        return Drained(sent, postponed, given_up)

    def _claim(self) -> list[_Claim]:
        """Take the next due messages for a while; commits before anything is sent."""
        now = self._clock.now()
        until = now + timedelta(seconds=self._delivery.lease)
        due_now = (
            select(Notification)
            .where(Notification.status == "pending", Notification.next_try_at <= now, *self._ours)
            .order_by(urgency_rank(), Notification.created_at, Notification.id)
            .limit(self._delivery.batch)
        )
        with self._ledger.reading() as session:
            if session.scalars(due_now.limit(1)).first() is None:
                return []
        with self._ledger.session() as session:
            due = session.scalars(due_now.with_for_update(skip_locked=True)).all()
            for row in due:
                row.attempts += 1
                row.next_try_at = until
            return [
                _Claim(
                    id=row.id,
                    channel=row.channel,
                    attempts=row.attempts,
                    until=until,
                    message=Message(
                        row.dedupe_key, row.order_id, row.recipient, row.body, row.urgency, row.created_at
                    ),
                )
                for row in due
            ]

    def _deliver(self, claim: _Claim) -> None:
        notifier = self._notifiers.get(claim.channel)
        if notifier is None:
            raise DeliveryError(f"No notifier is configured for the channel {claim.channel}")
        try:
            notifier.deliver(claim.message)
        except DeliveryError:
            raise
        except Exception as error:
            # A fault of one notifier is one failed try of one message: the others go on.
            raise DeliveryError(f"An unforeseen error: {describe(error)}") from error

    def _graver_waits(self, claim: _Claim) -> bool:
        """Whether something more urgent has come while others were delivered."""
        now = self._clock.now()
        with self._ledger.reading() as session:
            graver = select(Notification.id).where(
                Notification.status == "pending",
                Notification.next_try_at <= now,
                urgency_rank() < URGENCY_RANKS.get(claim.message.urgency, LAST_RANK),
                *self._ours,
            )
            return session.scalars(graver.limit(1)).first() is not None

    def _give_back(self, claims: Sequence[_Claim]) -> None:
        """Let go of messages that were claimed and not tried, so that they are claimed after graver ones."""
        now = self._clock.now()
        with self._ledger.session() as session:
            for claim in claims:
                session.execute(_held_by(claim).values(next_try_at=now, attempts=claim.attempts - 1))

    def _succeeded(self, claim: _Claim) -> bool:
        """Mark as sent; whoever marks it first also writes it into the order's history."""
        now = self._clock.now()
        with self._ledger.session() as session:
            done = session.execute(
                update(Notification)
                .where(Notification.id == claim.id, Notification.status == "pending")
                .values(status="sent", sent_at=now, error="")
                .execution_options(synchronize_session=False)
            )
            first = isinstance(done, CursorResult) and done.rowcount == 1
            if first and claim.message.order_id is not None:
                note = f"{claim.channel}: {claim.message.recipient}"
                session.add(
                    WorkOrderEvent(
                        order_id=claim.message.order_id, at=now, actor=COMPONENT, kind="notified", note=note
                    )
                )
            return first

    def _failed(self, claim: _Claim, error: DeliveryError) -> None:
        """Put off, or give up what can never arrive; a later claim of the same message is left alone."""
        now = self._clock.now()
        wait = self._delivery.wait(claim.attempts, cast("UrgencyLabel", claim.message.urgency))
        log.warning(
            "notification_not_delivered",
            notification=claim.id,
            channel=claim.channel,
            attempts=claim.attempts,
            reason=str(error),
            next_try_in_s=None if error.hopeless or error.lapsed else wait,
        )
        with self._ledger.session() as session:
            session.execute(
                _held_by(claim).values(
                    status="lapsed" if error.lapsed else "failed" if error.hopeless else "pending",
                    next_try_at=now + timedelta(seconds=wait),
                    error=str(error)[:LONGEST_ERROR],
                )
            )
            if error.hopeless:
                audit(
                    session,
                    at=now,
                    actor=COMPONENT,
                    action="notification_given_up",
                    subject_type="notification",
                    subject_id=claim.id,
                    channel=claim.channel,
                )

    def _beat(self) -> None:
        """Show that the outbox is alive, now and then."""
        now = self._clock.now()
        if self._beaten is not None and now - self._beaten < BEAT_EVERY:
            return
        with self._ledger.session() as session:
            beat(session, COMPONENT, now)
        self._beaten = now


def _held_by(claim: _Claim) -> Update:
    """An update of the claimed message, unless it was sent or somebody claimed it again since."""
    return (
        update(Notification)
        .where(
            Notification.id == claim.id,
            Notification.status == "pending",
            Notification.attempts == claim.attempts,
        )
        .execution_options(synchronize_session=False)
    )


def urgency_rank() -> ColumnElement[int]:
    """Sorts emergencies first."""
    return case(URGENCY_RANKS, value=Notification.urgency, else_=LAST_RANK)
