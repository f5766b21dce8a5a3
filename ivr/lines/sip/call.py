"""One connected SIP call."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from ivr.lines import FarEndHungUp, KeyPressed, LineEvent
from ivr.lines.sip.causes import HUNG_UP, end_of_call
from ivr.lines.sip.pacing import Pacer, Playout
from ivr.lines.sip.settings import SipSettings
from ivr.lines.sip.stack import NativeCall, StackEvent
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, Pcm

_READ_BYTES = 10 * 2 * FRAME_SAMPLES
_KEYS = frozenset("0123456789*#")
HUNG_UP_HERE = "hung up here"


class SipCall:
    """One connected call; implements ``ivr.lines.Call``. Made by ``SipLine`` only."""

    def __init__(
        self,
        native: NativeCall,
        settings: SipSettings,
        errors: type[Exception],
        *,
        on_closed: Callable[[SipCall, str], None],
    ) -> None:
        """Take over an answered call; ``on_closed`` is called with the cause once the stack has closed it."""
        self.provider_call_id = native.call_id or ""
        self.native = native
        self._settings = settings
        self._errors = errors
        self._on_closed = on_closed
        self._cause = ""
        self._arrived: deque[LineEvent] = deque()
        self._receiver: asyncio.Future[None] | None = None
        self._pacer = Pacer()
        self._playout = Playout()
        self._loop = asyncio.get_running_loop()
        self._limit = self._loop.call_later(settings.max_call_s, self._run_out)
        self._hanging_up: asyncio.Task[None] | None = None
        # What came before the answer was the network's melody or announcement, not the elder.
        self._read()
        native.on(self._note)
        if native.state.name == "CLOSED":
            # Answered and hung up at once, before we listened.
            self._end(HUNG_UP)

    @property
    def over(self) -> bool:
        """Whether the call has ended, for whatever reason."""
        return bool(self._cause)

    async def receive(self) -> LineEvent:
        """The next event; once the call is over and all was received, FarEndHungUp for ever."""
        while not self._arrived:
            if self._cause:
                return FarEndHungUp(self._cause)
            self._receiver = self._loop.create_future()
            await self._receiver
        return self._arrived.popleft()

    async def send(self, pcm: Pcm) -> None:
        """Hand over one frame of 160 samples; returns when the next one is due.

        For one sender at a time. On a call that is over it still takes its 20 ms. Raises ValueError for
        anything but a whole frame.
        """
        if self._cause:
            await asyncio.sleep(FRAME_SECONDS)
            return
        if len(pcm) != FRAME_SAMPLES:
            raise ValueError(f"A frame has {FRAME_SAMPLES} samples, not {len(pcm)}")
        # Between two negotiations, or already closed: the frame's time passes unheard.
        with suppress(self._errors):
            self.native.audio.write(pcm.tobytes())
        await asyncio.sleep(self._pacer.wait_after(self._loop.time()))

    async def hang_up(self) -> None:
        """End the call; calling it again does nothing."""
        self._end(HUNG_UP_HERE)
        await self._hang_up_native()

    def exchange(self) -> None:
        """Take what has arrived and pass one frame on. Called by the line every 20 ms."""
        if self._cause:
            return
        self._playout.push(self._read())
        self._arrived.append(self._playout.pull())
        self._wake()

    def break_off(self, cause: str) -> None:
        """The line is gone, nothing more will come of it."""
        self._end(cause)
        self._on_closed(self, self._cause)

    def _read(self) -> bytes:
        read = bytearray()
        # No audio between two negotiations: the gap is concealed like any other.
        with suppress(self._errors):
            while data := self.native.audio.read(_READ_BYTES):
                read += data
        return bytes(read)

    def _note(self, event: StackEvent) -> None:
        match event.event.name:
            case "CALL_DTMF_START" if event.text in _KEYS:
                self._arrived.append(KeyPressed(str(event.text)))
                self._wake()
            case "CALL_CLOSED":
                self._end(end_of_call(event.text or "", rtp_timeout_s=self._settings.rtp_timeout_s))
                self._on_closed(self, self._cause)

    def _run_out(self) -> None:
        self._end(f"the longest time for a call is over ({self._settings.max_call_s:.0f} s)")
        self._hanging_up = self._loop.create_task(self._hang_up_native())

    async def _hang_up_native(self) -> None:
        if self.native.state.name == "CLOSED":
            return
        # Possibly gone already: both sides put the receiver down at once.
        with suppress(self._errors):
            await self.native.hangup()

    def _end(self, cause: str) -> None:
        if self._cause:
            return
        self._cause = cause
        self._limit.cancel()
        self._wake()

    def _wake(self) -> None:
        if self._receiver is not None and not self._receiver.done():
            self._receiver.set_result(None)
