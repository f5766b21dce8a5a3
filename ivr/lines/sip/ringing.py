"""From the INVITE to an answer, or to the reason why there is none."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from ivr.lines import CallNotConnectedError, Disposition
from ivr.lines.sip.causes import not_connected
from ivr.lines.sip.stack import NativeCall, StackEvent, UserAgent

_NETWORK_PATIENCE_S = 32.0
"""Timer B of RFC 3261: a server that has not even said "trying" by then is dead, and the stack says so."""


@dataclass(slots=True)
class Ringing:
    """What the stack has reported of an outgoing call so far."""

    heard_of: asyncio.Event = field(default_factory=asyncio.Event)
    """Something came back: it rings, the network plays (early media is not an answer), or it is over."""
    closed: str | None = None
    """Why it was closed, in the stack's words."""
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Answered or closed."""


class RingingCalls:
    """Follows outgoing calls from before their INVITE.

    The stack's own call object comes into being a moment after the call: what happens meanwhile (a refused
    connection, the 180 of a near exchange) would be missed by whoever listens to that object only.
    """

    def __init__(self, agent: UserAgent) -> None:
        self._calls: dict[int, Ringing] = {}
        agent.on(self._note)

    async def answered(self, native: NativeCall, ring_seconds: float) -> None:
        """Wait until somebody answers. Raises CallNotConnectedError; ending the call is the caller's.

        Whose call was not answered is followed until ``forget``.
        """
        ringing = self._calls.setdefault(native.handle, Ringing())
        try:
            await asyncio.wait_for(ringing.settled.wait(), ring_seconds)
        except TimeoutError as error:
            if ringing.heard_of.is_set() or ring_seconds > _NETWORK_PATIENCE_S:
                cause = f"nobody answered within {ring_seconds:.0f} s"
                raise CallNotConnectedError(Disposition.NO_ANSWER, cause) from error
            raise CallNotConnectedError(Disposition.FAILED, "the server does not answer") from error
        if ringing.closed is not None:
            raise CallNotConnectedError(not_connected(ringing.closed), ringing.closed)
        self.forget(native)

    async def until_heard_of(self, native: NativeCall, seconds: float) -> None:
        """Wait until anything has come back, so many seconds at most."""
        with suppress(TimeoutError):
            ringing = self._calls.setdefault(native.handle, Ringing())
            await asyncio.wait_for(ringing.heard_of.wait(), seconds)

    def break_off(self, why: str) -> None:
        """Nothing more will be reported: whoever waits is told why."""
        for ringing in self._calls.values():
            ringing.closed = why
            ringing.settled.set()

    def forget(self, native: NativeCall) -> None:
        """Follow a call no longer."""
        self._calls.pop(native.handle, None)

    def _note(self, event: StackEvent) -> None:
        name = event.event.name
        if name == "CALL_OUTGOING":
            self._calls[event.call] = Ringing()
        ringing = self._calls.get(event.call)
        if ringing is None:
            return
        if name in {"CALL_RINGING", "CALL_PROGRESS"}:
            ringing.heard_of.set()
        elif name in {"CALL_ESTABLISHED", "CALL_CLOSED"}:
            if name == "CALL_CLOSED":
                ringing.closed = event.text or ""
            ringing.heard_of.set()
            ringing.settled.set()
