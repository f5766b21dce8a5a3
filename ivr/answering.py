"""Waits for an answer: hears somebody out, has it read, and knows words from noise and silence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from ivr.attention import Attention, Stop
from ivr.dialogue.actions import Listen
from ivr.listening import Patience, Stretch
from ivr.media import Media
from ivr.overhearing import Overhearing
from ivr.senses import Reading
from speech.endpointing import EndpointEvent
from speech.types import FRAME_SECONDS

MAX_SPEECH_S = 30.0
"""Nobody is listened to longer than this in one go; then what was said so far is attended to."""
_WORTH_WAITING_S = 1.0


@dataclass(frozen=True, slots=True)
class Words:
    """Somebody spoke; ``reading`` may still be wordless, if it was only noise."""

    stretch: Stretch
    reading: Reading


class Nothing(Enum):
    """Nobody spoke."""

    HEARD = auto()


class Answering:
    """Hears one answer after the other."""

    def __init__(self, media: Media, overhearing: Overhearing, attention: Attention) -> None:
        self._media = media
        self._overhearing = overhearing
        self._attention = attention

    async def hear(self, listen: Listen, *, no_input_s: float) -> Words | Stop | Nothing:
        """Wait for speech, for ``no_input_s`` seconds, and make it out.

        Returns the reason when something came first; words that were overtaken so are still read for
        distress. Raises LineGoneError, leaving untaken what was being said, and SensesFailedError.
        """
        ear = self._media.ear
        ear.attend(Patience(listen.end_silence_s, no_input_s, MAX_SPEECH_S))
        reason = await self._attention.until(lambda: ear.event is not None)
        stretch = ear.stretch
        if reason is not None:
            if stretch is not None:
                ear.take(stretch)
                self._overhearing.consider(stretch)
            return reason
        if stretch is None or ear.event is EndpointEvent.NO_INPUT:
            return Nothing.HEARD
        return await self._make_out(stretch, listen)

    async def _make_out(self, stretch: Stretch, listen: Listen) -> Words | Stop:
        """Read an utterance. Whoever goes on speaking meanwhile is heard out, and all of it read again.

        Of several readings the most urgent counts, the later of equals: going on never takes back a cry.
        """
        ear = self._media.ear
        best: Reading | None = None
        while True:
            task = self._overhearing.read(stretch, listen.question)
            left_s = MAX_SPEECH_S - (stretch.end - stretch.start) * FRAME_SECONDS
            ear.attend(
                Patience(listen.end_silence_s, max_speech_s=max(left_s, FRAME_SECONDS)), since=stretch.end
            )
            reason = await self._attention.until(task.done)
            if task.done():
                best = _more_urgent(best, task.result())
            else:
                self._overhearing.adopt(stretch, task)
            if reason is None and ear.stretch is not None and left_s >= _WORTH_WAITING_S:
                reason = await self._attention.until(lambda: ear.event is not None)
            elif reason is None and best is not None:
                ear.take(stretch)
                return Words(stretch, best)
            if reason is not None:
                ear.take(stretch)
                if best is not None:
                    self._overhearing.keep(stretch, best)
                return reason
            if ear.stretch is not None:
                stretch = stretch.joined(ear.stretch)


def _more_urgent(earlier: Reading | None, later: Reading) -> Reading:
    if earlier is not None and earlier.understanding.urgency > later.understanding.urgency:
        return earlier
    return later
