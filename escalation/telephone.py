"""Workers told by an automatic call: one sentence, then 1 takes the order and 2 hands it on.

Anything else is no reply. The call stands in the order's history before the telephone rings. A key is written
down before the words that go with it, so that of two who press 1 one holds the order and the other hears that
it is taken.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from functools import partial
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.alerts import CALLED_OFF
from escalation.asking import what_follows
from escalation.beside import in_session
from escalation.history import note_event
from escalation.notifiers import DeliveryError, Message
from escalation.rules import Rules
from escalation.waiting_elsewhere import number_of
from escalation.worker_call import Bridges, ToWorker, deciding, ring_with_notice, ring_worker
from ivr.bridge import LONGEST_TALK_S, Bridge
from ivr.call import Senses
from ivr.clock import Clock
from ivr.lines import CallNotConnectedError, Line
from records.orders import WorkOrder, WorkOrderEvent
from records.people import Worker
from records.rings import give_back_ring, take_ring
from records.sessions import Ledger
from speech.types import Language, spoken_language

RUNG = "worker_rung"
"""Event: a worker is being rung; its note is the login."""
MOST_RINGS = 3
"""How often one worker is rung for one message; then it has failed, and the auditor says so. Whoever the next
round of the ladder asks, or who is asked about a reopened order, is rung anew."""
RING_S = 40.0
LONGEST_S = 200.0
"""After so many seconds a call that has not come back is given up; the outbox's claim is longer."""


@dataclass(frozen=True, slots=True)
class _Telephone:
    loop: asyncio.AbstractEventLoop
    line: Line
    senses: Senses
    bridges: Bridges


@dataclass(frozen=True, slots=True)
class _Intent:
    """A call that stands in the ledger and is about to be made."""

    worker_id: int
    number: str
    language: Language
    reference: str
    """Names this call, and no other, to the line."""
    call_back: str
    """The number of whoever needs help."""


class PhoneNotifier:
    """Rings workers; implements ``Notifier``. Called in threads, talks on the loop that owns the line.

    Where nothing but the telephone reaches somebody, it also tells them that they need not go any more.
    """

    def __init__(self, ledger: Ledger, rules: Rules, clock: Clock) -> None:
        self._ledger = ledger
        self._rules = rules
        self._clock = clock
        self._telephone: _Telephone | None = None
        self._calls: set[Future[None]] = set()

    def connect(
        self, loop: asyncio.AbstractEventLoop, line: Line, senses: Senses, bridges: Bridges | None = None
    ) -> None:
        """There is a line now; until then every message waits.

        Whoever takes an order whose elder waits among ``bridges`` is put through to them.
        """
        self._telephone = _Telephone(loop, line, senses, {} if bridges is None else bridges)

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
        intent = in_session(self._ledger, lambda session: self._intend(session, message))
        answered: list[str] = []
        calling = self._call(telephone, message, intent, answered)
        call = asyncio.run_coroutine_threadsafe(calling, telephone.loop)
        self._calls.add(call)
        try:
            self._wait_for(call, answered)
        except CallNotConnectedError as failure:
            raise DeliveryError(f"The worker was not reached: {failure.disposition}") from failure
        except (Exception, CancelledError) as failure:  # one call's failure must not end the outbox
            call.cancel()
            if not answered:
                raise DeliveryError(f"The call broke off: {type(failure).__name__}") from failure
        finally:
            self._calls.discard(call)
            in_session(
                self._ledger, lambda session: give_back_ring(session, intent.worker_id, holder=message.key)
            )
        if not answered:
            raise DeliveryError("The worker was rung and pressed neither 1 nor 2")

    def _wait_for(self, call: Future[None], answered: list[str]) -> None:
        """Wait for a call to end, longer when somebody was put through in it. Raises what it raises."""
        try:
            call.result(timeout=LONGEST_S)
        except TimeoutError:
            if not answered:
                raise
            call.result(timeout=LONGEST_TALK_S)

    def _intend(self, session: Session, message: Message) -> _Intent:
        """Note the call before it is made. Raises DeliveryError when it is not to be."""
        worker = session.scalars(select(Worker).where(Worker.login == message.recipient)).one_or_none()
        if worker is None or not worker.number or message.order_id is None:
            raise DeliveryError("Nobody can be rung for this message", hopeless=True)
        order = session.get_one(WorkOrder, message.order_id)
        following = what_follows(session, order, self._clock.now())
        taken = order.status != "open" or (following is not None and worker.login in following.declined)
        if taken and not _calls_off(message):
            raise DeliveryError("Somebody has the order, or it was handed on", lapsed=True)
        rings = session.scalars(
            select(WorkOrderEvent).where(WorkOrderEvent.order_id == order.id, WorkOrderEvent.kind == RUNG)
        ).all()
        rung = sum(ring.note == worker.login and ring.at >= message.created_at for ring in rings)
        if rung >= MOST_RINGS:
            raise DeliveryError(f"Rung {rung} times without an answer", hopeless=True)
        now = self._clock.now()
        if not take_ring(session, worker.id, order.id, holder=message.key, now=now, seconds=LONGEST_S):
            raise DeliveryError("The worker is on the telephone with the robot already")
        note_event(session, order, RUNG, worker.login, now=now)
        place = len(rings) + 1
        reference = f"worker-{order.id}-{place}-{worker.id}"
        language = spoken_language(worker.language)
        return _Intent(worker.id, worker.number, language, reference, number_of(order))

    async def _call(
        self, telephone: _Telephone, message: Message, intent: _Intent, answered: list[str]
    ) -> None:
        to = ToWorker(
            telephone.line,
            telephone.senses,
            self._clock,
            number=intent.number,
            reference=intent.reference,
            ring_s=RING_S,
            language=intent.language,
            sentence=message.body,
        )
        if _calls_off(message):
            await ring_with_notice(to, lambda: answered.append("heard"))
            return

        order_id = cast("int", message.order_id)
        write = partial(in_session, self._ledger)
        written = deciding(write, self._rules, self._clock, order_id, message.recipient)

        def decide(choice: str, bridge: Bridge | None) -> str:
            """What comes of a key, as a name of the words that follow. Blocks for one commit."""
            said = written(choice, bridge)
            answered.append(choice)
            return said

        await ring_worker(
            to,
            decide=decide,
            bridge=lambda: telephone.bridges.get(order_id),
            call_back=intent.call_back,
        )


def _calls_off(message: Message) -> bool:
    """Whether it ends somebody's part in an order; see ``escalation.alerts.tell``."""
    return message.key.split(":", maxsplit=1)[0] in CALLED_OFF
