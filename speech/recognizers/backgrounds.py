"""How well a phrase scores on speech in which it was not said: the zero of its scale.

Some phrases are likely whatever one hears ("嗯", "you know"), others never are. Six short clips of
everyday talk in each language, shipped with the package, tell how much each phrase gets for nothing. The
answers are kept in memory and, once computed, in one file per model and language.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speech.audio import read_wav, resample, set_level, to_float
from speech.files import write_atomically
from speech.recognizers.utterance import SPEECH_DBFS
from speech.recognizers.whisper_model import MODEL_RATE, Encoded, WhisperModel
from speech.types import SAMPLE_RATE, Language

_AT_ONCE = 16
_VERSION = 1
"""Raised when the clips or the way of scoring change, so that stored answers are computed anew."""


@dataclass(frozen=True, slots=True)
class Background:
    """Mean log probability (nats) of a phrase's first token, and per token of all, on unrelated speech."""

    first: float
    mean: float


class Backgrounds:
    """Backgrounds of phrases for one model, computed when first asked for. Thread-safe."""

    def __init__(self, model: WhisperModel, cache_dir: Path | None) -> None:
        """Without ``cache_dir`` nothing is kept on disk."""
        self._model = model
        self._cache_dir = cache_dir
        self._known: dict[Language, dict[str, Background]] = {}
        self._clips = cache(self._encode_clips)
        self._lock = threading.Lock()

    def name(self, language: Language) -> str:
        """The name of the file that holds this model's backgrounds in a language."""
        return f"backgrounds.{self._model.fingerprint}.{language}.{_VERSION}.json"

    def of(self, spellings: Iterable[str], language: Language) -> Mapping[str, Background]:
        """The background of each spelling, computing those not known yet: 50 ms each, once and for all."""
        with self._lock:
            known = self._known.get(language)
            if known is None:
                known = self._known[language] = {**self._shipped(language), **self._stored(language)}
            missing = [spelling for spelling in dict.fromkeys(spellings) if spelling not in known]
            if missing:
                known.update(self._compute(missing, language))
                self._save(language, known)
            return dict(known)

    def _compute(self, spellings: Sequence[str], language: Language) -> dict[str, Background]:
        tokens = [self._model.tokens(spelling, language) for spelling in spellings]
        scores: list[list[NDArray[np.float64]]] = [[] for _ in spellings]
        for clip in self._clips(language):
            for at in range(0, len(spellings), _AT_ONCE):
                found = self._model.token_logprobs(clip, tokens[at : at + _AT_ONCE], language)
                for number, logprobs in enumerate(found, at):
                    scores[number].append(logprobs)
        return {
            spelling: Background(
                first=float(np.mean([clip[0] for clip in clips])),
                mean=float(np.mean([clip.mean() for clip in clips])),
            )
            for spelling, clips in zip(spellings, scores, strict=True)
        }

    def _encode_clips(self, language: Language) -> list[Encoded]:
        folder = resources.files("speech").joinpath("data")
        clips = []
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if re.fullmatch(rf"background\.{language}\.\d+\.wav", entry.name):
                with resources.as_file(entry) as path:
                    pcm = set_level(read_wav(path), SPEECH_DBFS)
                clips.append(self._model.encode(resample(to_float(pcm), SAMPLE_RATE, MODEL_RATE)))
        return clips

    def _path(self, language: Language) -> Path | None:
        return self._cache_dir / self.name(language) if self._cache_dir else None

    def _shipped(self, language: Language) -> dict[str, Background]:
        """Backgrounds that come with the package, for the usual model and the lexicons' phrases."""
        return _read(resources.files("speech").joinpath("data", self.name(language)))

    def _stored(self, language: Language) -> dict[str, Background]:
        path = self._path(language)
        return _read(path) if path else {}

    def _save(self, language: Language, known: Mapping[str, Background]) -> None:
        path = self._path(language)
        if path is None:
            return
        # Another process may have stored phrases of its own meanwhile.
        merged = {**self._stored(language), **known}
        try:
            write_atomically(path, as_json(merged))
        except OSError:
            return  # a cache that cannot be written costs time at the next start, nothing else


def as_json(backgrounds: Mapping[str, Background]) -> bytes:
    """Backgrounds as they are stored: one phrase a line, sorted."""
    rows = {phrase: (round(b.first, 3), round(b.mean, 3)) for phrase, b in sorted(backgrounds.items())}
    lines = (f"{json.dumps(phrase, ensure_ascii=False)}: {json.dumps(row)}" for phrase, row in rows.items())
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _read(path: Traversable) -> dict[str, Background]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {phrase: Background(float(first), float(mean)) for phrase, (first, mean) in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # not there yet, or damaged: it is computed again
