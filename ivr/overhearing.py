"""What is spoken while the robot speaks: read in the background, so that a cry for help is never missed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from ivr.engine_queue import Work
from ivr.lines.answerer import network_says
from ivr.listening import Stretch
from ivr.machine import has_machine_phrase, has_person_phrase, is_talk_of_a_tape, may_be_misheard
from ivr.media import Media
from ivr.senses import CallSenses, Reading, SensesFailedError
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


class BeingRead:
    """A stretch on its way through the engines."""

    def __init__(self, stretch: Stretch, senses: CallSenses, work: Work[Reading], question: str) -> None:
        self.stretch = stretch
        self._senses = senses
        self._work = work
        self._question = question
        self.task = asyncio.create_task(self._read())

    @property
    def done(self) -> bool:
        """Whether it has been read, or never will be."""
        return self.task.done()

    @property
    def begun(self) -> bool:
        """Whether an engine has begun with it."""
        return self._work.begun or self.done

    def result(self) -> Reading:
        """What it was made out to be, once it is done; a reading that was lost says so."""
        return self.task.result()

    def late(self) -> Reading:
        """What somebody is told of who has waited too long for it: it is not heard so far."""
        return self._lost(self._senses.why_late(self._work))

    def hurry(self) -> None:
        """Somebody waits for it now."""
        self._senses.hurry(self._work)

    def withdraw(self) -> bool:
        """It is not needed any more; False when an engine has it already."""
        return self._senses.withdraw(self._work)

    async def _read(self) -> Reading:
        """Read it; an engine that crashed is asked once more. Raises CancelledError when it was withdrawn."""
        try:
            with suppress(SensesFailedError):
                return await self._senses.outcome(self._work)
            self._work = self._senses.reading_again(self._work)
            return await self._senses.outcome(self._work)
        except SensesFailedError as failure:
            return self._lost(str(failure))

    def _lost(self, why: str) -> Reading:
        return Reading.unheard(why, self._question, self._senses.language)


class Overhearing:
    """Reads stretches of speech in the background and keeps what must not wait."""

    def __init__(self, media: Media, senses: CallSenses) -> None:
        self._media = media
        self._senses = senses
        self._spoken_frames = 0
        self._counted_to = 0
        self._readings: list[BeingRead] = []
        self._running: dict[asyncio.Task[Reading], BeingRead] = {}
        self.urgent: deque[Overheard] = deque()
        """Distress that the dialogue has not been told of yet."""
        self._machine_spoke = False
        self._person_spoke = False
        self._heard: list[Stretch] = []
        self._lost: list[Stretch] = []

    @property
    def unheard(self) -> bool:
        """Whether something was said that no engine could hear, not even as part of something longer."""
        return bool(self._lost)

    @property
    def tape_runs(self) -> bool:
        """Whether it has turned out that a machine answered.

        By its words, by a fax, or by a tone after many words, unless a person has spoken them: kitchens beep.
        Nor is a tone enough where the words may have been a cry: whoever said them is asked.
        """
        ear = self._media.ear
        if self._person_spoke:
            return False
        taped = ear.beeped and is_talk_of_a_tape(self.spoken_s, network_says(self._media.call))
        taped = taped and not self.urgent
        return self._machine_spoke or ear.fax or taped

    @property
    def spoken_s(self) -> float:
        """Seconds of speech that were read so far, each counted once however often it was read."""
        return self._spoken_frames * FRAME_SECONDS

    @property
    def busy(self) -> bool:
        """Whether something is still being read."""
        return bool(self._readings or self._running)

    def consider(self, stretch: Stretch) -> None:
        """Read a stretch in the background, unless it is too short to hold a word."""
        if stretch.voiced_s >= SHORTEST_CRY_S:
            self.adopt(self.read(stretch, OVERHEARD))

    def read(
        self, stretch: Stretch, question: str, *, also: tuple[str, ...] = (), early: bool = False
    ) -> BeingRead:
        """Begin to read a stretch; somebody waiting in ``Media.until`` is woken when it is done.

        ``early``: nobody waits for it yet, others go before it.
        """
        self._spoken_frames += max(0, stretch.end - max(stretch.start, self._counted_to))
        self._counted_to = max(self._counted_to, stretch.end)
        work = self._senses.reading(self._media.ear.audio(stretch), question, also=also, early=early)
        reading = BeingRead(stretch, self._senses, work, question)
        self._running[reading.task] = reading
        reading.task.add_done_callback(self._done)
        return reading

    def adopt(self, reading: BeingRead) -> None:
        """Look after a reading that nobody waits for any more."""
        self._readings.append(reading)

    def collect(self) -> None:
        """Sort what has been read into what must not wait and what need not."""
        done = [reading for reading in self._readings if reading.done]
        if done:
            self._readings = [reading for reading in self._readings if not reading.done]
            for reading in done:
                if not reading.task.cancelled():
                    self.keep(reading.stretch, reading.result())

    def keep(self, stretch: Stretch, reading: Reading) -> None:
        """Take note of words that were not an answer.

        What an announcement was misheard as is no distress: neither beside its words nor before them.
        """
        taped = self.sounds_taped(stretch, reading)
        if reading.understanding.urgency >= Urgency.URGENT and not taped:
            self.urgent.append(Overheard(stretch, reading))
        if taped:
            self._machine_spoke, self._person_spoke = True, False
            if reading.announced:
                self._forget_what_was_misheard()
        elif has_person_phrase(reading.readings, self._senses.language):
            self._person_spoke = True

    def sounds_taped(self, stretch: Stretch, reading: Reading) -> bool:
        """Whether these are words of a machine, early enough in the call for it to have answered."""
        early = self._media.seconds(stretch.start) < TAPES_BEGIN_WITHIN_S
        language, said = self._senses.language, reading.readings
        announced = reading.announced and not has_person_phrase(said, language)
        urgent = reading.understanding.urgency >= Urgency.URGENT
        if urgent and not (announced and may_be_misheard(reading.understanding)):
            return False
        return early and (announced or has_machine_phrase(said, language))

    def _forget_what_was_misheard(self) -> None:
        """What came before an announcement was the beginning of it, if it is not surely a cry."""
        kept = [each for each in self.urgent if not may_be_misheard(each.reading.understanding)]
        self.urgent.clear()
        self.urgent.extend(kept)

    async def finish(self, patience_s: float) -> None:
        """Wait for everything that is being read, whatever the line does; what is not done then is lost."""
        if self._running:
            await asyncio.wait(self._running, timeout=patience_s)
        for reading in tuple(self._running.values()):
            self._lose(reading.stretch)
        self.collect()

    def stop(self) -> None:
        """Read no further."""
        for task in self._running:
            task.cancel()

    def _done(self, task: asyncio.Task[Reading]) -> None:
        reading = self._running.pop(task)
        if not task.cancelled():
            if task.exception() is None and not task.result().lost:
                self._heard.append(reading.stretch)
                self._lost = [stretch for stretch in self._lost if not _within(stretch, [reading.stretch])]
            else:
                self._lose(reading.stretch)
        self._media.ring()

    def _lose(self, stretch: Stretch) -> None:
        """Nobody could hear this; what has been heard as part of something longer is not lost."""
        if not _within(stretch, self._heard):
            self._lost.append(stretch)


def _within(stretch: Stretch, others: Iterable[Stretch]) -> bool:
    return any(other.start <= stretch.start and stretch.end <= other.end for other in others)
