"""What is spoken while the robot speaks: read in the background, so that a cry for help is never missed."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from ivr.lines.answerer import network_says
from ivr.listening import Stretch
from ivr.machine import has_machine_phrase, has_person_phrase, is_talk_of_a_tape
from ivr.media import Media
from ivr.senses import CallSenses, Reading
from speech.types import FRAME_SECONDS, Urgency

OVERHEARD = "any"
"""The lexicon's question for what nobody asked: a "yes" murmured into a question does not answer it."""
SHORTEST_CRY_S = 0.2
"""Voiced seconds below which nothing is a word: two syllables of 救命 take longer, a cough does not."""
TAPES_BEGIN_WITHIN_S = 30.0
"""Seconds from the start of a call in which it may turn out that a machine answered."""


@dataclass(frozen=True, slots=True)
class Overheard:
    """Words that were not an answer, and where they lie in the recording."""

    stretch: Stretch
    reading: Reading

    @property
    def clear(self) -> bool:
        """Whether a life is at stake beyond doubt; otherwise the dialogue will ask back."""
        understanding = self.reading.understanding
        return understanding.urgency is Urgency.EMERGENCY and not understanding.confirm


class Overhearing:
    """Reads stretches of speech in the background and keeps what must not wait."""

    def __init__(self, media: Media, senses: CallSenses) -> None:
        self._media = media
        self._senses = senses
        self._spoken_frames = 0
        self._counted_to = 0
        self._readings: list[tuple[Stretch, asyncio.Task[Reading]]] = []
        self._running: set[asyncio.Task[Reading]] = set()
        self.urgent: deque[Overheard] = deque()
        """Distress that the dialogue has not been told of yet."""
        self._machine_spoke = False
        self._person_spoke = False

    @property
    def tape_runs(self) -> bool:
        """Whether it has turned out that a machine answered.

        By its words, by a fax, or by a tone after many words, unless a person has spoken them: kitchens beep.
        """
        ear = self._media.ear
        if self._person_spoke:
            return False
        taped = ear.beeped and is_talk_of_a_tape(self.spoken_s, network_says(self._media.call))
        return self._machine_spoke or ear.fax or taped

    @property
    def spoken_s(self) -> float:
        """Seconds of speech that were read so far, each counted once however often it was read."""
        return self._spoken_frames * FRAME_SECONDS

    @property
    def busy(self) -> bool:
        """Whether something is still being read."""
        return bool(self._readings)

    def consider(self, stretch: Stretch) -> None:
        """Read a stretch in the background, unless it is too short to hold a word."""
        if stretch.voiced_s >= SHORTEST_CRY_S:
            self.adopt(stretch, self.read(stretch, OVERHEARD))

    def read(self, stretch: Stretch, question: str, *, also: tuple[str, ...] = ()) -> asyncio.Task[Reading]:
        """Begin to read a stretch; somebody waiting in ``Media.until`` is woken when it is done."""
        self._spoken_frames += max(0, stretch.end - max(stretch.start, self._counted_to))
        self._counted_to = max(self._counted_to, stretch.end)
        task = asyncio.create_task(self._senses.read(self._media.ear.audio(stretch), question, also=also))
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    def adopt(self, stretch: Stretch, reading: asyncio.Task[Reading]) -> None:
        """Look after a reading that nobody waits for any more."""
        self._readings.append((stretch, reading))

    def collect(self) -> None:
        """Sort what has been read into what must not wait and what need not. Raises SensesFailedError."""
        done = [(stretch, task) for stretch, task in self._readings if task.done()]
        if done:
            self._readings = [(stretch, task) for stretch, task in self._readings if not task.done()]
            for stretch, task in done:
                self.keep(stretch, task.result())

    def keep(self, stretch: Stretch, reading: Reading) -> None:
        """Take note of words that were not an answer."""
        if reading.understanding.urgency >= Urgency.URGENT:
            self.urgent.append(Overheard(stretch, reading))
        if self.sounds_taped(stretch, reading):
            self._machine_spoke, self._person_spoke = True, False
        elif has_person_phrase(reading.readings, self._senses.language):
            self._person_spoke = True

    def sounds_taped(self, stretch: Stretch, reading: Reading) -> bool:
        """Whether these are words of a machine, early enough in the call for it to have answered."""
        early = self._media.seconds(stretch.start) < TAPES_BEGIN_WITHIN_S
        urgent = reading.understanding.urgency >= Urgency.URGENT
        return early and not urgent and has_machine_phrase(reading.readings, self._senses.language)

    async def finish(self) -> None:
        """Wait for everything that is being read, whatever the line does. Raises SensesFailedError."""
        await asyncio.gather(*(task for _, task in self._readings))
        self.collect()

    def stop(self) -> None:
        """Read no further."""
        for task in self._running:
            task.cancel()

    def _done(self, task: asyncio.Task[Reading]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # of readings nobody waits for any more, failures do not matter either
        self._media.ring()
