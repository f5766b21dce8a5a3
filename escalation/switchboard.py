"""Puts elders in need through to whoever is on duty, while everything else goes on as without it.

The order stands and its alert is on its way before anybody is rung here; a transfer that fails changes
nothing about either. Two workers cannot take one order, and no worker is rung by two calls at once: the first
is the order's own rule, the second a row for each telephone (``records.rings``).
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Literal

import structlog
from sqlalchemy.orm import Session

from escalation.beside import LedgerBeside
from escalation.cries import Cry, about_order, in_call_in, in_visit
from escalation.history import note_event
from escalation.on_call_now import Busy, Nobody
from escalation.rules import Rules
from escalation.searching import RING_S, Ringing, Search, intend
from escalation.waiting_elsewhere import LONGEST_SEARCH_S, WAITED
from escalation.worker_call import ToWorker, deciding, ring_worker
from ivr.bridge import Bridge, Operator
from ivr.call import Senses
from ivr.clock import Clock
from ivr.lines import CallNotConnectedError, Line
from ivr.lines.handing_over import Referred
from records.orders import WorkOrder
from records.rings import give_back_ring
from records.sessions import Ledger, LedgerError

log = structlog.get_logger(__name__)

REFERRED = "worker_referred"
"""Event: the network has connected the elder with a worker's telephone; its note is the login."""
By = Literal["bridge", "attended", "blind"]
"""How two are put through: see docs/transfer.md."""
SURE_S = 1.0
"""A call that has not failed by then rings somewhere: only then does whoever waits hear so."""
MOST_RUNG = 5
AGAIN_S = 3.0


