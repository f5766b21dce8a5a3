"""A call's ears and voice at work: recognition, understanding and synthesis, away from the media loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol, TypeVar, runtime_checkable

import structlog

from ivr.announcements import announces
from ivr.engine_queue import EngineQueue, Work, width_of
from ivr.machine import MACHINE_PHRASES
from ivr.playback import louder
from speech.answering import listen
from speech.lexicon import Lexicon
from speech.prompts import Prompt
from speech.types import Heard, Language, Pcm, Reader, Recognizer, SpeechError, Understanding, Urgency
from speech.vad import EnergyActivity, VoiceActivity, VoiceDetector

T = TypeVar("T")
log = structlog.get_logger(__name__)

_ENGINE_FAILURES = (
    *(SpeechError, OSError, RuntimeError, ValueError, MemoryError),
    *(LookupError, ArithmeticError, TypeError, AttributeError),
)
"""What speech engines raise, their native parts included, when a model or the machine lets them down; and
what a mistake in understanding raises: an utterance that trips it must not cost the call."""

HURRIED_AFTER_S = 0.5
"""Seconds that an utterance has waited for the ears, from which it is heard in a hurry: others wait behind.
Seconds of call time: in the simulation nobody waits for engines, and what is heard depends on no machine."""
LOAD_PATIENCE_S = 15.0
"""Seconds of call time for which somebody on the line waits until an engine begins with what they need."""
ENGINE_PATIENCE_S = 20.0
"""Seconds of call time after which an engine that has not answered is given up, counted from when it began:
waiting for one is load, and no engine's fault."""


_TOO_LONG = "no answer within {:.0f} s"


class Prompts(Protocol):
    """Where the sound of a sentence comes from: ``speech.prompts.PromptStore``, or a fake in its place."""

    def get(self, sentence: str, *, language: Language, speed: float = 1.0, voice: str = "") -> Prompt:
        """The sentence's sound; blocking, thread-safe."""


@runtime_checkable
class ReadyPrompts(Protocol):
    """Prompts of which some need not be waited for; ``speech.prompts.PromptStore`` has them in memory."""

    def ready(self, sentence: str, *, language: Language, speed: float = 1.0) -> Prompt | None:
        """The sentence's sound if it is at hand; never blocks."""


@dataclass(frozen=True)
class Senses:
    """What every call needs for hearing and speaking; shared by all calls."""

    recognizer: Recognizer
    lexicon: Callable[[Language], Lexicon]
    prompts: Prompts
    executor: Executor
    """Where engines run: threads, so that frames keep flowing meanwhile."""
    reader: Reader | None = None
    """Gives a second opinion on what was heard; None does without."""
    detector: Callable[[], VoiceDetector] = VoiceActivity
    """Makes the voice activity detector of one call."""

    @cached_property
    def queue(self) -> EngineQueue:
        """In which order all calls of an event loop come to the engines."""
        return EngineQueue(self.executor, width_of(self.executor))


class SensesFailedError(Exception):
    """An engine failed during a call; the message says which one and how, without any spoken words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was heard and what it was taken for."""

    heard: Heard
    understanding: Understanding
    lost: str = ""
    """Why nobody could hear what was said, in which case the rest says nothing; empty: it was heard."""
    announced: bool = False
    """Whether it sounds like an announcement of a network or an answering machine."""

    @classmethod
    def unheard(cls, why: str, question: str, language: Language) -> Reading:
        """Something was said and no engine could hear it: neither silence nor an answer."""
        nothing = Understanding(question, "", (), "silence", Urgency.NONE, (), confirm=False)
        return cls(Heard((), language, "", 0.0, 0.0), nothing, lost=why)

    @property
    def wordless(self) -> bool:
        """Whether there was sound but nothing that could be words."""
        return not self.lost and not self.heard.text and self.understanding.answer == "silence"

    @property
    def readings(self) -> tuple[str, ...]:
        """All hypotheses, best first."""
        return tuple(hypothesis.text for hypothesis in self.heard.hypotheses)


