"""A call that comes in by SIP, until it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from ivr.lines import CallNotConnectedError, Disposition
from ivr.lines.callers import caller_number, user_of
from ivr.lines.sip.call import SipCall
from ivr.lines.sip.settings import SipSettings
from ivr.lines.sip.stack import ASSERTED, NativeCall, StackEvent

ANSWER_PATIENCE_S = 10.0
"""How long it may take from our 200 OK until the call stands."""


class SipIncoming:
    """A telephone that rings here; implements ``ivr.lines.incoming.Incoming``. Made by ``SipLine`` only."""

    def __init__(
        self,
        native: NativeCall,
        settings: SipSettings,
        errors: type[Exception],
        connect: Callable[[NativeCall], SipCall],
    ) -> None:
        """``connect`` makes the call once it stands."""
        self.provider_call_id = native.call_id or ""
        self.number = number_of(native, settings)
        self._native = native
        self._errors = errors
        self._connect = connect

    async def answer(self) -> SipCall:
        """Pick up. Raises CallNotConnectedError when the caller is gone already."""
        settled = asyncio.Event()

        def note(event: StackEvent) -> None:
            if event.event.name in {"CALL_ESTABLISHED", "CALL_CLOSED"}:
                settled.set()

        self._native.on(note)
        try:
            async with asyncio.timeout(ANSWER_PATIENCE_S):
                await self._native.answer()
                if self._native.state.name not in {"ESTABLISHED", "CLOSED"}:
                    await settled.wait()
        except (TimeoutError, self._errors) as error:
            with suppress(self._errors):
                await self._native.hangup()
            raise CallNotConnectedError(Disposition.FAILED, "the caller could not be answered") from error
        finally:
            self._native.off(note)
        if self._native.state.name == "CLOSED":
            raise CallNotConnectedError(Disposition.FAILED, "the caller is gone")
        return self._connect(self._native)

    async def refuse(self) -> None:
        """Let the caller hear that we are busy."""
        with suppress(self._errors):
            await self._native.reject()


def number_of(native: NativeCall, settings: SipSettings) -> str:
    """What the provider vouches for (P-Asserted-Identity, RFC 3325), else what the caller says."""
    shown = (user_of(native.headers.get(ASSERTED, "")), user_of(native.peer or ""))
    area_code = settings.dial_plan.own_area_code
    numbers = (caller_number(each, area_code=area_code) for each in shown)
    return next((number for number in numbers if number), "")
