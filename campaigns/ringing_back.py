"""Rings elders back whom nobody had room for, one at a time, while nobody else needs the telephone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog

from campaigns.answering import Answering
from campaigns.arrivals import Arrival, Talked
from campaigns.calling_back import CallOf
from campaigns.desk import problem_of, settled
from campaigns.talks import surely
from campaigns.unheard import RingBack, make_good, note_back
from ivr.lines import Call, CallNotConnectedError

log = structlog.get_logger(__name__)

LOOK_S = 15.0


class RingingBack:
    """Looks after calls with which nobody spoke. Any number of processes may work on the same ledger."""

    def __init__(self, answering: Answering, room: Callable[[], bool]) -> None:
        """``room``: whether a call may be made now."""
        self._answering = answering
        self._room = room

    async def run(self) -> None:
        """Until cancelled. What goes wrong in one round leaves the call owed, and it is tried again."""
        while True:
            made = await settled(self.make_round())
            if (error := made.exception()) is not None:
                log.error("a caller waits to be rung back", problem=problem_of(error))
            if error is not None or not made.result():
                await self._answering.desk.clock.sleep(LOOK_S)

    async def make_round(self) -> bool:
        """Make one call back if one is due and there is room; whether one was made. Raises LedgerError."""
        if not self._room():
            return False
        desk = self._answering.desk
        due = await desk.write(partial(make_good, care=self._answering.care, now=desk.clock.now()))
        if due is None:
            return False
        talked = await settled(self._ring(due))
        if (error := talked.exception()) is not None:
            log.error("a call back broke off", problem=problem_of(error))
        came = None if error is not None else talked.result()
        await surely(
            desk,
            lambda session: note_back(session, due.call_in_id, came, desk.clock.now()),
        )
        return True

    async def _ring(self, due: RingBack) -> Talked | None:
        desk = self._answering.desk
        seconds = desk.options.ring_seconds
        try:
            call: Call = await desk.line.dial(due.number, reference=due.reference, ring_seconds=seconds)
        except CallNotConnectedError as failure:
            log.info("a call back was not answered", call=due.call_in_id, how=failure.disposition.value)
            return None
        of = CallOf(desk.line.name, call.provider_call_id, due.number)
        try:
            return await self._answering.talk(call, Arrival(due.call_in_id, due.people), of, back=True)
        finally:
            await call.hang_up()
