"""Gives each meaning a probability: direction and features of a sentence, weighed as the examples taught."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speech.meaning.apart import stretches
from speech.meaning.encoder import SentenceEncoder
from speech.meaning.features import features
from speech.rescoring import rescorer_of
from speech.types import TYPED, Heard, Language, SpeechError

GARBAGE = "unclear"
"""The meaning of what means nothing: scraps, other languages, television."""
_HYPOTHESES = 4
_CHINESE = 0.6
"""Share of Chinese characters from which a text is taken for Chinese."""
_SHARES = (0.4, 0.25, 0.2, 0.15)
"""How much each hypothesis counts, best first."""


class MeaningWeightsError(SpeechError):
    """The learnt weights of a language cannot be read; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learnt: for each meaning a weight for every direction and feature."""

    meanings: tuple[str, ...]
    vocabulary: Mapping[str, int]
    rarity: NDArray[np.float32]
    """Inverse document frequency of each feature."""
    share: float
    """Length of the row of a sentence's features."""
    directions: NDArray[np.float32]
    """Of each meaning, shape (meanings, width)."""
    counts: NDArray[np.float16]
    """Shape (features, meanings)."""
    bias: NDArray[np.float32]

    @classmethod
    def read(cls, data: bytes, name: str) -> Weights:
        """Read what ``pack`` wrote. Raises MeaningWeightsError."""
        try:
            with np.load(io.BytesIO(data)) as arrays:
                facts = json.loads(bytes(arrays["facts"]).decode())
                return cls(
                    meanings=tuple(facts["meanings"]),
                    vocabulary={feature: number for number, feature in enumerate(facts["features"])},
                    rarity=arrays["rarity"].astype(np.float32),
                    share=float(facts["share"]),
                    directions=arrays["directions"].astype(np.float32),
                    counts=arrays["counts"],
                    bias=arrays["bias"].astype(np.float32),
                )
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise MeaningWeightsError(f"{name} cannot be read as weights of meanings: {error}") from error

    def pack(self) -> bytes:
        """The weights as a compressed file."""
        facts = {
            "meanings": list(self.meanings),
            "features": sorted(self.vocabulary, key=self.vocabulary.__getitem__),
            "share": self.share,
        }
        target = io.BytesIO()
        np.savez_compressed(
            target,
            facts=np.frombuffer(json.dumps(facts, ensure_ascii=False).encode(), np.uint8),
            rarity=self.rarity.astype(np.float16),
            directions=self.directions.astype(np.float16),
            counts=self.counts.astype(np.float16),
            bias=self.bias,
        )
        return target.getvalue()

    def probabilities(
        self, text: str, question: str, language: Language, direction: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Probability of each meaning for one sentence, shape (meanings,); they add up to 1."""
        logits = self.bias + self.directions @ direction
        found = Counter(
            self.vocabulary[name] for name in features(text, question, language) if name in self.vocabulary
        )
        if found:
            numbers = np.fromiter(found, np.intp)
            values = (1 + np.log(np.fromiter(found.values(), np.float32))) * self.rarity[numbers]
            values *= np.float32(self.share) / np.linalg.norm(values)
            logits = logits + values @ self.counts[numbers].astype(np.float32)
        return _shares_of(logits)


@dataclass(frozen=True, slots=True)
class Head:
    """The direction in which the sentences of each meaning lie, as ``tools/tune_encoder`` has learnt it."""

    meanings: tuple[str, ...]
    directions: NDArray[np.float32]
    """Shape (meanings, width)."""
    bias: NDArray[np.float32]

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Head:
        """From the arrays of the file beside the encoder's changes."""
        names = tuple(str(name) for name in arrays["meanings"])
        return cls(names, arrays["directions"].astype(np.float32), arrays["bias"].astype(np.float32))

    def probabilities(self, directions: NDArray[np.float32]) -> NDArray[np.float64]:
        """Of directions, (some, width), the probability of each meaning, (some, meanings)."""
        return _shares_of(directions @ self.directions.T + self.bias)


class MeaningReader:
    """Reads what was heard. Safe among threads; weights of a language are loaded when first needed."""

    def __init__(self, model: Path) -> None:
        """Load the sentence encoder. Raises PackedModelError."""
        taught = learnt()
        self._encoder = SentenceEncoder(model, taught)
        self._head = Head.of(taught)
        self._weights = cache(_shipped)

    def read(self, heard: Heard, question: str) -> Heard:
        """The same with ``meanings``: their probabilities over the best hypotheses, summing to 1.

        ``meanings_apart`` are those of each stretch of the best one. Nothing heard, or a language without
        weights, stays as it is.
        """
        weights = self._weights(heard.language)
        texts = _best_texts(heard)
        if weights is None or not texts:
            return heard
        if heard.language == "zh-CN" and _foreign(texts[0]):
            return replace(heard, meanings={GARBAGE: 1.0})
        rescorer = rescorer_of(heard.language)
        if rescorer is not None and heard.engine != TYPED:
            heard = replace(heard, hypotheses=rescorer.rescored(heard.hypotheses))
            texts = _best_texts(heard)
        best = texts[0]
        directions = self._encoder.encode(texts, question, {best: stretches(best, heard.language)})
        each = [
            weights.probabilities(text, question, heard.language, rows[0])
            for text, rows in zip(texts, directions, strict=True)
        ]
        shares = np.array(_SHARES[: len(texts)])
        return replace(
            heard,
            meanings=_by_meaning(weights.meanings, shares @ np.stack(each) / shares.sum()),
            meanings_apart=tuple(
                _by_meaning(self._head.meanings, likely)
                for likely in self._head.probabilities(directions[0][1:])
            ),
        )


def _best_texts(heard: Heard) -> list[str]:
    return [each.text for each in heard.hypotheses[:_HYPOTHESES] if each.text.strip()]


def _shares_of(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """What logits say of probabilities, along the last axis."""
    likely = np.exp((logits - logits.max(axis=-1, keepdims=True)).astype(np.float64))
    return np.asarray(likely / likely.sum(axis=-1, keepdims=True))


def _by_meaning(meanings: Sequence[str], probabilities: NDArray[np.float64]) -> dict[str, float]:
    return dict(zip(meanings, map(float, probabilities), strict=True))


def _foreign(text: str) -> bool:
    """Whether most of the letters are not Chinese: another language, or what is no language at all."""
    letters = [letter for letter in text if letter.isalpha()]
    return sum("\u3400" <= letter <= "\u9fff" for letter in letters) < _CHINESE * len(letters)


def learnt() -> Mapping[str, NDArray[Any]]:
    """What ``tools/tune_encoder`` has learnt, as the package ships it. Raises MeaningWeightsError."""
    file = resources.files("speech.meaning").joinpath("weights", "encoder.npz")
    try:
        with file.open("rb") as opened, np.load(opened) as arrays:
            return {name: arrays[name] for name in ("meanings", "directions", "bias", *arrays.files)}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise MeaningWeightsError(f"{file.name} cannot be read as changes to the encoder: {error}") from error


def _shipped(language: Language) -> Weights | None:
    """The weights in the package; None for a language without."""
    file = resources.files("speech.meaning").joinpath("weights", f"{language}.npz")
    return Weights.read(file.read_bytes(), file.name) if file.is_file() else None
