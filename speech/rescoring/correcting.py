"""Finds what was probably said where something that sounds like it was heard.

A noisy channel (Kernighan, Church and Gale 1990): of all texts that sound like the one heard, character by
character, the likeliest by the language model, less what mistaking its sounds costs. Searched from left to
right, keeping the likeliest beginnings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from speech.phonetics import Sounds
from speech.rescoring.language_model import END, ORDER, START, LanguageModel
from speech.wording import clauses

WORDING = 0.5
"""Weight of a nat of the language model beside a nat of the recogniser."""
CHANGED = 1.0
"""What writing another character costs, however alike it sounds."""
UNLIKE = 16.0
"""What it costs besides, by how unlike it sounds: for each unit of ``Sounds.compare`` (0 alike, 1 not)."""
FARTHEST = 0.3
"""The most unlike that is thought of."""
_CANDIDATES, _BEGINNINGS = 80, 12
_FREQUENT = 1 / 16
"""How much a nat of a character's own frequency counts in choosing candidates, beside a unit of cost."""
_LONGEST = 120
"""Characters of a text that are corrected; what comes after them stays as it was heard."""

_Letter = tuple[str, int]
"""A folded letter and its place in the text as it was written."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A text as it was probably said."""

    text: str
    score: float
    """Nats per character, to be added to the recogniser's (<= 0): what the language model gives it, weighed,
    less what was changed."""
    changes: int
    """How many characters differ from what was heard."""


@dataclass(frozen=True, slots=True)
class _Candidates:
    """What may have been said where one character was heard, that one first."""

    units: tuple[str, ...]
    numbers: NDArray[np.uint64]
    costs: NDArray[np.float64]


class Corrector:
    """Corrects Chinese, whose characters are syllables. Safe among threads."""

    def __init__(self, model: LanguageModel, sounds: Sounds) -> None:
        self._model = model
        self._sounds = sounds
        self._spelt = tuple(sounds.spell(unit)[0].unit for unit in model.vocabulary)
        numbers = np.array([model.number(unit) for unit in model.vocabulary], np.uint64)
        alone = np.zeros((len(numbers), ORDER), np.uint64)
        alone[:, -1] = numbers
        self._numbers, self._frequency = numbers, model.log_probabilities(alone)
        self._alike = lru_cache(maxsize=4096)(self._find_alike)

    def corrected(self, text: str, most: int = 1) -> list[Corrected]:
        """The likeliest texts, best first; the text itself may be among them. Nothing said gives none."""
        heard = _letters(text)
        if not heard:
            return []
        every = self._candidates_of(text, heard)
        begun, scores = np.full((1, ORDER - 1), START, np.uint64), np.zeros(1)
        chosen = np.zeros((1, 0), np.intp)
        for candidates in every:
            count = len(candidates.units)
            wording = self._model.after(begun[:, None], candidates.numbers)
            likely = (scores[:, None] + WORDING * wording - candidates.costs).ravel()
            best = np.argsort(-likely, kind="stable")[:_BEGINNINGS]
            begun = np.column_stack([begun[best // count, 1:], candidates.numbers[best % count]])
            scores = likely[best]
            chosen = np.column_stack([chosen[best // count], best % count])
        ends = np.column_stack([begun, np.full(len(begun), END, np.uint64)])
        scores = (scores + WORDING * self._model.log_probabilities(ends)) / (len(heard) + 1)
        return [
            _corrected(text, heard, every, chosen[best], float(scores[best]))
            for best in np.argsort(-scores, kind="stable")[:most]
        ]

    def _candidates_of(self, text: str, heard: Sequence[_Letter]) -> list[_Candidates]:
        """For each letter what may have been said there; of digits and other scripts nothing else."""
        spelt = self._sounds.spell("".join(letter for letter, _ in heard))
        times = Counter(at for _, at in heard)
        return [
            self._alike(unit.unit, letter) if times[at] == 1 and _is_chinese(text[at]) else self._only(letter)
            for (letter, at), unit in zip(heard, spelt, strict=True)
        ]

    def _only(self, letter: str) -> _Candidates:
        return _Candidates((letter,), np.array([self._model.number(letter)], np.uint64), np.zeros(1))

    def _find_alike(self, unit: str, letter: str) -> _Candidates:
        own = self._only(letter)
        costs = self._sounds.compare(unit, self._spelt).astype(np.float64)
        near = np.flatnonzero((costs <= FARTHEST) & (self._numbers != own.numbers[0]))
        near = near[np.argsort(costs[near] - _FREQUENT * self._frequency[near], kind="stable")[:_CANDIDATES]]
        return _Candidates(
            (letter, *(self._model.vocabulary[place] for place in near)),
            np.concatenate([own.numbers, self._numbers[near]]),
            np.concatenate([own.costs, CHANGED + UNLIKE * costs[near]]),
        )


def _letters(text: str) -> list[_Letter]:
    """The folded letters of a text, each with its place in it."""
    return [
        letter for clause in clauses(text, "zh-CN") for letter in zip(clause.text, clause.origin, strict=True)
    ][:_LONGEST]


def _corrected(
    text: str,
    heard: Sequence[_Letter],
    candidates: Sequence[_Candidates],
    chosen: NDArray[np.intp],
    score: float,
) -> Corrected:
    """The text with the chosen characters in the places of those that were heard."""
    written, changes = list(text), 0
    for (_, at), those, number in zip(heard, candidates, chosen, strict=True):
        if number:
            written[at] = those.units[number]
            changes += 1
    return Corrected("".join(written), score, changes)


def _is_chinese(letter: str) -> bool:
    return "\u3400" <= letter <= "\u9fff"