class CallSenses:
    """The senses in one call's language. Every method is asynchronous and raises SensesFailedError."""

    def __init__(self, senses: Senses, language: Language) -> None:
        self._senses = senses
        self.language = language

    async def read(self, pcm: Pcm, question: str, *, also: tuple[str, ...] = ()) -> Reading:
        """Recognise an utterance and understand it as an answer to a question of the lexicon.

        ``also`` are phrases to be ranked against the audio besides those that the lexicon expects.
        """
        return await self._outcome("recognizer", self.reading(pcm, question, also=also))

    def reading(
        self, pcm: Pcm, question: str, *, also: tuple[str, ...] = (), early: bool = False
    ) -> Work[Reading]:
        """The same put in its place, ``early`` if nobody waits for it yet; ``outcome`` waits for it."""
        now = _moments()
        job = partial(self._read, pcm, question, also, now=now, asked_at=now())
        return self._senses.queue.add(job, early=early)

    async def outcome(self, reading: Work[Reading]) -> Reading:
        """What came of a reading, however long it took.

        Raises SensesFailedError when an engine crashed, and CancelledError when it was withdrawn.
        """
        return await self._outcome("recognizer", reading, limited=False)

    def reading_again(self, reading: Work[Reading]) -> Work[Reading]:
        """A reading that failed, once more in its place."""
        return self._senses.queue.add(reading.job, early=reading.early)

    def hurry(self, reading: Work[Reading]) -> None:
        """Somebody waits for a reading now."""
        self._senses.queue.hurry(reading)

    def withdraw(self, work: Work[T]) -> bool:
        """Some work is not needed any more; False when an engine has it already."""
        return self._senses.queue.withdraw(work)

    def why_late(self, reading: Work[Reading]) -> str:
        """Why whoever waits for a reading does so no longer; the reading itself goes on."""
        if reading.begun:
            return str(self._failed("recognizer", _TOO_LONG.format(ENGINE_PATIENCE_S)))
        return self.why_waiting()

    def why_waiting(self) -> str:
        """Why what waits for the engines has not begun: others are before it, or no engine comes back."""
        queue = self._senses.queue
        why = "all engines hang" if queue.hangs(ENGINE_PATIENCE_S) else "the engines are overloaded"
        log.warning("call.engines_busy", why=why, waiting=queue.waiting)
        return why

    async def detector(self) -> VoiceDetector:
        """A fresh voice activity detector: loading one takes a while; without it loudness must do."""
        try:
            return await self._work("voice activity detector", self._senses.detector)
        except SensesFailedError:
            return EnergyActivity()

    async def voice(self, sentence: str, *, speed: float, gain_db: float) -> Pcm:
        """The sound of a sentence at its loudness; what is at hand does not wait until engines are free."""
        prompts = self._senses.prompts
        if isinstance(prompts, ReadyPrompts):
            prompt = prompts.ready(sentence, language=self.language, speed=speed)
            if prompt is not None:
                return louder(prompt.pcm, gain_db)
        return await self._work("synthesizer", partial(self._voice, sentence, speed, gain_db))

    def _read(
        self, pcm: Pcm, question: str, also: tuple[str, ...], *, now: Callable[[], float], asked_at: float
    ) -> Reading:
        senses = self._senses
        lexicon = senses.lexicon(self.language)
        heard, taken = listen(
            pcm,
            question,
            lexicon,
            recognizer=senses.recognizer,
            reader=senses.reader,
            also=also,
            hurried=now() - asked_at > HURRIED_AFTER_S,
        )
        return Reading(heard, taken, announced=announces(heard, MACHINE_PHRASES[self.language]))

    def _voice(self, sentence: str, speed: float, gain_db: float) -> Pcm:
        prompt = self._senses.prompts.get(sentence, language=self.language, speed=speed)
        return louder(prompt.pcm, gain_db)

    async def _work(self, engine: str, job: Callable[[], T]) -> T:
        """Run a job where engines run, for somebody on the line: they do not wait for ever for its turn."""
        return await self._outcome(engine, self._senses.queue.add(job), patience_s=LOAD_PATIENCE_S)

    async def _outcome(
        self,
        engine: str,
        work: Work[T],
        *,
        patience_s: float | None = None,
        limited: bool = True,
    ) -> T:
        """What came of a piece of work. Errors quote what was to be said: only their kind is passed on."""
        try:
            if not await self._begins(work, patience_s):
                raise SensesFailedError(self.why_waiting())
            async with asyncio.timeout(ENGINE_PATIENCE_S if limited else None):
                return await asyncio.shield(work.done)
        except TimeoutError as error:
            self._senses.queue.give_up(work)
            raise self._failed(engine, _TOO_LONG.format(ENGINE_PATIENCE_S)) from error
        except _ENGINE_FAILURES as error:
            raise self._failed(engine, type(error).__name__) from error
        except asyncio.CancelledError:
            self.withdraw(work)
            raise

    async def _begins(self, work: Work[T], patience_s: float | None) -> bool:
        """Wait until an engine begins; False when that took too long, and the work is not to be done."""
        try:
            async with asyncio.timeout(patience_s):
                await work.beginning()
        except TimeoutError:
            return not self.withdraw(work)
        return True

    @staticmethod
    def _failed(engine: str, why: str) -> SensesFailedError:
        log.error("call.engine_failed", engine=engine, why=why)
        return SensesFailedError(f"the {engine} failed: {why}")


def _moments() -> Callable[[], float]:
    """Tells call time, from any thread."""
    return asyncio.get_running_loop().time
