"""Spanish and English words as rows of phonemes, and what mistaking one word for another costs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from speech.phonetics.espeak import Voice, voice_of
from speech.phonetics.model import Spelt
from speech.phonetics.phonemes import PhonemeDistances
from speech.phonetics.tables import LatinTable, PhonemeTable, load_table
from speech.types import Language

_LIGHTEST, _HEAVIEST, _PHONEMES_PER_UNIT = 0.4, 3.0, 2.6
"""Weights of a word, and how many phonemes tell as much as a syllable of Chinese, which weighs 1."""
_WORD = re.compile(r"\S+")
_AFFRICATES = (("tʃ", "ʧ"), ("dʒ", "ʤ"))
"""Two signs of the IPA that are one phoneme, and the single sign that stands for it here."""


@lru_cache(maxsize=20_000)
def _words(text: str) -> tuple[Spelt, ...]:
    return tuple(Spelt(found.group(), *found.span()) for found in _WORD.finditer(text))


class LatinSounds:
    """Sound model of a language that parts its words by spaces: a unit is a word."""

    def __init__(self, table: LatinTable, phonemes: PhonemeTable, voice: Voice | None) -> None:
        """Without a ``voice`` words are told apart by the spelling rules of the table."""
        self._table = table
        self._voice = voice
        self._rules = [(re.compile(rule), becomes) for rule, becomes in table.rules]
        self._merge = sorted(table.merge.items(), key=lambda item: -len(item[0]))
        self._word = phonemes.costs.word
        self._distances = PhonemeDistances(phonemes, table.pairs)
        self.extra = table.extra
        self.phonemes = lru_cache(maxsize=20_000)(self._phonemes)
        self._packed = lru_cache(maxsize=8)(self._pack)

    @classmethod
    def shipped(cls, language: Language) -> LatinSounds:
        """The model from the tables in the package. Raises SoundTableError."""
        table = load_table(language, LatinTable)
        return cls(table, load_table("latin", PhonemeTable), voice_of(table.voice))

    def _phonemes(self, word: str) -> str:
        """The phonemes of a folded word, one sign each; a word that nobody can speak stands for itself."""
        spoken = self._table.spoken.get(word, word)
        parts = self._voice.phonemes(spoken) if self._voice is not None else ()
        if not parts:
            for rule, becomes in self._rules:
                word = rule.sub(becomes, word)
            return word
        sounds = "".join(parts)
        for written, sign in (*_AFFRICATES, *self._merge):
            sounds = sounds.replace(written, sign)
        return sounds or word

    def spell(self, text: str) -> tuple[Spelt, ...]:
        """One unit per word; see :class:`speech.phonetics.model.Sounds`."""
        return _words(text)

    def skipped(self, unit: str) -> float:
        """See :class:`speech.phonetics.model.Sounds`."""
        return self._table.skip.syllables.get(unit, self._table.skip.otherwise)

    def weight(self, unit: str) -> float:
        """Longer words weigh more; see :class:`speech.phonetics.model.Sounds`."""
        return min(_HEAVIEST, max(_LIGHTEST, len(self.phonemes(unit)) / _PHONEMES_PER_UNIT))

    def compare(self, unit: str, others: Sequence[str]) -> NDArray[np.float32]:
        """Edit distance of the words' phonemes, by the longer of the two; see the protocol."""
        heard = self.phonemes(unit)
        signs, codes, lengths = self._packed(tuple(others))
        dropped = np.array([self._dropped(sign) for sign in signs], np.float32)[codes]
        rows = codes.shape[1]
        shape = (1, len(codes))
        first = np.concatenate([np.zeros(shape, np.float32), np.cumsum(dropped, axis=1).T.astype(np.float32)])
        before = list(first)
        for sign in heard:
            price = np.array([self._distances.cost(sign, other) for other in signs], np.float32)
            extra = np.float32(self._dropped(sign))
            now = [before[0] + extra]
            for row in range(rows):
                said = before[row] + price[codes[:, row]]
                now.append(np.minimum(said, np.minimum(now[row] + dropped[:, row], before[row + 1] + extra)))
            before = now
        distance = np.stack(before)[lengths, np.arange(len(codes))]
        each = distance / np.maximum(lengths, max(len(heard), 1))
        beyond = np.maximum(each - self._word.alike, 0.0) * (self._word.beyond - 1.0)
        return np.minimum(1.0, each + beyond).astype(np.float32)

    def cost(self, heard: str, said: str) -> float:
        """Cost of taking one word for another, 0..1; symmetric, and 0 for words that sound the same."""
        return float(self.compare(heard, (said,))[0])

    def _dropped(self, sign: str) -> float:
        return self._table.dropped.phonemes.get(sign, self._table.dropped.otherwise)

    def _pack(self, words: tuple[str, ...]) -> tuple[str, NDArray[np.intp], NDArray[np.intp]]:
        """The phonemes in use, each word as a row of indexes into them, and the words' lengths."""
        sounds = [self.phonemes(word) for word in words]
        signs = "".join(sorted(set("".join(sounds)))) or " "
        codes = np.zeros((len(sounds), max(map(len, sounds), default=0)), np.intp)
        for number, word in enumerate(sounds):
            codes[number, : len(word)] = [signs.index(sign) for sign in word]
        return signs, codes, np.array([len(word) for word in sounds], np.intp)
