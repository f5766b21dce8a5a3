"""Finds phrases in transcripts by sound: a local alignment of every phrase against every hypothesis.

A phrase is a row of units (syllables, words) with gaps allowed at marked places. It costs what mistaking,
skipping and inserting units costs, divided by its weight. Most phrases are ruled out at once, since each
of their units must find some unit of the transcript near enough; the few that remain are aligned together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from speech.phonetics.model import BREAK, Sounds, Spelt

GAP_COSTS = {"..": 0.06, "...": 0.04}
"""Cost of each unit that stands in a gap of a pattern (reach: see speech.patterns)."""
_BREAK_COST = 0.12
_FREE = np.float32(0.0)
_NEVER = np.float32(9.0)


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
        self._real = np.zeros(shape, bool)
        self._gaps = np.full(shape, sounds.extra, np.float32)
        for number, (units, gaps) in enumerate(rows):  # flush right, so that all phrases end together
            if units:
                self._units[number, -len(units) :] = units
                self._real[number, -len(units) :] = True
                self._gaps[number, -len(units) :] = gaps
        self._weights = np.where(self._real, weights[self._units], 0).astype(np.float32)
        self._total = np.maximum(self._weights.sum(axis=1), np.float32(1e-6))
        self._skips = np.where(self._real, skips[self._units] * self._weights, _FREE).astype(np.float32)
        self._limits = np.array([phrase.limit for phrase in phrases], np.float32)
        self._costs_of = lru_cache(maxsize=4096)(self._compute_costs)

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
        """Every phrase within its limit in every text, each at its best place; unordered.

        ``texts`` are folded, their clauses parted as ``Sounds.spell`` expects.
        """
        spelt = [self._sounds.spell(text) for text in texts]
        longest = max((len(units) for units in spelt), default=0)
        if not longest or not self._units.size:
            return []
        table = {unit: self._costs_of(unit) for units in spelt for unit, _, _ in units if unit != BREAK}
        if not table:
            return []
        chosen = self._possible(table)
        if not chosen.size:
            return []
        names = {unit: number for number, unit in enumerate(table)}
        costs = np.stack([*table.values(), np.ones(len(self._vocabulary), np.float32)])
        heard = np.full((len(texts), longest), len(names), np.intp)
        for number, units in enumerate(spelt):
            heard[number, : len(units)] = [names.get(unit, len(names)) for unit, _, _ in units]
        pauses = np.zeros((len(texts), longest), bool)
        for number, units in enumerate(spelt):
            pauses[number, : len(units)] = [unit == BREAK for unit, _, _ in units]
        ends, starts, best = self._align(chosen, costs, heard, pauses)
        return _matches(spelt, chosen, (ends, starts, best), self._limits)

    def _possible(self, table: dict[str, NDArray[np.float32]]) -> NDArray[np.intp]:
        """Phrases of which every unit has some neighbour in the texts, by a lower bound of their cost."""
        nearest = np.min(np.stack(list(table.values())), axis=0)
        bound = np.minimum(nearest[self._units] * self._weights, self._skips).sum(axis=1) / self._total
        return np.flatnonzero(bound <= self._limits)

    def _align(
        self,
        chosen: NDArray[np.intp],
        costs: NDArray[np.float32],
        heard: NDArray[np.intp],
        pauses: NDArray[np.bool_],
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
        """Align all chosen phrases with all texts at once.

        Columns are positions in the texts, rows units of the phrases; arrays have shape (texts, phrases).
        Returns where the best match of each ends (exclusive), where it starts, and its cost per unit.
        """
        units, weights, skips = self._units[chosen], self._weights[chosen], self._skips[chosen]
        gaps = self._gaps[chosen]
        real = self._real[chosen]
        texts, columns = heard.shape
        size = (texts, len(chosen))
        rows = units.shape[1]
        # before anything was heard: every unit so far skipped
        cost = np.concatenate([np.zeros((len(chosen), 1), np.float32), np.cumsum(skips, axis=1)], axis=1)
        before = [np.broadcast_to(cost[:, row], size).copy() for row in range(rows + 1)]
        began = [np.zeros(size, np.intp) for _ in range(rows + 1)]
        best = before[rows].copy()
        ends, starts = np.zeros(size, np.intp), np.zeros(size, np.intp)
        for column in range(columns):
            price = costs[heard[:, column]]
            paused = pauses[:, column][:, None]
            now = [np.zeros(size, np.float32)]
            since = [np.full(size, column + 1, np.intp)]
            for row in range(rows):
                said = before[row] + price[:, units[:, row]] * weights[:, row]
                left_out = now[row] + skips[:, row]
                inserted = before[row + 1] + np.where(paused, _BREAK_COST, gaps[:, row])
                inserted = np.where(real[:, row], inserted, _FREE)
                value = np.where(real[:, row], np.minimum(np.minimum(said, left_out), inserted), _FREE)
                start = np.where(value == left_out, since[row], began[row + 1])
                start = np.where(value == said, began[row], start)
                start = np.where(real[:, row], start, column + 1)
                now.append(value)
                since.append(start)
            began, before = since, now
            better = before[rows] < best
            best = np.where(better, before[rows], best)
            ends = np.where(better, column + 1, ends)
            starts = np.where(better, began[rows], starts)
        return ends, starts, best / self._total[chosen]


def _matches(
    spelt: Sequence[tuple[Spelt, ...]],
    chosen: NDArray[np.intp],
    found: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]],
    limits: NDArray[np.float32],
) -> list[SoundMatch]:
    ends, starts, best = found
    hits = np.argwhere((best <= limits[chosen]) & (ends > starts))
    return [
        SoundMatch(
            phrase=int(chosen[number]),
            text=int(text),
            start=spelt[text][starts[text, number]].start,
            end=spelt[text][min(ends[text, number], len(spelt[text])) - 1].end,
            cost=float(best[text, number]),
        )
        for text, number in hits
        if starts[text, number] < len(spelt[text])
    ]
