"""Finds phrases in transcripts by sound: a local alignment of every phrase against every hypothesis.

A phrase is a row of units (syllables, words) with gaps allowed at marked places. It costs what mistaking,
skipping and inserting units costs, divided by its weight. Most phrases are ruled out at once, since each
of their units must find some unit of the transcript near enough; the few that remain are aligned together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from speech.phonetics.model import BREAK, Sounds
from speech.phonetics.rows import Pairs, align
from speech.remembered import Remembered

GAP_COSTS = {"..": 0.06, "...": 0.04}
"""Cost of each unit that stands in a gap of a pattern (reach: see speech.patterns)."""
_BREAK_COST = 0.12
_FREE = np.float32(0.0)
_REMEMBERED = 64
"""Texts of which it is known what they hold: those of some utterances that are being heard now."""


@dataclass(frozen=True, slots=True)
class Sounded:
    """A phrase to look for: ``pieces`` of folded text with gaps between, and the dearest cost to accept."""

    pieces: tuple[str, ...]
    limit: float


@dataclass(frozen=True, slots=True)
class SoundMatch:
    """A phrase found: in which text, between which characters, at which cost per unit (0 is perfect)."""

    phrase: int
    text: int
    start: int
    end: int
    cost: float


class _Found(NamedTuple):
    """A phrase found in a text, as in ``SoundMatch``."""

    phrase: int
    start: int
    end: int
    cost: float


class PhraseBook:
    """Phrases spelt out and packed for alignment. Immutable after construction, so safe among threads."""

    def __init__(self, phrases: Sequence[Sounded], sounds: Sounds) -> None:
        self._sounds = sounds
        vocabulary: dict[str, int] = {}
        rows = [self._row(phrase, vocabulary) for phrase in phrases]
        longest = max((len(row[0]) for row in rows), default=0)
        self._vocabulary = tuple(vocabulary)
        weights = np.array([sounds.weight(unit) for unit in self._vocabulary] or [0.0], np.float32)
        skips = np.array([sounds.skipped(unit) for unit in self._vocabulary] or [0.0], np.float32)
        shape = (len(rows), longest)
        self._units = np.zeros(shape, np.intp)
        self._lengths = np.array([len(row[0]) for row in rows], np.intp)
        real = np.zeros(shape, bool)
        self._gaps = np.full(shape, sounds.extra, np.float32)
        for number, (units, gaps) in enumerate(rows):  # flush right, so that all phrases end together
            if units:
                self._units[number, -len(units) :] = units
                real[number, -len(units) :] = True
                self._gaps[number, -len(units) :] = gaps
        self._weights = np.where(real, weights[self._units], 0).astype(np.float32)
        self._total = np.maximum(self._weights.sum(axis=1), np.float32(1e-6))
        self._skips = np.where(real, skips[self._units] * self._weights, _FREE).astype(np.float32)
        self._limits = np.array([phrase.limit for phrase in phrases], np.float32)
        self._costs_of = lru_cache(maxsize=4096)(self._compute_costs)
        self._found = Remembered(self._search, _REMEMBERED)

    def _row(self, phrase: Sounded, vocabulary: dict[str, int]) -> tuple[list[int], list[float]]:
        units: list[int] = []
        gaps: list[float] = []
        for piece in phrase.pieces:
            if piece in GAP_COSTS:
                if gaps:
                    gaps[-1] = GAP_COSTS[piece]
                continue
            for spelt in self._sounds.spell(piece):
                units.append(vocabulary.setdefault(spelt.unit, len(vocabulary)))
                gaps.append(self._sounds.extra)
        return units, gaps

    def _compute_costs(self, unit: str) -> NDArray[np.float32]:
        return self._sounds.compare(unit, self._vocabulary)

    def find(self, texts: Sequence[str]) -> list[SoundMatch]:
        """Every phrase within its limit in every text, each at its best place; by text and phrase.

        ``texts`` are folded, their clauses parted as ``Sounds.spell`` expects. An utterance is looked at up
        to four times, heard once and again, whole and in pieces; what its texts hold is remembered.
        """
        return [
            SoundMatch(found.phrase, number, found.start, found.end, found.cost)
            for number, matches in enumerate(self._found(texts))
            for found in matches
        ]

    def _search(self, texts: Sequence[str]) -> list[tuple[_Found, ...]]:
        spelt = [self._sounds.spell(text) for text in texts]
        longest = max((len(units) for units in spelt), default=0)
        table = {unit: self._costs_of(unit) for units in spelt for unit, _, _ in units if unit != BREAK}
        names = {unit: number for number, unit in enumerate(table)}
        costs = np.stack([*table.values(), np.ones(len(self._vocabulary), np.float32)])
        heard = np.full((len(texts), longest), len(names), np.intp)
        pauses = np.zeros((len(texts), longest), bool)
        for number, units in enumerate(spelt):
            heard[number, : len(units)] = [names.get(unit, len(names)) for unit, _, _ in units]
            pauses[number, : len(units)] = [unit == BREAK for unit, _, _ in units]
        text, phrase = self._possible(costs, heard, len(names))
        if not phrase.size:
            return [() for _ in texts]
        pairs = Pairs.of(
            self._units[phrase],
            self._lengths[phrase],
            (self._weights[phrase], self._skips[phrase], self._gaps[phrase]),
        )
        ends, starts, best = align(pairs, costs, heard[text].T, pauses[text].T, _BREAK_COST)
        best /= self._total[phrase]
        hits = np.flatnonzero((best <= self._limits[phrase]) & (ends > starts))
        matches: list[list[_Found]] = [[] for _ in texts]
        for hit in hits[np.argsort(phrase[hits], kind="stable")]:
            units = spelt[text[hit]]
            start, end = int(starts[hit]), int(ends[hit])
            if start < len(units):
                matches[text[hit]].append(
                    _Found(
                        int(phrase[hit]),
                        units[start].start,
                        units[min(end, len(units)) - 1].end,
                        float(best[hit]),
                    )
                )
        return [tuple(each) for each in matches]

    def _possible(
        self, costs: NDArray[np.float32], heard: NDArray[np.intp], known: int
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Texts and phrases of which every unit has some neighbour in the text, the longest phrases first.

        By a lower bound of their cost; ``known`` units of the ``costs`` are real ones.
        """
        texts: list[NDArray[np.intp]] = []
        phrases: list[NDArray[np.intp]] = []
        for number, units in enumerate(heard):
            real = units[units < known]
            if not real.size:
                continue
            nearest = costs[real].min(axis=0)
            bound = np.minimum(nearest[self._units] * self._weights, self._skips).sum(axis=1) / self._total
            phrases.append(np.flatnonzero(bound <= self._limits))
            texts.append(np.full(len(phrases[-1]), number, np.intp))
        if not phrases:
            return np.zeros(0, np.intp), np.zeros(0, np.intp)
        text, phrase = np.concatenate(texts), np.concatenate(phrases)
        order = np.argsort(-self._lengths[phrase], kind="stable")
        return text[order], phrase[order]
