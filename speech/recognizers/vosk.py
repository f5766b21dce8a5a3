"""Vosk as a recogniser: streams with partial results, and takes a grammar at run time where the model can.

Needs a model folder per language. Alternatives come with scores that mean nothing by themselves; they are
turned into shares of the alternatives listed. Phrases are judged by a second pass that may hear nothing but
them: how much worse it explains the audio than the free pass does. That suits short answers said alone.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from speech.audio import from_float, resample, to_float
from speech.recognizers.utterance import Piece, pieces_of
from speech.recognizers.vosk_model import UNKNOWN, VoskModel
from speech.types import (
    FRAME_SAMPLES,
    FRAME_SECONDS,
    SAMPLE_RATE,
    Heard,
    Hypothesis,
    Language,
    ModelMissingError,
    Pcm,
)
from speech.vad import VoiceActivity

ALTERNATIVES = 5
_VOICED = 0.5
_LEAST_SPEECH_S = 0.08
_BETWEEN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")


@dataclass(frozen=True, slots=True)
class _Alternative:
    """One reading with its log likelihood (nats, only comparable on the same audio)."""

    words: tuple[str, ...]
    likelihood: float


@dataclass(frozen=True, slots=True)
class _Said:
    """Words of a stream, with the engine's confidence (0..1) in each once they are final."""

    words: tuple[str, ...]
    confidences: tuple[float, ...] = ()


class VoskRecognizer:
    """Implements ``speech.types.Recognizer`` with one model per language; safe from any thread."""

    def __init__(self, models: Mapping[Language, Path]) -> None:
        """Load the models by language. Raises ModelMissingError for a folder that is none."""
        if not models:
            raise ModelMissingError(
                "No Vosk model is configured: set WENAN_VOSK_MODEL_ZH to the folder of one"
            )
        self._models = {language: VoskModel(folder) for language, folder in models.items()}
        self.languages: tuple[Language, ...] = tuple(self._models)
        self.name = "vosk " + ", ".join(dict.fromkeys(model.name for model in self._models.values()))

    def recognize(
        self, pcm: Pcm, *, language: Language, candidates: tuple[str, ...] = (), asked: str = ""
    ) -> Heard:
        """Recognise a whole utterance of any length. Silence and noise give no hypotheses.

        Raises ModelMissingError when there is no model for the language.
        """
        del asked  # a grammar of answers would hear them in everything
        started = time.perf_counter()
        model = self._model(language)
        pieces = [piece for piece in pieces_of(pcm) if piece.speech_s >= _LEAST_SPEECH_S]
        free = [_heard_in(model, piece, ALTERNATIVES) for piece in pieces]
        phrases: dict[str, float] = {}
        for piece, alternatives in zip(pieces, free, strict=True):
            for phrase, score in _phrase_scores(model, piece, alternatives, candidates).items():
                phrases[phrase] = max(score, phrases.get(phrase, score))
        return Heard(
            hypotheses=_hypotheses(free),
            language=language,
            engine=self.name,
            duration_s=len(pcm) / SAMPLE_RATE,
            speech_s=sum(piece.speech_s for piece in pieces),
            no_speech=0.0 if pieces else 1.0,
            phrases=phrases,
            seconds=time.perf_counter() - started,
        )

    def stream(self, *, language: Language, candidates: tuple[str, ...] = ()) -> VoskStream:
        """Start a recognition that runs while the person speaks.

        With ``candidates`` it listens for nothing else, provided the model takes a grammar and has a word
        for everything else; a model without one would find a candidate in any noise, so it listens freely.
        """
        model = self._model(language)
        limited = _known(model, candidates) if model.knows_unknown else {}
        return VoskStream(model, language, self.name, tuple(limited.values()))

    def _model(self, language: Language) -> VoskModel:
        if language not in self._models:
            have = ", ".join(self._models)
            raise ModelMissingError(f"No Vosk model is configured for {language}, only for {have}")
        return self._models[language]


