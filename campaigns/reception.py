"""Takes the calls that come in, whatever the hour, beside the dialer and on its line.

As many as there is room for are answered (``campaigns.answering``), all others are on record before they hear
that we are busy.
"""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from campaigns.answering import Answering, ConverseOn, ConverseWith, OperatorOf
from campaigns.arrivals import GONE, LOST, Talked, give_up, lost_call_ins, note_arrival, note_end
from campaigns.call_in_care import CallInCare
from campaigns.calling_back import CallOf
from campaigns.desk import Desk, problem_of, settled
from campaigns.engaged import Engaged
from campaigns.ringing_back import RingingBack
from ivr.lines import CallNotConnectedError
from ivr.lines.incoming import Incoming
from records.sessions import LedgerError
from speech.types import Language

__all__ = ["ConverseOn", "ConverseWith", "OperatorOf", "Reception"]

log = structlog.get_logger(__name__)

LOOK_FOR_LOST_S = 300.0
LEAVE_S = 10.0
"""How long calls that are being ended may take to let go of the line."""


class Reception:
    """Answers ``most`` callers at a time; whoever comes then hears that we are busy, and is rung back."""

    def __init__(
        self,
        desk: Desk,
        care: CallInCare,
        *,
        converse: ConverseOn,
        chat: ConverseWith,
        owner: str,
        most: int,
        language: Language,
        operator_of: OperatorOf | None = None,
    ) -> None:
        """``owner`` is unique to this process and start; ``language``: of strangers.

        ``operator_of``: puts a caller for whom no visit was waiting through to people; None: nobody does.
        """
        self._desk = desk
        self._care = care
        self._most = most
        self._calls: set[asyncio.Task[None]] = set()
        self._halt = asyncio.Event()
        self._engaged = Engaged(desk, desk.line.name)
        self._answering = Answering(
            desk, care, converse, chat, owner, language, self._halt, operator_of=operator_of
        )
        self.ringing_back = RingingBack(self._answering, self._may_ring_back)

    @property
    def has_room(self) -> bool:
        """Whether one more caller can be talked with."""
        return not self._halt.is_set() and len(self._calls) < self._most

    def _may_ring_back(self) -> bool:
        """Also where nobody is to be answered: those who tried are rung back all the same, one at a time."""
        return self.has_room or (self._most == 0 and not self._halt.is_set())

    def take(self, incoming: Incoming) -> None:
        """Answer a call, or refuse it when there is no room."""
        if not self.has_room:
            self._engaged.take(incoming)
            return
        task = asyncio.create_task(self._attend(incoming))
        self._calls.add(task)
        task.add_done_callback(self._over)

    async def run(self) -> None:
        """Until cancelled: see after calls that got lost with their process."""
        while True:
            try:
                await self.make_round()
            except LedgerError as error:
                log.warning("lost calls wait for the ledger", problem=str(error))
            await self._desk.clock.sleep(LOOK_FOR_LOST_S)

    async def make_round(self) -> None:
        """Close what got lost; an elder's call is handed to a person. Raises LedgerError."""
        now = self._desk.clock.now()
        for call_in_id in await self._desk.read(partial(lost_call_ins, now=now)):
            await self._desk.write(partial(give_up, call_in_id=call_in_id, care=self._care, now=now))

    async def stop(self) -> None:
        """Take no more calls and end those under way; their visits go back."""
        self._halt.set()
        if self._calls:
            _, left = await asyncio.wait(self._calls, timeout=LEAVE_S)
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left)
        await self._engaged.finish(LEAVE_S)

    async def idle(self) -> None:
        """Wait until nobody is being talked with, and whoever was refused is on record."""
        while self._calls:
            await asyncio.wait(self._calls)
        await self._engaged.finish(LEAVE_S)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a call that came in was not attended to", problem=problem_of(error))

    async def _attend(self, incoming: Incoming) -> None:
        desk = self._desk
        of = CallOf(desk.line.name, incoming.provider_call_id, incoming.number)
        noted = await settled(desk.write(partial(note_arrival, call=of, now=desk.clock.now())))
        if (error := noted.exception()) is not None:
            # Nothing that is said could be kept or passed on: better they hear that they must try again.
            log.error("a caller is refused, the ledger is out of reach", problem=problem_of(error))
            self._engaged.take(incoming)
            return
        arrival, talked = noted.result(), Talked(GONE)
        try:
            call = await incoming.answer()
            talked = Talked(LOST)
            try:
                talked = await self._answering.talk(call, arrival, of)
            finally:
                await call.hang_up()
        except CallNotConnectedError as gone:
            log.info("a caller is gone", call=incoming.provider_call_id, why=gone.cause)
        finally:
            ending = partial(note_end, call_in_id=arrival.call_in_id, talked=talked, now=desk.clock.now())
            if talked.outcome != LOST:
                await settled(desk.write(ending))
