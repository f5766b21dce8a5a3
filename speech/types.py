"""What passes between ears, understanding and voice: plain values, no behaviour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Language = Literal["zh-CN", "es", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-CN", "es", "en")

SAMPLE_RATE = 8000
"""Telephone audio, hertz. All PCM in this project has this rate unless its name says otherwise."""
FRAME_SAMPLES = 160
"""Samples in one frame of 20 ms at 8 kHz."""
FRAME_SECONDS = 0.02

Pcm = NDArray[np.int16]
"""Mono linear PCM, 16 bits, 8 kHz, shape (samples,)."""

TYPED = "text"
"""Engine of what nobody heard: it was typed."""


def spoken_language(code: str) -> Language:
    """The language to speak with somebody; Chinese where the robot does not speak their own."""
    return next((each for each in LANGUAGES if each == code), "zh-CN")


class Urgency(IntEnum):
    """How soon a person must act. Ordered: comparisons mean what they say."""

    NONE = 0
    NEED = 1
    URGENT = 2
    EMERGENCY = 3

    @property
    def label(self) -> str:
        """The name used in data files, JSON and the ledger: none, need, urgent or emergency."""
        return self.name.lower()

    @classmethod
    def parse(cls, label: str) -> Urgency:
        """Read a label back. Raises KeyError for an unknown one."""
        return cls[label.upper()]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One reading of an utterance; ``logprob`` is the mean natural log probability per token (<= 0)."""

    text: str
    logprob: float
    corrected: bool = False
    """Whether characters were put right by what elders say (``speech.rescoring``); ``logprob`` is then what
    the text had as it was heard."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recogniser made of one utterance.

    ``hypotheses`` come best first and are empty when nothing was said. ``phrases`` maps each candidate
    phrase that was asked of the audio to its calibrated score in nats per token: above 0 speaks for the
    phrase, below against it, absent means not asked. Whisper's comes from the log probability that the
    model gives the phrase for this audio and what it gives the same phrase on unrelated audio.
    """

    hypotheses: tuple[Hypothesis, ...]
    language: Language
    engine: str
    duration_s: float
    """Length of the audio in seconds."""
    speech_s: float
    """Seconds of it in which somebody spoke, by voice activity."""
    no_speech: float = 0.0
    """The model's own probability, 0..1, that nobody spoke."""
    phrases: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    """Wall-clock seconds of computation."""
    meanings: Mapping[str, float] = field(default_factory=dict)
    """Probability of each meaning by likeness to examples (``speech.meaning``), summing to 1: a code where
    somebody must act soon, else ``answer/code``; ``unclear`` for what means nothing. Empty: not read."""
    meanings_apart: tuple[Mapping[str, float], ...] | None = None
    """The same for each stretch of the best hypothesis, where it has several, as the whole has it mean; None:
    not read."""

    @property
    def text(self) -> str:
        """The best hypothesis, or an empty string."""
        return self.hypotheses[0].text if self.hypotheses else ""

    @property
    def by_sound(self) -> Hypothesis | None:
        """The likeliest hypothesis by its sound alone, as it was heard; None where nothing was."""
        heard = [each for each in self.hypotheses if not each.corrected]
        return max(heard, key=lambda each: each.logprob, default=None)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a code was given: the rule, the phrase of the lexicon, where it was found and how surely."""

    code: str
    rule: str
    """Identifier of the rule in the lexicon, e.g. ``zh-CN/chest_pain/3``."""
    phrase: str
    found: str
    """The piece of transcript that matched; empty when only the audio spoke for the phrase."""
    via: Literal["text", "sound", "audio", "likeness", "key"]
    score: float
    """0..1; 1 is certain."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """What an utterance was taken for, in answer to one question."""

    question: str
    transcript: str
    alternatives: tuple[str, ...]
    answer: str
    """ok, concern, problem, yes, no, unknown, repeat, hold, callback, refuse, human, often, sometimes,
    never, or ``unclear`` when words were heard that fit nothing, or ``silence`` when none were."""
    urgency: Urgency
    codes: tuple[str, ...]
    confirm: bool
    """Whether a confirming question must be asked before this is acted on as certain. An emergency that
    is not confirmed is still acted on; it is only ever withdrawn by a clear "no"."""
    evidence: tuple[Evidence, ...] = ()
    confidence: float = 0.0
    """0..1, of the answer as a whole."""
    engine: str = ""
    seconds: float = 0.0

    @property
    def raised(self) -> bool:
        """Whether something urgent or worse was found, or must be asked about."""
        return self.confirm or self.urgency >= Urgency.URGENT


class Recognizer(Protocol):
    """Turns one utterance into words."""

    name: str
    languages: tuple[Language, ...]

    def recognize(
        self, pcm: Pcm, *, language: Language, candidates: tuple[str, ...] = (), asked: str = ""
    ) -> Heard:
        """Recognise a whole utterance; blocking, thread-safe.

        ``candidates`` are phrases to be ranked against the audio (see ``Heard.phrases``); an engine that
        cannot rank leaves ``phrases`` empty. ``asked`` is the question that is being answered, in words: an
        engine may expect what fits it, and never gives it back as heard. Silence and noise give no
        hypotheses, never an invented text.
        """

    def stream(self, *, language: Language, candidates: tuple[str, ...] = ()) -> RecognizerStream | None:
        """Start a streaming recognition with partial results, or None if the engine has none."""


@runtime_checkable
class HearsTwice(Protocol):
    """A recogniser that hears an utterance in two ways, where the first one leaves doubt."""

    def hear_until(
        self,
        pcm: Pcm,
        *,
        language: Language,
        candidates: tuple[str, ...] = (),
        asked: str = "",
        enough: Callable[[Heard], bool],
    ) -> Heard:
        """As ``Recognizer.recognize``; ``enough`` judges the first hearing, and true spares the second.

        It is asked at most once, and not at all where the first hearing is doubtful by itself. What it was
        asked about is then what is returned.
        """


class RecognizerStream(Protocol):
    """A recognition that runs while the person still speaks."""

    def accept(self, pcm: Pcm) -> str:
        """Feed audio (any length) and return the partial transcript so far, perhaps empty."""

    def finish(self) -> Heard:
        """End the utterance and return the final result. The stream cannot be used afterwards."""


class Reader(Protocol):
    """A second opinion on what a sentence means: ``speech.meaning.MeaningReader``, or a fake in its place."""

    def read(self, heard: Heard, question: str) -> Heard:
        """The same with ``Heard.meanings`` and ``Heard.meanings_apart``; blocking, thread-safe."""


class Synthesizer(Protocol):
    """Turns one sentence into speech."""

    name: str
    languages: tuple[Language, ...]

    def render(self, sentence: str, *, language: Language, voice: str = "", speed: float = 1.0) -> Pcm:
        """Render a sentence at 8 kHz; blocking. ``voice`` empty means the engine's choice for the language.

        ``speed`` 1.0 is the engine's normal rate, 0.8 slower. Raises ``SynthesisError``.
        """


class SpeechError(Exception):
    """Root of what can go wrong with ears and voice."""


class AudioUnreadableError(SpeechError):
    """A file is not audio that can be read; the message names the file and what is wrong with it."""


class ModelMissingError(SpeechError):
    """A model is not installed; the message names it, where it was looked for and how to get it."""


class SynthesisError(SpeechError):
    """A sentence could not be spoken; the message names the engine, the sentence and the cause."""
