"""A telephone network without wires: rings simulated telephones and exchanges 20 ms frames with them.

Everything an elder's telephone can do to us happens here too: it is busy, rings in vain, plays a melody
before anybody answers, loses packets, presses keys, hangs up in the middle of a word. All connected calls
tick together on the running loop's clock, real or virtual, by absolute deadlines.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from typing import Protocol, runtime_checkable

from ivr.clock import Clock
from ivr.lines import CallNotConnectedError, Disposition, KeyPressed, LineEvent
from ivr.lines.connected import HUNG_UP_HERE
from ivr.lines.inbox import Inbox
from ivr.lines.incoming import Take
from ivr.lines.journal import CallEntry, SimulatedIncoming
from ivr.lines.metronome import Metronome
from ivr.lines.wire import SILENCE, Wire
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, Pcm

__all__ = [
    "SILENCE",
    "AlreadyDialledError",
    "CallEntry",
    "FarEnd",
    "FarEndFrame",
    "Ring",
    "SimulatedCall",
    "SimulatedLine",
]


@dataclass(frozen=True, slots=True)
class Ring:
    """What the called telephone does when it rings."""

    answers_after_s: float | None
    """Seconds of ringing until somebody answers; None: nobody does."""
    disposition_if_not: Disposition = Disposition.NO_ANSWER
    decides_after_s: float = 2.0
    """Seconds until the network reports anything but no answer, which takes as long as we let it ring."""
    early_media: bool = False
    """The network plays a melody or an announcement while it rings. That is not an answer."""
    calls_back_after_s: float | None = None
    """Seconds after it has rung in vain until they see our number and call it, where calls are taken."""


@dataclass(frozen=True, slots=True)
class FarEndFrame:
    """Twenty milliseconds of the person (or machine) at the other end."""

    pcm: Pcm = field(default_factory=lambda: SILENCE)
    """160 samples."""
    key: str = ""
    """A key pressed in this frame: one of ``0123456789*#``."""
    hangs_up: bool = False
    """The receiver is put down after this frame."""


class FarEnd(Protocol):
    """Who is at the other end. One instance may be rung several times, one call after the other."""

    def ring(self, number: str, moment: datetime) -> Ring:
        """The telephone rings; say what comes of it."""

    def frame(self, heard: Pcm) -> FarEndFrame:
        """Hear 20 ms of the robot (160 samples, as they arrive) and give 20 ms back."""


@runtime_checkable
class LiftsReceiver(Protocol):
    """Somebody at the far end who has to know that it is they who call."""

    def lift_receiver(self) -> None:
        """A call of their own begins."""


class AlreadyDialledError(Exception):
    """This attempt was dialled before. Nobody is called twice for the same attempt; look it up instead."""


class SimulatedLine:
    """Rings simulated telephones; implements ``ivr.lines.Line``."""

    name = "simulated"

    def __init__(
        self,
        far_ends: Callable[[str], FarEnd],
        clock: Clock,
        *,
        jitter_ms: float = 0.0,
        loss: float = 0.0,
        seed: int = 0,
    ) -> None:
        """``far_ends`` finds who has a number and raises LookupError when nobody has it.

        ``jitter_ms`` and ``loss`` (0..1) apply in both directions, see ``Wire``; ``seed`` makes them the
        same every time.
        """
        self._far_ends = far_ends
        self._clock = clock
        self._jitter_ms = jitter_ms
        self._loss = loss
        self._seed = seed
        self._journal: dict[str, CallEntry] = {}
        self._serial = count(1)
        self._metronome = Metronome()
        self._take: Take | None = None

    @property
    def journal(self) -> tuple[CallEntry, ...]:
        """Every attempt that was dialled, in order. A reference appears once, whatever the callers do."""
        return tuple(self._journal.values())

    async def dial(self, number: str, *, reference: str, ring_seconds: float = 60.0) -> SimulatedCall:
        """Ring ``number`` and return the call once somebody answers.

        Raises CallNotConnectedError when nobody does, AlreadyDialledError when this ``reference`` was
        dialled before, however that ended.
        """
        if reference in self._journal:
            raise AlreadyDialledError(
                f"The attempt {reference!r} was already dialled at {self._journal[reference].dialled_at}"
            )
        entry = CallEntry(reference, number, dialled_at=self._clock.now())
        self._journal[reference] = entry
        entry.cause = "dialling was given up"
        try:
            far_end = await self._ring(entry, ring_seconds)
        except CallNotConnectedError as error:
            entry.cause = str(error)
            raise
        finally:
            entry.ended_at = self._clock.now()
        entry.ended_at, entry.cause, entry.answered_at = None, "", self._clock.now()
        return self._connect(entry, far_end)

    def take_calls(self, take: Take | None) -> None:
        """Give every call that comes in to ``take``; see ``ivr.lines.incoming.Answerable``."""
        self._take = take

    def call_in(self, number: str, far_end: FarEnd) -> CallEntry:
        """Somebody rings us from ``number``, empty when they withhold it; the entry says what came of it.

        Their first frame is heard when they are answered.
        """
        now = self._clock.now()
        entry = CallEntry(f"call-in-{now:%Y%m%d%H%M%S%f}-{next(self._serial)}", number, dialled_at=now)
        self._journal[entry.reference] = entry
        incoming = SimulatedIncoming(entry, partial(self._answer, entry, far_end), self._clock)
        if self._take is None:
            incoming.end(Disposition.BUSY.value)
        else:
            self._take(incoming)
        return entry

    def _call_back(self, number: str, far_end: FarEnd) -> None:
        if isinstance(far_end, LiftsReceiver):
            far_end.lift_receiver()
        self.call_in(number, far_end)

    def _answer(self, entry: CallEntry, far_end: FarEnd) -> SimulatedCall:
        entry.answered_at = self._clock.now()
        call = self._connect(entry, far_end)
        call.provider_call_id = entry.reference
        return call

    async def _ring(self, entry: CallEntry, ring_seconds: float) -> FarEnd:
        """Let it ring until somebody answers. Raises CallNotConnectedError."""
        try:
            far_end = self._far_ends(entry.number)
        except LookupError:
            raise CallNotConnectedError(Disposition.INVALID_NUMBER, "nobody has this number") from None
        ring = far_end.ring(entry.number, self._clock.now())
        entry.early_media = ring.early_media
        if ring.answers_after_s is not None and ring.answers_after_s <= ring_seconds:
            await self._clock.sleep(ring.answers_after_s)
            return far_end
        disposition = Disposition.NO_ANSWER if ring.answers_after_s is not None else ring.disposition_if_not
        rings_out = disposition is Disposition.NO_ANSWER
        await self._clock.sleep(ring_seconds if rings_out else min(ring.decides_after_s, ring_seconds))
        if ring.calls_back_after_s is not None and self._take is not None:
            calling = partial(self._call_back, entry.number, far_end)
            asyncio.get_running_loop().call_later(ring.calls_back_after_s, calling)
        raise CallNotConnectedError(disposition)

    def _connect(self, entry: CallEntry, far_end: FarEnd) -> SimulatedCall:
        serial = next(self._serial)
        # Each direction throws dice of its own: what one side sends must not change what the other loses.
        there, back = (
            Wire(
                jitter_ms=self._jitter_ms, loss=self._loss, dice=random.Random(f"{self._seed}/{serial}/{way}")
            )
            for way in ("there", "back")
        )
        call = SimulatedCall(f"simulated-{serial}", far_end, there, back, on_end=self._ended(entry))
        self._metronome.start(call.exchange)
        return call

    def _ended(self, entry: CallEntry) -> Callable[[SimulatedCall, str], None]:
        def note(call: SimulatedCall, cause: str) -> None:
            entry.ended_at, entry.cause = self._clock.now(), cause
            self._metronome.stop(call.exchange)

        return note


