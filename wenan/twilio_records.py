"""The Twilio line and the ledger: what the line finds out is recorded, what the record lacks is found out.

Callbacks get lost, and a process may die with calls under way: of every call of which no end is on record
Twilio is asked, and whatever still rings without anybody behind it is ended.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import structlog

from ivr.clock import Clock
from ivr.lines.twilio import CallNews, RefusedError, TwilioLine, UnansweredError
from records.provider_events import OpenCall, open_calls, store_event
from records.sessions import Ledger, LedgerError
from web.twilio_door import PROVIDER, event_of

log = structlog.get_logger(__name__)

QUIET = timedelta(minutes=2)
"""A call without any news for so long is asked after. Longer than any telephone rings."""
EVERY_S = 120.0
UNKNOWN_CALL = 20404
"""Twilio's code for what it does not have."""


@dataclass(frozen=True, slots=True)
class TwilioRecords:
    """The line's part of the ledger."""

    ledger: Ledger
    clock: Clock

    def keep(self, news: CallNews) -> None:
        """Put on record what the line found out by asking; what is lost on the way is asked again."""
        event = event_of(news, token=f"asked:{news.sid}:{news.status}", at=self.clock.now())
        try:
            with self.ledger.session() as session:
                store_event(session, event)
        except LedgerError as error:
            log.warning("news of a call was not put on record", sid=news.sid, problem=str(error))

    def open_calls(self) -> list[OpenCall]:
        """The calls of which no end is on record and that have gone quiet. Raises LedgerError."""
        with self.ledger.reading() as session:
            return list(open_calls(session, PROVIDER, quiet_since=self.clock.now() - QUIET))

    async def reconcile(self, line: TwilioLine) -> int:
        """Find out what became of such calls; returns of how many it is known now."""
        settled = 0
        try:
            for each in await asyncio.to_thread(self.open_calls):
                news = await _news_of(each, line)
                if news is not None:
                    await asyncio.to_thread(self.keep, news)
                    settled += news.final
        except (UnansweredError, LedgerError) as error:
            log.warning("calls could not be reconciled", problem=str(error))
        return settled

    async def reconcile_for_ever(self, line: TwilioLine) -> None:
        """At once, for what an earlier process left behind, and then again and again; until cancelled."""
        while True:
            await self.reconcile(line)
            await self.clock.sleep(EVERY_S)


async def _news_of(call: OpenCall, line: TwilioLine) -> CallNews | None:
    """What there is to put on record of a call; a refusal concerns it alone. Raises UnansweredError.

    A call that Twilio does not know, or no longer, is over: whatever it was, nobody's telephone rings.
    """
    try:
        return await line.look_after(call.call_id, call.reference)
    except RefusedError as refused:
        log.warning("a call could not be asked after", sid=call.call_id, problem=str(refused))
        if refused.code != UNKNOWN_CALL:
            return None
        return CallNews(call.call_id, call.reference, "failed", error_code=UNKNOWN_CALL)
