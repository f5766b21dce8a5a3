"""The alignment itself: many phrases against many transcripts, a column of all of them at a time.

Every pair of a phrase and a transcript that may match has a row of states, one for each unit of the phrase.
Phrases are flush right, and pairs are ordered from the longest phrase to the shortest, so that those to which
a state is real are the first so many: nothing is worked out for the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Numbers = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Pairs:
    """What is aligned: arrays have shape (units of the longest phrase, pairs), phrases ending together."""

    lengths: Numbers
    """Units of each pair's phrase, the longest first; shape (pairs,)."""
    units: Numbers
    """Numbers of the phrases' units in the table of costs."""
    weights: Floats
    skips: Floats
    """What it costs not to hear a unit."""
    gaps: Floats
    """What it costs to hear another one after it."""

    @classmethod
    def of(cls, units: Numbers, lengths: Numbers, costs: tuple[Floats, Floats, Floats]) -> Pairs:
        """From rows of shape (pairs, units), ``costs`` being weights, skips and gaps; cut to the longest."""
        longest = int(lengths[0])
        weights, skips, gaps = (np.ascontiguousarray(each[:, -longest:].T) for each in costs)
        return cls(lengths, np.ascontiguousarray(units[:, -longest:].T), weights, skips, gaps)


def align(
    pairs: Pairs, costs: Floats, heard: Numbers, pauses: NDArray[np.bool_], pause: float
) -> tuple[Numbers, Numbers, Floats]:
    """Align each pair at its best place.

    ``costs`` has shape (units heard, units of phrases); ``heard``, shape (columns, pairs), numbers what each
    pair's transcript has in each column, and ``pauses`` where that is a pause, which costs ``pause`` to pass
    over. Returns where the best match of each pair ends (exclusive), where it starts, and its whole cost.
    """
    rows, count = pairs.units.shape
    real = [int(np.searchsorted(-pairs.lengths, row - rows, side="right")) for row in range(rows)]
    # before anything was heard: every unit so far skipped
    before = np.zeros((rows + 1, count), np.float32)
    np.cumsum(pairs.skips, axis=0, out=before[1:])
    for row, some in enumerate(real):
        before[row + 1, some:] = 0
    began = np.zeros((rows + 1, count), np.int16)
    now, since = np.zeros_like(before), np.empty_like(began)
    best = before[rows].copy()
    ends, starts = np.zeros(count, np.intp), np.zeros(count, np.intp)
    table, width = costs.ravel(), costs.shape[1]
    for column, units in enumerate(heard):
        said = table.take(pairs.units + units * width)
        said *= pairs.weights
        said += before[:-1]
        inserted = np.where(pauses[column], np.float32(pause), pairs.gaps)
        inserted += before[1:]
        cheapest = np.minimum(said, inserted)
        start = np.where(said <= inserted, began[:-1], began[1:])
        since[:] = column + 1
        for row, some in enumerate(real):
            left_out = now[row, :some] + pairs.skips[row, :some]
            np.minimum(cheapest[row, :some], left_out, out=now[row + 1, :some])
            passed = (left_out < said[row, :some]) & (left_out <= inserted[row, :some])
            since[row + 1, :some] = np.where(passed, since[row, :some], start[row, :some])
        before, now = now, before
        began, since = since, began
        better = np.flatnonzero(before[rows] < best)
        best[better] = before[rows, better]
        ends[better] = column + 1
        starts[better] = began[rows, better]
    return ends, starts, best
