"""One connected call whose sound comes and goes by a media stream."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from ivr.lines import AudioFrame, Call, KeyPressed
from ivr.lines.answerer import NetworkSays
from ivr.lines.concealment import SILENCE
from ivr.lines.connected import HUNG_UP_HERE, ConnectedCall
from ivr.lines.handing_over import HANDED_OVER
from ivr.lines.pacing import Pacer
from ivr.lines.twilio import messages
from ivr.lines.twilio.frames import Arrivals
from ivr.lines.twilio.news import ANSWERERS, Progress
from speech.audio import mulaw_encode
from speech.types import Pcm

LEAD_S = 0.1
"""Sound that Twilio has in hand, so that the internet's small delays are not heard."""
HEARD_OUT_S = 1.5
"""How long hanging up waits until the last words have been played."""
LED_S = 5.0
"""How long Twilio may take to stop the stream of a call that it leads elsewhere."""
HUNG_UP = "normal"
BROKEN = "the connection for the sound broke off"


class Channel(Protocol):
    """The stream's connection: a WebSocket."""

    async def send(self, message: str) -> None:
        """Send one text frame. Raises the library's error when the connection is closed."""

    async def close(self) -> None:
        """Close it; closing twice does nothing."""


class TwilioCall(ConnectedCall):
    """One connected call; implements ``ivr.lines.Call`` and ``ivr.lines.Hushable``. Made by the line only.

    Silence is not sent: Twilio plays silence by itself when it has nothing else, and so a delay on the way is
    over with the sentence instead of staying for the rest of the call.
    """

    def __init__(
        self,
        started: messages.Started,
        channel: Channel,
        errors: type[Exception],
        *,
        end: Callable[[], Awaitable[None]],
        lead: Callable[[str], Awaitable[bool]],
        on_closed: Callable[[TwilioCall], None],
        max_call_s: float,
    ) -> None:
        """Take over a stream that has started.

        ``errors`` is what ``channel`` raises when it is closed; ``end`` has Twilio end the call;
        ``lead`` has it led into a room without us and says whether it was, True also when nobody knows;
        ``on_closed`` is called once when the call is over, for whatever reason.
        """
        super().__init__(started.call_sid, max_call_s=max_call_s, lead_s=LEAD_S)
        self._stream_sid = started.stream_sid
        self._channel = channel
        self._errors = errors
        self._end_at_twilio = end
        self._lead_at_twilio = lead
        self._on_closed = on_closed
        self._stopped = False
        self._led = asyncio.Event()
        self._leading = False
        """Whether the end of the stream means that the call goes on without us."""
        self._arrivals = Arrivals()
        self._speaking = False
        self._hushed = False
        self._marks = 0
        self._unheard: dict[str, float] = {}
        self._heard_out = asyncio.Event()
        self._heard_out.set()
        self.known = Progress()
        """What Twilio has reported of it."""
        self.frames = 0
        """Received so far."""
        self.lost = 0
        """Of these, concealed."""
        self.slowest_s = 0.0
        """The longest it took until something sent had been played."""

    async def _play(self, pcm: Pcm) -> None:
        if self._hushed:
            await self._clear()
        if pcm is not SILENCE:
            self._speaking = True
            await self._tell(messages.media(self._stream_sid, mulaw_encode(pcm)))
        elif self._speaking:
            self._speaking = False
            await self._mark()

    @property
    def answerer(self) -> NetworkSays | None:
        """See ``ivr.lines.answerer.TellsAnswerer``."""
        return ANSWERERS.get(self.known.answered_by)

    def hush(self) -> None:
        """With the next frame, have Twilio forget what it has not played yet."""
        self._hushed = True

    def take(self, message: messages.Message) -> None:
        """Take what came by the stream."""
        match message:
            case messages.Sound(payload=payload, at_ms=at_ms) if not self.over:
                for frame in self._arrivals.take(payload, at_ms):
                    self._take_frame(frame)
            case messages.Pressed(digit=digit):
                self._inbox.put(KeyPressed(digit))
            case messages.Marked(name=name):
                self._note_heard(name)
            case messages.Stopped():
                self._stopped = True
                self.break_off(HANDED_OVER if self._leading else HUNG_UP)

    async def hand_over(self, other: Call) -> bool:
        """See ``ivr.lines.handing_over.Transferable``: both are led into a conference of two.

        The worker goes first: should the elder not follow, it is not the elder who waits in an empty room.
        """
        if not isinstance(other, TwilioCall) or self.over or other.over:
            return False
        room = f"wenan-{secrets.token_urlsafe(12)}"
        if not await other.lead_into(room):
            return False
        if await self.lead_into(room):
            return True
        await other.let_go()
        return False

    async def lead_into(self, room: str) -> bool:
        """Have Twilio lead the call away; True once its stream has stopped for that."""
        self._leading = True
        led = await self._lead_at_twilio(room)
        if led:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._led.wait(), LED_S)
        if self.cause == HANDED_OVER:
            return True
        self._leading = False
        return False

    async def let_go(self) -> None:
        """End a call that was led away."""
        await self._end_at_twilio()

    def break_off(self, cause: str = BROKEN) -> None:
        """Nothing more will come."""
        if self._finish(cause):
            self._led.set()
            self._heard_out.set()
            self._on_closed(self)

    def _take_frame(self, frame: AudioFrame) -> None:
        self.frames += 1
        self.lost += frame.lost
        self._inbox.put(frame)

    def _give_up(self, cause: str) -> None:
        self.break_off(cause)

    async def _part(self) -> None:
        """Hang up, after the last words."""
        if self._speaking and not self.over:
            await self._mark()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._heard_out.wait(), HEARD_OUT_S)
        self.break_off(HUNG_UP_HERE)
        if not self._stopped:
            await self._end_at_twilio()
        # Whatever came of that: without its stream the call has nothing more to do and ends.
        with suppress(self._errors):
            await self._channel.close()

    async def _mark(self) -> None:
        self._marks += 1
        name = f"said-{self._marks}"
        self._unheard[name] = self._loop.time()
        self._heard_out.clear()
        await self._tell(messages.mark(self._stream_sid, name))

    async def _clear(self) -> None:
        self._hushed = self._speaking = False
        self._pacer = Pacer(self._lead_s)
        await self._tell(messages.clear(self._stream_sid))

    def _note_heard(self, name: str) -> None:
        sent_at = self._unheard.pop(name, None)
        if sent_at is not None:
            self.slowest_s = max(self.slowest_s, self._loop.time() - sent_at)
        if not self._unheard:
            self._heard_out.set()

    async def _tell(self, message: str) -> None:
        try:
            await self._channel.send(message)
        except self._errors:
            # Whoever reads the stream is told as well, and breaks the call off.
            self._heard_out.set()
