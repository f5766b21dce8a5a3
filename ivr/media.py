"""The media of one call: two pumps that move frames, and a bell for whoever waits for something to happen."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ivr.gaps import Gaps
from ivr.key_tones import KeyTones
from ivr.lines import AudioFrame, Call, FarEndHungUp, KeyPressed
from ivr.listening import Ear
from ivr.playback import Mouth
from ivr.presses import Key, Presses
from ivr.recording import Recording
from speech.types import FRAME_SECONDS, Pcm
from speech.vad import VoiceDetector

DEAD_LINE_S = 10.0


class LineGoneError(Exception):
    """The other side hung up, or the line broke down; the message is the line's word for why."""


class Media:
    """Keeps one call's audio flowing in both directions, whatever the conversation is busy with.

    Used as an asynchronous context manager: leaving it hangs up.
    """

    def __init__(self, call: Call, detector: VoiceDetector, recording: Recording) -> None:
        self._call = call
        self.recording = recording
        self.ear = Ear(detector, recording)
        self.gaps = Gaps()
        self.mouth = Mouth(call, recording, self.ring, sent=self.gaps.sent)
        self.keys: deque[Key] = deque()
        """Keys that nobody has attended to yet, in the order in which they were pressed."""
        self._tap: Callable[[Pcm], None] | None = None
        self._presses = Presses()
        self._key_tones = KeyTones()
        self._bell = asyncio.Event()
        self._gone: str | None = None
        self._pumps: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Start moving frames."""
        for pump in (self._receive(), self.mouth.run(), self._watch()):
            task = asyncio.create_task(pump)
            task.add_done_callback(self._pump_ended)
            self._pumps.append(task)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop moving frames and hang up."""
        for pump in self._pumps:
            pump.cancel()
        try:
            await self._call.hang_up()
        finally:
            # A pump that broke has been reported by ``until``; on the way out nothing depends on it.
            await asyncio.gather(*self._pumps, return_exceptions=True)

    @property
    def call(self) -> Call:
        """The call whose audio this is."""
        return self._call

    def ring(self) -> None:
        """Wake whoever waits in ``until``: something may have changed."""
        self._bell.set()

    async def until(self, ready: Callable[[], bool], *, patience_s: float | None = None) -> bool:
        """Wait until ``ready`` says so; False when ``patience_s`` of call time ran out first.

        Raises LineGoneError as soon as the line is gone, and what broke a pump.
        """
        patience = _Patience(patience_s, self.ring)
        try:
            while True:
                self._bell.clear()
                self._check()
                if ready():
                    return True
                if patience.lost:
                    return False
                await self._bell.wait()
        finally:
            patience.cancel()

    async def pause(self, seconds: float) -> None:
        """Let call time pass. Raises LineGoneError when the line goes meanwhile."""
        await self.until(lambda: False, patience_s=seconds)

    def forget_keys(self, *, and_for_s: float) -> None:
        """Drop the keys that are waiting and those that come within so many seconds."""
        self.keys.clear()
        self._presses.ignore_until(self.ear.now + round(and_for_s / FRAME_SECONDS))

    def connect(self, tap: Callable[[Pcm], None], source: Callable[[], Pcm]) -> None:
        """Pass on every frame that comes from the line to ``tap``, and send it what ``source`` gives.

        Both are recorded as ever; what the robot itself says goes before what ``source`` gives.
        """
        self._tap, self.mouth.source = tap, source

    def disconnect(self) -> None:
        """No more of that."""
        self._tap = self.mouth.source = None

    def seconds(self, frame: int) -> float:
        """Where in the recording a frame lies."""
        return frame * FRAME_SECONDS

    def _check(self) -> None:
        for pump in self._pumps:
            if pump.done():
                pump.result()
        if self._gone is not None:
            raise LineGoneError(self._gone)

    async def _receive(self) -> None:
        """Pass on what comes from the line until it is over."""
        while self._gone is None:
            match await self._call.receive():
                case AudioFrame() as frame:
                    self._hear(frame)
                case KeyPressed(digit=digit):
                    key = Key(digit, self.ear.now)
                    self._press(key, counts=self._presses.told(key))
                case FarEndHungUp(cause=cause):
                    self._gone = cause
                    self.mouth.end()
                    self.ring()

    async def _watch(self) -> None:
        """A line says when a call is over and sends frames in silence too; one that does neither is dead."""
        heard = -1
        while self.ear.now > heard:
            heard = self.ear.now
            await asyncio.sleep(DEAD_LINE_S)
        self._gone = self._gone or f"the line has sent nothing for {DEAD_LINE_S:.0f} s"
        self.ring()

    def _hear(self, frame: AudioFrame) -> None:
        if self._tap is not None:
            self._tap(frame.pcm)
        heard = self._key_tones.hears(frame.pcm, lost=frame.lost)
        if heard.key:
            key = Key(heard.key, self.ear.now)
            self._press(key, counts=self._presses.sounded(key))
        before = self.ear.now
        if self.ear.hear(frame.pcm, toned=heard.toned):
            self.ring()
        if self.ear.now > before + 1:
            self._key_tones.let_go()  # the line sent nothing for a while: no key is held through that

    def _press(self, key: Key, *, counts: bool) -> None:
        """Keep a key that counts."""
        if counts:
            self.keys.append(key)
            self.ring()

    def _pump_ended(self, _pump: asyncio.Task[None]) -> None:
        self.ring()


class _Patience:
    """Whether it has run out; no limit means never."""

    def __init__(self, seconds: float | None, tell: Callable[[], None]) -> None:
        self.lost = False
        self._tell = tell
        self._timer = None if seconds is None else asyncio.get_running_loop().call_later(seconds, self._lose)

    def _lose(self) -> None:
        self.lost = True
        self._tell()

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
