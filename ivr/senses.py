"""A call's ears and voice at work: recognition, understanding and synthesis, away from the media loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar, runtime_checkable

import structlog

from ivr.playback import louder
from speech.answering import listen
from speech.lexicon import Lexicon
from speech.prompts import Prompt
from speech.types import Heard, Language, Pcm, Reader, Recognizer, SpeechError, Understanding
from speech.vad import EnergyActivity, VoiceActivity, VoiceDetector

T = TypeVar("T")
log = structlog.get_logger(__name__)

_ENGINE_FAILURES = (SpeechError, OSError, RuntimeError, ValueError, MemoryError)
"""What speech engines raise, their native parts included, when a model or the machine lets them down."""

HURRIED_AFTER_S = 0.5
"""Seconds that an utterance has waited for the ears, from which it is heard in a hurry: others wait behind.
Seconds of call time: in the simulation nobody waits for engines, and what is heard depends on no machine."""
ENGINE_PATIENCE_S = 20.0
"""Seconds of call time after which an engine that has not answered is given up."""


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


class SensesFailedError(Exception):
    """An engine failed during a call; the message says which one and how, without any spoken words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was heard and what it was taken for."""

    heard: Heard
    understanding: Understanding

    @property
    def wordless(self) -> bool:
        """Whether there was sound but nothing that could be words."""
        return not self.heard.text and self.understanding.answer == "silence"

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
        now = _moments()
        job = partial(self._read, pcm, question, also, now=now, asked_at=now())
        return await self._work("recognizer", job)

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
        return Reading(heard, taken)

    def _voice(self, sentence: str, speed: float, gain_db: float) -> Pcm:
        prompt = self._senses.prompts.get(sentence, language=self.language, speed=speed)
        return louder(prompt.pcm, gain_db)

    async def _work(self, engine: str, job: Callable[[], T]) -> T:
        """Run a job where engines run. Their errors quote what was to be said: only the kind is passed on."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(ENGINE_PATIENCE_S):
                return await loop.run_in_executor(self._senses.executor, job)
        except TimeoutError as error:
            raise self._failed(engine, f"no answer within {ENGINE_PATIENCE_S:.0f} s") from error
        except _ENGINE_FAILURES as error:
            raise self._failed(engine, type(error).__name__) from error

    @staticmethod
    def _failed(engine: str, why: str) -> SensesFailedError:
        log.error("call.engine_failed", engine=engine, why=why)
        return SensesFailedError(f"the {engine} failed: {why}")


def _moments() -> Callable[[], float]:
    """Tells call time, from any thread."""
    return asyncio.get_running_loop().time