class VoskStream:
    """Implements ``speech.types.RecognizerStream``; for one utterance, from one thread at a time."""

    def __init__(
        self, model: VoskModel, language: Language, engine: str, phrases: Sequence[Sequence[str]]
    ) -> None:
        self._recogniser = model.recogniser(phrases)
        self._recogniser.SetWords(True)
        self._language: Language = language
        self._engine = engine
        self._resampler = soxr.ResampleStream(SAMPLE_RATE, model.rate, 1, dtype="float32")
        self._voice = VoiceActivity()
        self._said: list[_Said] = []
        self._samples = 0
        self._speech_s = 0.0
        self._seconds = 0.0

    def accept(self, pcm: Pcm) -> str:
        """Feed audio of any length; returns the transcript so far, empty as long as nobody has spoken."""
        started = time.perf_counter()
        self._samples += len(pcm)
        for at in range(0, len(pcm), FRAME_SAMPLES):
            if self._voice.probability(pcm[at : at + FRAME_SAMPLES]) >= _VOICED:
                self._speech_s += FRAME_SECONDS
        self._feed(self._resampler.resample_chunk(to_float(pcm)))
        partial = _Said(tuple(json.loads(self._recogniser.PartialResult()).get("partial", "").split()))
        self._seconds += time.perf_counter() - started
        return self._text([*self._said, partial])

    def finish(self) -> Heard:
        """End the utterance and return the final result."""
        started = time.perf_counter()
        self._feed(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        self._said.append(_said(self._recogniser.FinalResult()))
        text = self._text(self._said)
        sureness = [confidence for said in self._said for confidence in said.confidences]
        return Heard(
            hypotheses=(Hypothesis(text, float(np.mean(np.log(sureness)))),) if text else (),
            language=self._language,
            engine=self._engine,
            duration_s=self._samples / SAMPLE_RATE,
            speech_s=self._speech_s,
            no_speech=0.0 if text else 1.0,
            seconds=self._seconds + time.perf_counter() - started,
        )

    def _feed(self, samples: Any) -> None:
        # Vosk ends utterances by rules of its own; what it has finished is kept, and the turn goes on.
        if len(samples) and self._recogniser.AcceptWaveform(from_float(samples).tobytes()):
            self._said.append(_said(self._recogniser.Result()))

    def _text(self, parts: Sequence[_Said]) -> str:
        if self._speech_s < _LEAST_SPEECH_S:
            return ""
        return _written([word for part in parts for word in part.words])


def _heard_in(
    model: VoskModel, piece: Piece, alternatives: int, phrases: Sequence[Sequence[str]] = ()
) -> list[_Alternative]:
    """Readings of a piece, best first."""
    recogniser = model.recogniser(phrases, alternatives=alternatives)
    audio = from_float(resample(to_float(piece.pcm), SAMPLE_RATE, model.rate)).tobytes()
    ended = recogniser.AcceptWaveform(audio)
    result = json.loads(recogniser.Result() if ended else recogniser.FinalResult())
    return [
        _Alternative(tuple(entry["text"].split()), float(entry["confidence"]))
        for entry in result["alternatives"]
    ]


def _said(result: str) -> _Said:
    """Read a final result."""
    words = json.loads(result).get("result", [])
    least = 1e-3
    return _Said(
        tuple(str(word["word"]) for word in words), tuple(max(float(word["conf"]), least) for word in words)
    )


def _known(model: VoskModel, candidates: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The candidates that a grammar of this model can hold, as words; the rest is dropped."""
    if not model.takes_grammar:
        return {}
    cut = {phrase: model.in_words(phrase) for phrase in candidates}
    return {phrase: words for phrase, words in cut.items() if words}


def _phrase_scores(
    model: VoskModel, piece: Piece, free: Sequence[_Alternative], candidates: Sequence[str]
) -> dict[str, float]:
    """For each phrase that the limited pass heard: its log likelihood ratio to the free pass, per word."""
    known = _known(model, candidates)
    if not known or not free:
        return {}
    scores: dict[str, float] = {}
    for alternative in _heard_in(model, piece, ALTERNATIVES, tuple(known.values())):
        words = [word for word in alternative.words if word != UNKNOWN]
        ratio = (alternative.likelihood - free[0].likelihood) / max(len(words), 1)
        for phrase, own in known.items():
            if any(tuple(words[at : at + len(own)]) == own for at in range(len(words))):
                scores[phrase] = max(ratio, scores.get(phrase, ratio))
    return scores


def _hypotheses(pieces: Sequence[Sequence[_Alternative]]) -> tuple[Hypothesis, ...]:
    """Readings of the whole: the n-th best of each piece, its probability its share of the alternatives."""
    spoken = [kept for piece in pieces if (kept := _shares(piece))]
    count = max((len(piece) for piece in spoken), default=0)
    # The same divisor for all keeps them in the engine's order.
    length = sum(len(piece[0].words) for piece in spoken)
    found: dict[str, float] = {}
    for rank in range(count):
        chosen = [piece[min(rank, len(piece) - 1)] for piece in spoken]
        words = [word for alternative in chosen for word in alternative.words]
        logprob = sum(alternative.likelihood for alternative in chosen) / length
        found.setdefault(_written(words), min(logprob, 0.0))
    return tuple(Hypothesis(text, logprob) for text, logprob in found.items() if text)


def _shares(alternatives: Sequence[_Alternative]) -> list[_Alternative]:
    """Likelihoods replaced by log shares of their sum; readings without a word left out."""
    spoken = [alternative for alternative in alternatives if set(alternative.words) - {UNKNOWN}]
    if not spoken:
        return []
    most = max(alternative.likelihood for alternative in spoken)
    total = most + math.log(sum(math.exp(alternative.likelihood - most) for alternative in spoken))
    return [_Alternative(alternative.words, alternative.likelihood - total) for alternative in spoken]


def _written(words: Sequence[str]) -> str:
    """Words as a text: Chinese without spaces, unknown ones left out."""
    return _BETWEEN_CHINESE.sub("", " ".join(word for word in words if word != UNKNOWN))
