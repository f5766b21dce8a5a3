"""One connected SIP call."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from ivr.lines import Call, KeyPressed
from ivr.lines.connected import HUNG_UP_HERE, ConnectedCall
from ivr.lines.handing_over import HANDED_OVER, Referred
from ivr.lines.pacing import LEAD_S, Playout
from ivr.lines.sip import referring
from ivr.lines.sip.causes import HUNG_UP, end_of_call
from ivr.lines.sip.settings import SipSettings
from ivr.lines.sip.silence import Silence
from ivr.lines.sip.stack import NativeCall, StackEvent
from speech.types import FRAME_SAMPLES, Pcm

_READ_BYTES = 10 * 2 * FRAME_SAMPLES
_KEYS = frozenset("0123456789*#")


class SipCall(ConnectedCall):
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
        super().__init__(native.call_id or "", max_call_s=settings.max_call_s, lead_s=LEAD_S)
        self.native = native
        self._settings = settings
        self._errors = errors
        self._on_closed = on_closed
        self._playout = Playout()
        self._silence = Silence(settings.rtp_timeout_s, self._loop.time())
        # What came before the answer was the network's melody or announcement, not the elder.
        self._read()
        native.on(self._note)
        if native.state.name == "CLOSED":
            # Answered and hung up at once, before we listened.
            self._finish(HUNG_UP)

    def exchange(self) -> None:
        """Take what has arrived and pass it on. Called by the line every 20 ms."""
        if self.over:
            return
        arrived = self._read()
        held = self.native.remote_on_hold
        if self._silence.lasts_too_long(self._loop.time(), heard=bool(arrived), held=held):
            self._end(f"the far end has sent no audio for {self._settings.rtp_timeout_s} s")
            return
        self._playout.push(arrived)
        for frame in self._playout.pull():
            self._inbox.put(frame)

    def break_off(self, cause: str) -> None:
        """The line is gone, nothing more will come of it."""
        self._finish(cause)
        self._on_closed(self, self.cause)

    async def hand_over(self, other: Call) -> bool:
        """See ``ivr.lines.handing_over.Transferable``: by REFER with Replaces."""
        if not isinstance(other, SipCall) or self.over or other.over:
            return False
        if not await referring.hand_over(self.native, other.native, self._errors):
            return False
        self.go_on_without_us()
        other.go_on_without_us()
        return True

    def go_on_without_us(self) -> None:
        """The far end has been connected with somebody else."""
        self._finish(HANDED_OVER)

    async def refer(self, number: str, *, ring_seconds: float) -> Referred:
        """See ``ivr.lines.handing_over.Referable``: by REFER."""
        if self.over:
            return Referred.IMPOSSIBLE
        found = await referring.refer(
            self.native, number, self._settings, self._errors, ring_seconds=ring_seconds
        )
        if found is Referred.CONNECTED:
            self.go_on_without_us()
        return found

    async def _play(self, pcm: Pcm) -> None:
        # Between two negotiations, or already closed: the frame's time passes unheard.
        with suppress(self._errors):
            self.native.audio.write(pcm.tobytes())

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
                self._inbox.put(KeyPressed(str(event.text)))
            case "CALL_CLOSED":
                self._finish(end_of_call(event.text or ""))
                self._on_closed(self, self.cause)

    def _give_up(self, cause: str) -> None:
        self._finish(cause)

    async def _part(self) -> None:
        self._finish(HUNG_UP_HERE)
        if self.native.state.name == "CLOSED":
            return
        # Possibly gone already: both sides put the receiver down at once.
        with suppress(self._errors):
            await self.native.hangup()