class SimulatedCall:
    """One connected call; implements ``ivr.lines.Call``."""

    def __init__(
        self,
        provider_call_id: str,
        far_end: FarEnd,
        there: Wire,
        back: Wire,
        *,
        on_end: Callable[[SimulatedCall, str], None],
    ) -> None:
        """``there`` carries to the far end, ``back`` from it; ``on_end`` is called once, with the cause."""
        self.provider_call_id = provider_call_id
        self._far_end = far_end
        self._there = there
        self._back = back
        self._on_end = on_end
        self._inbox = Inbox()
        self._outgoing: Pcm | None = None
        self._sender: asyncio.Future[None] | None = None

    async def receive(self) -> LineEvent:
        """The next event; once the call is over and all was received, FarEndHungUp for ever."""
        return await self._inbox.receive()

    async def send(self, pcm: Pcm) -> None:
        """Hand over one frame of 160 samples; returns when the line has taken it, 20 ms after the one before.

        For one sender at a time. On a call that is over it still takes its 20 ms: no sender may spin.
        """
        if self._inbox.cause:
            await asyncio.sleep(FRAME_SECONDS)
            return
        _check(pcm)
        self._outgoing = pcm
        self._sender = asyncio.get_running_loop().create_future()
        await self._sender

    async def hang_up(self) -> None:
        """End the call; calling it again does nothing."""
        self._end(HUNG_UP_HERE)

    def exchange(self) -> None:
        """Carry one frame each way. Called by the line every 20 ms, whether anybody sends or not."""
        if self._inbox.cause:
            return
        outgoing, self._outgoing = self._outgoing, None
        heard = self._there.carry(SILENCE if outgoing is None else outgoing)
        reply = self._ask_far_end(heard.pcm)
        if reply.key:
            self._inbox.put(KeyPressed(reply.key))
        self._inbox.put(self._back.carry(reply.pcm))
        if reply.hangs_up:
            self._end("normal")
        # After the receiver, which the inbox has woken: what was heard may decide what is said next.
        self._wake_sender()

    def _ask_far_end(self, heard: Pcm) -> FarEndFrame:
        """A far end that stumbles loses its own call and nobody else's; the loop reports its exception."""
        cause = "the far end failed"
        try:
            reply = self._far_end.frame(heard)
            _check(reply.pcm)
            cause = ""
        finally:
            if cause:
                self._end(cause)
        return reply

    def _end(self, cause: str) -> None:
        if self._inbox.end(cause):
            self._on_end(self, cause)
            self._wake_sender()

    def _wake_sender(self) -> None:
        if self._sender is not None and not self._sender.done():
            self._sender.set_result(None)


def _check(pcm: Pcm) -> None:
    """Raise ValueError for anything but a whole frame."""
    if len(pcm) != FRAME_SAMPLES:
        raise ValueError(f"A frame has {FRAME_SAMPLES} samples, not {len(pcm)}")
