"""One connected call whose sound comes and goes by a media stream."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from ivr.lines import AudioFrame, FarEndHungUp, KeyPressed, LineEvent
from ivr.lines.concealment import SILENCE
from ivr.lines.sip.pacing import Pacer
from ivr.lines.twilio import messages
from ivr.lines.twilio.frames import Arrivals
from speech.audio import mulaw_encode
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, Pcm

LEAD_S = 0.1
"""Sound that Twilio has in hand, so that the internet's small delays are not heard."""
HEARD_OUT_S = 1.5
"""How long hanging up waits until the last words have been played."""
HUNG_UP = "normal"
HUNG_UP_HERE = "hung up here"
BROKEN = "the connection for the sound broke off"


class Channel(Protocol):
    """The stream's connection: a WebSocket."""

    async def send(self, message: str) -> None:
        """Send one text frame. Raises the library's error when the connection is closed."""

    async def close(self) -> None:
        """Close it; closing twice does nothing."""


class TwilioCall:
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
        on_closed: Callable[[TwilioCall], None],
        max_call_s: float,
    ) -> None:
        """Take over a stream that has started.

        ``errors`` is what ``channel`` raises when it is closed; ``end`` has Twilio end the call;
        ``on_closed`` is called once when the call is over, for whatever reason.
        """
        self.provider_call_id = started.call_sid
        self._stream_sid = started.stream_sid
        self._channel = channel
        self._errors = errors
        self._end_at_twilio = end
        self._on_closed = on_closed
        self.cause = ""
        self._stopped = False
        self._arrived: deque[LineEvent] = deque()
        self._receiver: asyncio.Future[None] | None = None
        self._arrivals = Arrivals()
        self._pacer = Pacer(LEAD_S)
        self._speaking = False
        self._hushed = False
        self._marks = 0
        self._unheard: dict[str, float] = {}
        self._heard_out = asyncio.Event()
        self._heard_out.set()
        self._hanging_up: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._limit = self._loop.call_later(max_call_s, self._run_out, max_call_s)
        self.frames = 0
        """Received so far."""
        self.lost = 0
        """Of these, concealed."""
        self.slowest_s = 0.0
        """The longest it took until something sent had been played."""

    @property
    def over(self) -> bool:
        """Whether the call has ended, for whatever reason."""
        return bool(self.cause)

    @property
    def seconds(self) -> float:
        """How long ago the stream started."""
        return self._loop.time() - self._began

    async def receive(self) -> LineEvent:
        """The next event; once the call is over and all was received, FarEndHungUp for ever."""
        while not self._arrived:
            if self.cause:
                return FarEndHungUp(self.cause)
            self._receiver = self._loop.create_future()
            await self._receiver
        return self._arrived.popleft()

    async def send(self, pcm: Pcm) -> None:
        """Hand over one frame of 160 samples; returns when the next one is due.

        For one sender at a time. On a call that is over it still takes its 20 ms. Raises ValueError for
        anything but a whole frame.
        """
        if self.cause:
            await asyncio.sleep(FRAME_SECONDS)
            return
        if len(pcm) != FRAME_SAMPLES:
            raise ValueError(f"A frame has {FRAME_SAMPLES} samples, not {len(pcm)}")
        if self._hushed:
            await self._clear()
        if pcm is not SILENCE:
            self._speaking = True
            await self._tell(messages.media(self._stream_sid, mulaw_encode(pcm)))
        elif self._speaking:
            self._speaking = False
            await self._mark()
        await asyncio.sleep(self._pacer.wait_after(self._loop.time()))

    def hush(self) -> None:
        """With the next frame, have Twilio forget what it has not played yet."""
        self._hushed = True

    async def hang_up(self) -> None:
        """End the call, after its last words; calling it again does nothing."""
        if self._hanging_up is None:
            self._hanging_up = self._loop.create_task(self._part())
        await asyncio.shield(self._hanging_up)

    def take(self, message: messages.Message) -> None:
        """Take what came by the stream."""
        match message:
            case messages.Sound(payload=payload, at_ms=at_ms) if not self.cause:
                for frame in self._arrivals.take(payload, at_ms):
                    self._take_frame(frame)
            case messages.Pressed(digit=digit) if not self.cause:
                self._arrived.append(KeyPressed(digit))
            case messages.Marked(name=name):
                self._note_heard(name)
            case messages.Stopped():
                self._stopped = True
                self.break_off(HUNG_UP)
        self._wake()

    def break_off(self, cause: str = BROKEN) -> None:
        """Nothing more will come."""
        if self.cause:
            return
        self.cause = cause
        self._limit.cancel()
        self._heard_out.set()
        self._wake()
        self._on_closed(self)

    def _take_frame(self, frame: AudioFrame) -> None:
        self.frames += 1
        self.lost += frame.lost
        self._arrived.append(frame)

    async def _part(self) -> None:
        if self._speaking and not self.cause:
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
        self._pacer = Pacer(LEAD_S)
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

    def _run_out(self, seconds: float) -> None:
        self.break_off(f"the longest time for a call is over ({seconds:.0f} s)")
        self._hanging_up = self._hanging_up or self._loop.create_task(self._part())

    def _wake(self) -> None:
        if self._receiver is not None and not self._receiver.done():
            self._receiver.set_result(None)