class Switchboard:
    """Rings people for elders who wait, on the event loop that owns the line."""

    def __init__(
        self,
        ledger: Ledger,
        rules: Rules,
        line: Line,
        senses: Senses,
        clock: Clock,
        executor: Executor,
        *,
        by: By = "bridge",
    ) -> None:
        """``executor``: where the ledger is read and written, beside the event loop."""
        self._books = LedgerBeside(ledger, executor)
        self._rules = rules
        self._line = line
        self._senses = senses
        self._clock = clock
        self._by = by
        self._searches: set[asyncio.Task[None]] = set()
        self.bridges: dict[int, Bridge] = {}
        """By order: where elders wait for whoever takes it."""

    def for_visit(self, visit_id: int) -> Operator:
        """The operator of a visit's call."""
        return _CallOperator(self, in_visit(visit_id))

    def for_call_in(self, call_in_id: int) -> Operator:
        """The operator of a call that came in for which no visit was waiting."""
        return _CallOperator(self, in_call_in(call_in_id))

    def for_order(self, order_id: int) -> Operator:
        """The operator of a call about an order, such as one to a contact."""
        return _CallOperator(self, about_order(order_id))

    def begin(self, cry: Cry, bridge: Bridge) -> None:
        """Look for somebody; see ``Operator``."""
        bridge.by_network = self._by == "attended"
        until = self._clock.now() + timedelta(seconds=LONGEST_SEARCH_S)
        search = Search(cry, bridge, until, blind=self._by == "blind")
        task = asyncio.get_running_loop().create_task(self._search(search))
        self._searches.add(task)
        task.add_done_callback(self._searches.discard)

    async def idle(self) -> None:
        """Wait until nobody is rung for anybody."""
        await asyncio.gather(*self._searches)

    async def close(self) -> None:
        """The line goes: nobody is rung any more."""
        for task in tuple(self._searches):
            task.cancel()
        await asyncio.gather(*self._searches, return_exceptions=True)

    async def _search(self, search: Search) -> None:
        taken = False
        try:
            taken = await self._ring_one_after_the_other(search)
        except Exception as error:  # noqa: BLE001 - whatever fails here, the elder must not wait for ever
            log.error("a transfer failed", cry=search.cry.name, problem=type(error).__name__)  # noqa: TRY400
        finally:
            search.bridge.nobody(taken=taken)
            await self._waits_no_more(search)
            if search.order_id is not None and self.bridges.get(search.order_id) is search.bridge:
                del self.bridges[search.order_id]

    async def _ring_one_after_the_other(self, search: Search) -> bool:
        """Until somebody has come, or the elder has gone; returns whether somebody has the order else."""
        while search.bridge.awaited and search.calls < MOST_RUNG and self._clock.now() < search.until:
            found = await self._look(search)
            match found:
                case Nobody(taken=taken):
                    return taken
                case Ringing():
                    await self._ring(search, found)
                case Busy(about_this=True):
                    search.bridge.rung()
                    await self._clock.sleep(AGAIN_S)
                case _:
                    await self._clock.sleep(AGAIN_S)
        return False

    async def _look(self, search: Search) -> Ringing | Busy | Nobody | None:
        """Whom to ring next; None when the ledger cannot be asked, or has no order yet."""
        try:
            found = await self._books.write(partial(self._intend, search))
        except LedgerError as error:
            log.warning("a transfer waits for the ledger", problem=str(error))
            return None
        if isinstance(found, Ringing):
            search.tried.add(found.ring.worker_id)
            search.calls += 1
        return found

    def _intend(self, search: Search, session: Session) -> Ringing | Busy | Nobody | None:
        """Note the call before it is made, and where whoever takes the order finds the elder."""
        found = intend(session, search, self._rules, self._clock.now())
        if search.order_id is not None:
            self.bridges[search.order_id] = search.bridge
        return found

    async def _ring(self, search: Search, ringing: Ringing) -> None:
        """Ring somebody; their telephone is free afterwards, unless they speak with the elder without us."""
        without_us = None
        try:
            without_us = await self._refer(search, ringing)
            if without_us is None:
                await self._call(search, ringing)
                without_us = search.bridge.handed_over
        finally:
            if not without_us:
                await self._give_back(ringing)

    async def _refer(self, search: Search, ringing: Ringing) -> bool | None:
        """Have the network ring somebody, if it is to. Whether it has connected them; None if it does not."""
        if not search.blind:
            return None
        found = await search.bridge.refer(ringing.ring.number, ringing.ring.login, ring_seconds=RING_S)
        if found is Referred.IMPOSSIBLE:
            search.blind = False
            return None if search.bridge.awaited else False
        if found is Referred.CONNECTED:
            await self._note(ringing, REFERRED)
        return found is Referred.CONNECTED

    async def _call(self, search: Search, ringing: Ringing) -> None:
        """One call from ringing to its end; whatever comes of it but a key is no answer."""
        decide = deciding(
            self._books.in_session, self._rules, self._clock, ringing.order_id, ringing.ring.login
        )
        announcing = asyncio.get_running_loop().create_task(self._announce(search.bridge))
        to = ToWorker(
            self._line,
            self._senses,
            self._clock,
            number=ringing.ring.number,
            reference=ringing.reference,
            ring_s=RING_S,
            language=ringing.language,
            sentence=ringing.sentence,
        )
        try:
            await ring_worker(to, decide=decide, bridge=lambda: search.bridge, cut_off=True)
        except CallNotConnectedError as failure:
            log.info("a worker was not reached", order=ringing.order_id, how=failure.disposition.value)
        except Exception as error:  # noqa: BLE001 - one call that fails leaves the others to be made
            log.error("a call to a worker broke off", problem=type(error).__name__)  # noqa: TRY400
        finally:
            announcing.cancel()

    async def _note(self, ringing: Ringing, kind: str) -> None:
        """Put an event on the order's record; the elder is helped whether or not that can be written."""

        def note(session: Session) -> None:
            order = session.get_one(WorkOrder, ringing.order_id)
            note_event(session, order, kind, ringing.ring.login, now=self._clock.now())

        try:
            await self._books.write(note)
        except LedgerError as error:
            log.warning("what was done could not be written", problem=str(error))

    async def _announce(self, bridge: Bridge) -> None:
        await self._clock.sleep(SURE_S)
        bridge.rung()

    async def _waits_no_more(self, search: Search) -> None:
        """Say so to the processes whose telephones ring for the same order; if that fails, time says it."""
        order_id = search.order_id
        if order_id is None:
            return
        try:
            await self._books.write(
                lambda session: note_event(
                    session, session.get_one(WorkOrder, order_id), WAITED, "", now=self._clock.now()
                )
            )
        except LedgerError as error:
            log.warning("that nobody waits any more was not noted", problem=str(error))

    async def _give_back(self, ringing: Ringing) -> None:
        """The worker's telephone is free; if that cannot be written it is so by itself a little later."""
        worker_id, holder = ringing.ring.worker_id, ringing.holder
        try:
            await self._books.write(lambda session: give_back_ring(session, worker_id, holder=holder))
        except LedgerError as error:
            log.warning("a telephone could not be given back", problem=str(error))


@dataclass(frozen=True, slots=True)
class _CallOperator:
    """Implements ``ivr.bridge.Operator`` for one call."""

    switchboard: Switchboard
    cry: Cry

    def put_through(self, bridge: Bridge) -> None:
        """See ``Operator``."""
        self.switchboard.begin(self.cry, bridge)
