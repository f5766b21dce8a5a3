"""How likely elders are to say a text: a model of what follows what in the examples.

An n-gram model by interpolated absolute discounting, its lower orders counted by how many different ones
come before (Kneser and Ney 1995; Chen and Goodman 1999, section 3). Learnt anew at every start, in a second:
it is never older than the examples.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from speech.types import Language
from speech.wording import fold, spaced

ORDER = 4
"""Characters of Chinese, or words elsewhere, that are looked at together."""
DISCOUNT = 0.75
"""Taken from each count for what was not seen."""
UNKNOWN, START, END = 0, 1, 2
"""Numbers of what the examples do not have, and of what stands before and after a text."""
_UNKNOWN_SHARE = 1 / 6000
"""Probability of a character or word of which nothing is known."""
_FIRST = 3
_BITS = 16
MARKS = re.compile("[【】]")
"""Before and after the part of an example that tells of its trouble, where others stand beside it."""

Rows = NDArray[np.uint64]
"""Numbers of characters or words that follow one another, shape (some, ORDER)."""


class LanguageModel:
    """Safe among threads. Keeps some 12 bytes for each different row of up to four characters."""

    def __init__(self, texts: Iterable[str], language: Language) -> None:
        """Learn from what was said."""
        self._language: Language = language
        cut = [self.units(text) for text in texts]
        self.vocabulary = tuple(dict.fromkeys(unit for units in cut for unit in units))
        """Every character or word of the examples; its number is its place here and three more."""
        self._numbers = {unit: number for number, unit in enumerate(self.vocabulary, _FIRST)}
        self._orders = _counted(np.concatenate([self._rows(units) for units in cut])) if cut else []

    def units(self, text: str) -> list[str]:
        """What a text is made of, folded: characters of Chinese, words elsewhere."""
        folded = fold(text, self._language)
        return folded.split() if spaced(self._language) else list(folded.replace(" ", ""))

    def number(self, unit: str) -> int:
        """The number of a character or word; UNKNOWN if the examples do not have it."""
        return self._numbers.get(unit, UNKNOWN)

    def log_probabilities(self, rows: Rows) -> NDArray[np.float64]:
        """Natural log probability of the last of each row after those before it, shape (some,)."""
        return self.after(rows[:, :-1], rows[:, -1])

    def after(self, before: Rows, last: NDArray[np.uint64]) -> NDArray[np.float64]:
        """Natural log probability of ``last`` after ``before``, whose last axis is ORDER - 1 long.

        The other axes are broadcast: what precedes is looked up once for all that may follow.
        """
        likely = np.full(np.broadcast_shapes(before.shape[:-1], last.shape), _UNKNOWN_SHARE)
        context = np.zeros(before.shape[:-1], np.uint64)
        for length, order in enumerate(self._orders):
            if length:
                context = context | (before[..., -length] << np.uint64(_BITS * (length - 1)))
            likely = order.interpolated(context, last, likely)
        return np.asarray(np.log(likely))

    def mean_log_probability(self, text: str) -> float:
        """Of the text and its end, per character or word and the end (<= 0)."""
        return float(self.log_probabilities(self._rows(self.units(text))).mean())

    def _rows(self, units: Sequence[str]) -> Rows:
        numbers = [self.number(unit) for unit in units]
        padded = np.array([*[START] * (ORDER - 1), *numbers, END], np.uint64)
        return np.lib.stride_tricks.sliding_window_view(padded, ORDER)


@dataclass(frozen=True, slots=True)
class _Order:
    """What is known of rows of one length."""

    rows: NDArray[np.uint64]
    """Packed into one number each, sorted."""
    shares: NDArray[np.float32]
    """Of each row: the discounted share of its last letter after the others."""
    contexts: NDArray[np.uint64]
    """What precedes the last letter, packed and sorted."""
    left: NDArray[np.float32]
    """Of each context: the probability that is left for what was not seen after it."""

    def interpolated(
        self, context: NDArray[np.uint64], last: NDArray[np.uint64], shorter: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Probabilities of ``last`` after what precedes, packed, given those after one letter less."""
        known, left = _looked_up(self.contexts, self.left, context)
        share = _looked_up(self.rows, self.shares, (context << np.uint64(_BITS)) | last)[1]
        return np.where(known, share + left * shorter, shorter)


def _keys(rows: Rows) -> list[NDArray[np.uint64]]:
    """The last one, two, ... numbers of each row packed into one, the very last in the lowest bits."""
    keys = [np.ascontiguousarray(rows[:, -1])]
    for back in range(1, ORDER):
        keys.append(keys[-1] | (rows[:, -1 - back] << np.uint64(_BITS * back)))
    return keys


def _looked_up(
    keys: NDArray[np.uint64], values: NDArray[np.float32], wanted: NDArray[np.uint64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which of ``wanted`` there are, and their values, 0 for the others."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    known = keys[at] == wanted
    return known, np.where(known, values[at], 0.0)


def _counted(rows: Rows) -> list[_Order]:
    """The orders from all rows of the examples, shortest first."""
    every = _keys(rows)
    orders: list[_Order] = []
    for length, keys in enumerate(every, 1):
        # Shorter rows count by what comes before them: "Francisco" is frequent, but only after "San".
        told = keys if length == ORDER else np.unique(every[length]) & np.uint64((1 << _BITS * length) - 1)
        known, times = np.unique(told, return_counts=True)
        contexts, begin, kinds = np.unique(known >> np.uint64(_BITS), return_index=True, return_counts=True)
        totals = np.add.reduceat(times, begin)
        shares = ((times - DISCOUNT) / np.repeat(totals, kinds)).astype(np.float32)
        orders.append(_Order(known, shares, contexts, (DISCOUNT * kinds / totals).astype(np.float32)))
    return orders


def said(text: str) -> str:
    """The text of an example as it is said, without the brackets that mark its trouble."""
    return MARKS.sub("", text)


def of_examples(language: Language) -> LanguageModel:
    """The model of the examples that the package ships."""
    file = resources.files("speech").joinpath("meaning", "examples", f"{language}.tsv")
    lines = file.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    return LanguageModel([said(row["text"]) for row in rows], language)
