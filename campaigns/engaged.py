"""Lets callers hear that we are busy, once it is on record that they called."""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime
from functools import partial

import structlog

from campaigns.calling_back import CallOf
from campaigns.desk import Books, problem_of, settled
from campaigns.unheard import note_unheard
from campaigns.unwritten import CallerUnheard
from ivr.lines.incoming import Incoming

log = structlog.get_logger(__name__)

NO_LONGER_S = 3.0
"""For so long a caller who is to be refused waits for the ledger."""
PAUSES_S = (1.0, 5.0, 15.0, 60.0)
"""Between tries to write down that somebody called; the last one again and again."""


class Engaged:
    """Takes the calls for which there is no room, or nobody yet: see ``ivr.lines.incoming.Take``."""

    def __init__(self, books: Books, line: str) -> None:
        """``line``: the name of the line on which they come in."""
        self._books = books
        self._line = line
        self._refusals: set[asyncio.Task[None]] = set()

    def take(self, incoming: Incoming) -> None:
        """Put the call on record and refuse it; what the ledger cannot take now is written down later."""
        log.warning("a caller hears that we are busy", call=incoming.provider_call_id)
        task = asyncio.create_task(self.turn_away(incoming))
        self._refusals.add(task)
        task.add_done_callback(self._refusals.discard)

    async def turn_away(self, incoming: Incoming) -> None:
        """The work of ``take``. Goes on until it is written down; raises nothing but cancellation."""
        came_at = self._books.clock.now()
        name = incoming.provider_call_id or f"unnamed-{secrets.token_hex(8)}"
        call = CallOf(self._line, name, incoming.number)
        noting = asyncio.ensure_future(self._note(call, came_at))
        await asyncio.wait({noting}, timeout=NO_LONGER_S)
        await incoming.refuse()
        await noting

    async def finish(self, seconds: float) -> None:
        """Wait for so long until everybody is on record; who is not then is named in the log."""
        if not self._refusals:
            return
        _, left = await asyncio.wait(tuple(self._refusals), timeout=seconds)
        for task in left:
            log.error("that somebody called could not be written down")
            task.cancel()

    async def _note(self, call: CallOf, came_at: datetime) -> None:
        tries = 0
        note = partial(note_unheard, call=call, came_at=came_at)
        while (error := (await settled(self._books.write(note))).exception()) is not None:
            log.error("that somebody called waits for the ledger", problem=problem_of(error))
            if self._books.keep(CallerUnheard.of(call, came_at)):
                return  # from there it is written down
            await self._books.clock.sleep(PAUSES_S[min(tries, len(PAUSES_S) - 1)])
            tries += 1
