"""Spanish and English words, folded to rough phonemes, and what mistaking one for another costs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from speech.phonetics.model import Spelt
from speech.phonetics.tables import LatinTable, load_table
from speech.types import Language

_LIGHTEST, _HEAVIEST, _LETTERS_PER_UNIT = 0.4, 2.0, 4.0


class LatinSounds:
    """Sound model of a language that parts its words by spaces: a unit is a word."""

    def __init__(self, table: LatinTable) -> None:
        self._table = table
        self._rules = [(re.compile(rule), becomes) for rule, becomes in table.rules]
        self._letters = table.letters.symmetric()
        self.extra = table.extra
        self.folded = lru_cache(maxsize=20_000)(self._folded)
        self._packed = lru_cache(maxsize=8)(self._pack)

    @classmethod
    def shipped(cls, language: Language) -> LatinSounds:
        """The model from the table in the package. Raises SoundTableError."""
        return cls(load_table(language, LatinTable))

    def _folded(self, word: str) -> str:
        for rule, becomes in self._rules:
            word = rule.sub(becomes, word)
        return word

    def spell(self, text: str) -> tuple[Spelt, ...]:
        """One unit per word; see :class:`speech.phonetics.model.Sounds`."""
        return tuple(Spelt(found.group(), *found.span()) for found in re.finditer(r"\S+", text))

    def skipped(self, unit: str) -> float:
        """See :class:`speech.phonetics.model.Sounds`."""
        return self._table.skip.syllables.get(unit, self._table.skip.otherwise)

    def weight(self, unit: str) -> float:
        """Longer words weigh more; see :class:`speech.phonetics.model.Sounds`."""
        return min(_HEAVIEST, max(_LIGHTEST, len(self.folded(unit)) / _LETTERS_PER_UNIT))

    def compare(self, unit: str, others: Sequence[str]) -> NDArray[np.float32]:
        """Edit distance of the folded words, by the longer of the two; see the protocol."""
        heard = self.folded(unit)
        letters, codes, lengths = self._packed(tuple(others))
        skip = np.float32(self._table.skip_letter)
        rows = codes.shape[1]
        before = [np.full(len(codes), skip * row, np.float32) for row in range(rows + 1)]
        for column, letter in enumerate(heard):
            price = np.array([self._letter(letter, other) for other in letters], np.float32)
            now = [np.full(len(codes), skip * (column + 1), np.float32)]
            for row in range(rows):
                said = before[row] + price[codes[:, row]]
                now.append(np.minimum(said, np.minimum(now[row], before[row + 1]) + skip))
            before = now
        distance = np.stack(before)[lengths, np.arange(len(codes))]
        return np.minimum(1.0, distance / np.maximum(lengths, max(len(heard), 1))).astype(np.float32)

    def _letter(self, one: str, other: str) -> float:
        return 0.0 if one == other else self._letters.get((one, other), self._table.letters.otherwise)

    def _pack(self, words: tuple[str, ...]) -> tuple[str, NDArray[np.intp], NDArray[np.intp]]:
        """The letters in use, each word as a row of indexes into them, and the words' lengths."""
        folded = [self.folded(word) for word in words]
        letters = "".join(sorted(set("".join(folded)))) or " "
        codes = np.zeros((len(folded), max(map(len, folded), default=0)), np.intp)
        for number, word in enumerate(folded):
            codes[number, : len(word)] = [letters.index(letter) for letter in word]
        return letters, codes, np.array([len(word) for word in folded], np.intp)
