"""Workers told by an automatic call: one sentence, then 1 takes the order and 2 hands it on.

Anything else is no reply. The call stands in the order's history before the telephone rings. A key is written
down before the words that go with it, so that of two who press 1 one holds the order and the other hears that
it is taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation import work_orders
from escalation.asking import what_follows
from escalation.history import note_event
from escalation.notifiers import DeliveryError, Message
from escalation.rules import Rules
from escalation.spoken import worker_errand
from ivr.call import Senses, converse
from ivr.clock import Clock
from ivr.lines import CallNotConnectedError, Line
from ivr.report import FlagRaised, TurnTaken
from records.orders import WorkOrder, WorkOrderEvent
from records.people import Worker
from records.sessions import Ledger
from speech.types import LANGUAGES, Language

T = TypeVar("T")

RUNG = "worker_rung"
"""Event: a worker is being rung; its note is the login."""
MOST_RINGS = 3
"""How often one worker is rung for one order; then the message has failed, and the auditor says so."""
RING_S = 40.0
LONGEST_CALL_S = 90.0
LONGEST_S = 200.0
"""After so many seconds a call that has not come back is given up; the outbox's claim is longer."""


@dataclass(frozen=True, slots=True)
class _Telephone:
    loop: asyncio.AbstractEventLoop
    line: Line
    senses: Senses


@dataclass(frozen=True, slots=True)
class _Intent:
    """A call that stands in the ledger and is about to be made."""

    number: str
    language: Language
    reference: str
    """Names this call, and no other, to the line."""


@dataclass(frozen=True, slots=True)
class _Unkept:
    """Nothing of these calls is kept but the key; implements ``CallObserver``."""

    def turn_taken(self, turn: TurnTaken, state: Mapping[str, Any]) -> None:
        """Keep nothing."""

    def flag_raised(self, flag: FlagRaised) -> None:
        """Whatever a worker says is no flag."""


class PhoneNotifier:
    """Rings workers; implements ``Notifier``. Called in threads, talks on the loop that owns the line."""

    def __init__(self, ledger: Ledger, rules: Rules, clock: Clock) -> None:
        self._ledger = ledger
        self._rules = rules
        self._clock = clock
        self._telephone: _Telephone | None = None
        self._calls: set[Future[None]] = set()

    def connect(self, loop: asyncio.AbstractEventLoop, line: Line, senses: Senses) -> None:
        """There is a line now; until then every message waits."""
        self._telephone = _Telephone(loop, line, senses)

    def disconnect(self) -> None:
        """The line goes: calls under way are broken off, and their messages wait."""
        self._telephone = None
        for call in tuple(self._calls):
            call.cancel()

    def deliver(self, message: Message) -> None:
        """Ring, blocking; returning means that the worker has answered by a key. Raises DeliveryError."""
        telephone = self._telephone
        if telephone is None:
            raise DeliveryError("There is no telephone line yet")
        intent = self._write(lambda session: self._intend(session, message))
        answered: list[str] = []
        calling = self._call(telephone, message, intent, answered)
        call = asyncio.run_coroutine_threadsafe(calling, telephone.loop)
        self._calls.add(call)
        try:
            call.result(timeout=LONGEST_S)
        except CallNotConnectedError as failure:
            raise DeliveryError(f"The worker was not reached: {failure.disposition}") from failure
        except (Exception, CancelledError) as failure:  # one call's failure must not end the outbox
            call.cancel()
            if not answered:
                raise DeliveryError(f"The call broke off: {type(failure).__name__}") from failure
        finally:
            self._calls.discard(call)
        if not answered:
            raise DeliveryError("The worker was rung and pressed neither 1 nor 2")

    def _intend(self, session: Session, message: Message) -> _Intent:
        """Note the call before it is made. Raises DeliveryError when it is not to be."""
        worker = session.scalars(select(Worker).where(Worker.login == message.recipient)).one_or_none()
        if worker is None or not worker.number or message.order_id is None:
            raise DeliveryError("Nobody can be rung for this message", hopeless=True)
        order = session.get_one(WorkOrder, message.order_id)
        following = what_follows(session, order, self._clock.now())
        if order.status != "open" or (following is not None and worker.login in following.declined):
            raise DeliveryError("Somebody has the order, or it was handed on", lapsed=True)
        rings = session.scalars(
            select(WorkOrderEvent).where(WorkOrderEvent.order_id == order.id, WorkOrderEvent.kind == RUNG)
        ).all()
        rung = sum(ring.note == worker.login for ring in rings)
        if rung >= MOST_RINGS:
            raise DeliveryError(f"Rung {rung} times without an answer", hopeless=True)
        note_event(session, order, RUNG, worker.login, now=self._clock.now())
        place = len(rings) + 1
        known = next((each for each in LANGUAGES if each == worker.language), "zh-CN")
        return _Intent(worker.number, cast("Language", known), f"worker-{order.id}-{place}-{worker.id}")

    async def _call(
        self, telephone: _Telephone, message: Message, intent: _Intent, answered: list[str]
    ) -> None:
        def decide(choice: str) -> str:
            """What comes of a key, as a name of the words that follow. Blocks for one commit."""
            said = self._write(lambda session: self._decided(session, message, choice))
            answered.append(choice)
            return said

        call = await telephone.line.dial(intent.number, reference=intent.reference, ring_seconds=RING_S)
        await converse(
            call,
            partner=worker_errand(intent.language, message.body, decide),
            language=intent.language,
            senses=telephone.senses,
            clock=self._clock,
            observer=_Unkept(),
            max_seconds=LONGEST_CALL_S,
        )

    def _decided(self, session: Session, message: Message, choice: str) -> str:
        order_id, now = cast("int", message.order_id), self._clock.now()
        worker = session.scalars(select(Worker).where(Worker.login == message.recipient)).one()
        try:
            if choice == "accept":
                work_orders.accept(session, order_id, worker, now)
                return "accepted"
            work_orders.decline(session, self._rules, order_id, worker, "by telephone", now)
        except work_orders.OrderError:
            return "taken" if choice == "accept" else "declined"
        return "declined"

    def _write(self, work: Callable[[Session], T]) -> T:
        with self._ledger.session() as session:
            return work(session)
