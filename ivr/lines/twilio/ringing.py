"""From the order of a call to its sound, or to the reason why there is none."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from ivr.lines import CallNotConnectedError, Disposition
from ivr.lines.twilio.call import TwilioCall
from ivr.lines.twilio.causes import not_connected, words_for
from ivr.lines.twilio.news import CallNews, Progress

ASK_AFTER_S = 10.0
"""Without news for so long, Twilio is asked: callbacks get lost."""
SLOWNESS_S = 20.0
"""How much longer than the ringing an answer may take: Twilio adds up to 5 s, and calls queue there."""
ORDER_PATIENCE_S = 12.0
"""How long a stream is held until the order's own answer is in: longer than any request takes."""
SOUND_PATIENCE_S = 10.0
"""How long somebody who has answered may wait for the robot; then our side has failed."""


class Ringing:
    """An attempt under way: what is known of it, and its call once the sound has come."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        self.key = secrets.token_urlsafe(24)
        """Part of the address that Twilio brings the sound to: good for this call alone."""
        self.progress = Progress()
        self.call: TwilioCall | None = None
        self._changed = asyncio.Event()
        self._order_settled = asyncio.Event()

    def note(self, news: CallNews) -> None:
        """Something became known."""
        self.progress = self.progress.with_news(news)
        self._order_settled.set()
        self._changed.set()

    def settle(self) -> None:
        """Twilio has answered the order, or nobody knows its answer: waiting tells nothing more."""
        self._order_settled.set()

    async def own(self, sid: str) -> bool:
        """Whether the call with this SID is this attempt's, once that can be told.

        As long as Twilio's answer to the order is under way, no call can be told from another. Should that
        answer be lost, whoever brings the key, which only Twilio was told, is the one.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._order_settled.wait(), ORDER_PATIENCE_S)
        return self.progress.sid in {"", sid}

    def break_off(self) -> None:
        """The line closes: whoever waits is told, whatever Twilio says later."""
        self.progress = replace(self.progress, status="canceled")
        self._changed.set()

    def connect(self, call: TwilioCall) -> None:
        """The sound has come."""
        self.call = call
        self._changed.set()

    async def answered(self, ring_seconds: float, ask: Callable[[], Awaitable[None]]) -> TwilioCall:
        """Wait until somebody answers and is heard; ``ask`` asks Twilio how the call is and tells ``note``.

        Raises CallNotConnectedError; ending the call is the caller's.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ring_seconds + SLOWNESS_S
        picked_up = asked_last = False
        while True:
            self._changed.clear()
            if self.call is not None:
                return self.call
            self._check()
            if self.progress.status == "in-progress" and not picked_up:
                picked_up = True
                deadline = loop.time() + SOUND_PATIENCE_S
            left = deadline - loop.time()
            if left <= 0:
                if asked_last:
                    raise self._in_vain(ring_seconds)
                asked_last = True
                await ask()
                continue
            try:
                await asyncio.wait_for(self._changed.wait(), min(left, ASK_AFTER_S))
            except TimeoutError:
                await ask()

    def _check(self) -> None:
        known = self.progress
        if known.stream_failed:
            words = words_for("Twilio could not bring the sound", None, known.error_code)
            raise CallNotConnectedError(Disposition.FAILED, words)
        if known.over:
            disposition = not_connected(known.status, known.sip_code, known.error_code)
            words = words_for(known.status, known.sip_code, known.error_code)
            if known.status == "completed":
                words += ": answered, but its sound never came"
            raise CallNotConnectedError(disposition, words)

    def _in_vain(self, ring_seconds: float) -> CallNotConnectedError:
        if self.progress.status == "in-progress":
            return CallNotConnectedError(Disposition.FAILED, "answered, but its sound never came")
        if self.progress.rang:
            return CallNotConnectedError(
                Disposition.NO_ANSWER, f"nobody answered within {ring_seconds:.0f} s"
            )
        return CallNotConnectedError(Disposition.FAILED, "Twilio did not let it ring")
