"""Waits for an answer: hears somebody out, has it read, and knows words from noise and silence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from ivr.attention import Attention, Stop
from ivr.dialogue.actions import Listen
from ivr.early import EarlyReading
from ivr.listening import Patience, Stretch
from ivr.media import LineGoneError, Media
from ivr.overhearing import BeingRead, Overhearing
from ivr.pace import Pace
from ivr.senses import ENGINE_PATIENCE_S, LOAD_PATIENCE_S, Reading
from speech.endpointing import EndpointEvent
from speech.types import FRAME_SECONDS

MAX_SPEECH_S = 30.0
"""Nobody is listened to longer than this in one go; then what was said so far is attended to."""
NOISE_IS_OVER_S = 0.6
"""A noise that interrupted a prompt is over after this much silence, and the prompt goes on."""
NOISE_LASTS_S = 3.0
"""One that lasts longer is looked at before it is over: nobody is left in silence because of a lorry."""
_WORTH_WAITING_S = 1.0


@dataclass(frozen=True, slots=True)
class Words:
    """Somebody spoke; ``reading`` may still be wordless, if it was only noise."""

    stretch: Stretch
    reading: Reading
    waited_s: float = 0.0
    """Seconds of the silence after them that were kept on purpose, in case more came."""


class Nothing(Enum):
    """Nobody spoke."""

    HEARD = auto()


class Answering:
    """Hears one answer after the other."""

    def __init__(self, media: Media, overhearing: Overhearing, attention: Attention, pace: Pace) -> None:
        self._media = media
        self._overhearing = overhearing
        self._attention = attention
        self._pace = pace

    async def hear(
        self, listen: Listen, *, no_input_s: float, interrupting: bool = False
    ) -> Words | Stop | Nothing:
        """Wait for speech, for ``no_input_s`` seconds, and make it out.

        Whatever somebody says is read as soon as they pause, so that it is known how long to wait for more;
        see ``Pace``. ``interrupting``: they spoke into a prompt, which goes on soon if it was only noise.
        Returns the reason when something came first; words that were overtaken so are still read for
        distress. Raises LineGoneError, leaving untaken what was being said.
        """
        early = EarlyReading(self._overhearing, listen.question)
        try:
            return await self._hear(listen, early, no_input_s=no_input_s, interrupting=interrupting)
        except LineGoneError:
            early.give_up()
            raise

    async def _hear(
        self, listen: Listen, early: EarlyReading, *, no_input_s: float, interrupting: bool
    ) -> Words | Stop | Nothing:
        ear = self._media.ear
        self._media.mouth.thinking = False
        ear.attend(Patience(self._pace.longest_s(listen), no_input_s, MAX_SPEECH_S))
        reason = await self._attention.until(lambda: self._over(listen, early, interrupting=interrupting))
        stretch = ear.stretch
        if reason is not None:
            early.give_up()
            if stretch is not None:
                ear.take(stretch)
                self._overhearing.consider(stretch)
            return reason
        if stretch is None or ear.event is EndpointEvent.NO_INPUT:
            return Nothing.HEARD
        if interrupting and (noise := _noise_so_far(early)) is not None:
            ear.take(stretch)
            self._overhearing.consider(stretch)  # what came after the noise was made out may be a cry
            return Words(stretch, noise)
        return await self._make_out(stretch, listen, early)

    def _over(self, listen: Listen, early: EarlyReading, *, interrupting: bool) -> bool:
        """Whether somebody has finished speaking, by what is known of it; begins to find that out."""
        ear, pace = self._media.ear, self._pace
        stretch, pause_s = ear.stretch, ear.pause_s
        if ear.event is not None:
            return True
        if interrupting and stretch is not None and not pause_s:
            if (stretch.end - stretch.start) * FRAME_SECONDS >= NOISE_LASTS_S and early.idle:
                early.begin(stretch)
            return _noise_so_far(early) is not None
        if stretch is None or pause_s < pace.begin_reading_s(listen, stretch.voiced_s):
            self._media.mouth.thinking = False
            return False
        early.begin(stretch)
        if pause_s >= pace.shortest_s(listen, stretch.voiced_s):
            early.hurry()
        self._media.mouth.thinking = early.reads(stretch)
        reading = early.result(stretch)
        if reading is None:
            # While it is being read it must be waited for in any case; else it is to be read now.
            return pause_s >= pace.usual_s(listen) and not early.reads(stretch)
        if interrupting and reading.wordless:
            return pause_s >= NOISE_IS_OVER_S
        return pause_s >= pace.wait_s(listen, stretch.voiced_s, reading)

    async def _make_out(self, stretch: Stretch, listen: Listen, early: EarlyReading) -> Words | Stop:
        """Read an utterance. Whoever goes on speaking meanwhile is heard out, and all of it read again.

        Of several readings the most urgent counts, the later of equals: going on never takes back a cry.
        What no engine begins with in time is told as not heard, and still read: it may be a cry.
        """
        ear = self._media.ear
        reading = early.reading(stretch)
        self._media.mouth.thinking = True
        while True:
            left_s = MAX_SPEECH_S - (stretch.end - stretch.start) * FRAME_SECONDS
            ear.attend(
                Patience(self._pace.usual_s(listen), max_speech_s=max(left_s, FRAME_SECONDS)),
                since=stretch.end,
            )
            reason = await self._until_read(reading)
            best = early.settle(called_away=reason is not None)
            if reason is None and ear.stretch is not None and left_s >= _WORTH_WAITING_S:
                reason = await self._attention.until(lambda: ear.event is not None)
            elif reason is None and best is not None:
                ear.take(stretch)
                return Words(stretch, best, self._waited_s(stretch, listen, best))
            if reason is not None:
                ear.take(stretch)
                if best is not None:
                    self._overhearing.keep(stretch, best)
                return reason
            if ear.stretch is not None:
                stretch = stretch.joined(ear.stretch)
            reading = early.reading(stretch)

    async def _until_read(self, reading: BeingRead) -> Stop | None:
        """Wait until an utterance is read, or too long for that to begin or end; returns what called away."""
        reason = await self._attention.until(lambda: reading.begun, patience_s=LOAD_PATIENCE_S)
        if reason is None and reading.begun:
            reason = await self._attention.until(lambda: reading.done, patience_s=ENGINE_PATIENCE_S)
        return reason

    def _waited_s(self, stretch: Stretch, listen: Listen, reading: Reading) -> float:
        """How much of the silence since then was kept on purpose."""
        silent_s = (self._media.ear.now - stretch.end) * FRAME_SECONDS
        return min(silent_s, self._pace.wait_s(listen, stretch.voiced_s, reading))


def _noise_so_far(early: EarlyReading) -> Reading | None:
    """What a long sound was made out to be, if no words were in it."""
    if early.latest is None:
        return None
    stretch, reading = early.latest
    long = (stretch.end - stretch.start) * FRAME_SECONDS >= NOISE_LASTS_S
    return reading if long and reading.wordless else None
