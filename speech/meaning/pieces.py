"""Cuts a text into the pieces that a sentence encoder knows: the likeliest cut, by Viterbi's rule.

The same cut that SentencePiece's unigram model makes for XLM-RoBERTa.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from itertools import pairwise

import numpy as np

from speech.meaning.packed import Vocabulary

_SPACE = "\u2581"
_UNKNOWN_COST = 10.0
_NEVER = float("-inf")
_REMEMBERED = 4096


class Pieces:
    """Cuts texts. Immutable after construction, so safe among threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        offsets, blob = vocabulary.offsets, bytes(vocabulary.blob)
        bounds = offsets.tolist()
        hashes = np.fromiter(
            (zlib.crc32(blob[start:stop]) for start, stop in pairwise(bounds)),
            np.uint32,
            count=len(bounds) - 1,
        )
        self._order = np.argsort(hashes, kind="stable").astype(np.int32)
        self._hashes = hashes[self._order]
        self._longest = int(np.diff(offsets.astype(np.int64)).max())
        self._unknown_score = float(vocabulary.scores.min()) - _UNKNOWN_COST
        # Hypotheses of one utterance are made of the same syllables.
        self._find = lru_cache(maxsize=_REMEMBERED)(self._look_up)

    def cut(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The numbers of the pieces that make up a text, and of each where in it it begins and ends.

        Characters nobody knows become ``unknown``.
        """
        letters, origins = self._normal(text)
        count = len(letters)
        best = [0.0] + [_NEVER] * count
        piece, since = [self._vocabulary.unknown] * (count + 1), [0] * (count + 1)
        for start in range(count):
            encoded = b""
            for stop in range(start + 1, count + 1):
                encoded += letters[stop - 1].encode()
                if len(encoded) > self._longest:
                    break
                number = self._find(encoded)
                if number < 0:
                    continue
                score = best[start] + float(self._vocabulary.scores[number])
                if score > best[stop]:
                    best[stop], piece[stop], since[stop] = score, number, start
            if best[start] + self._unknown_score > best[start + 1]:
                best[start + 1] = best[start] + self._unknown_score
                piece[start + 1], since[start + 1] = self._vocabulary.unknown, start
        numbers: list[int] = []
        places: list[tuple[int, int]] = []
        at = count
        while at:
            numbers.append(piece[at])
            places.append((origins[since[at]], origins[at - 1] + 1))
            at = since[at]
        return numbers[::-1], places[::-1]

    def _normal(self, text: str) -> tuple[str, list[int]]:
        """The letters that are cut, and of each the letter of ``text`` that it stands for."""
        letters, origins = [_SPACE], [0]
        after_space = True
        for at, letter in enumerate(text):
            for each in self._vocabulary.replaced.get(ord(letter), letter):
                if each != " " or not after_space:
                    letters.append(_SPACE if each == " " else each)
                    origins.append(at)
                after_space = each == " "
        return "".join(letters), origins

    def _look_up(self, encoded: bytes) -> int:
        """The number of a piece, or -1."""
        wanted = np.uint32(zlib.crc32(encoded))
        at = int(np.searchsorted(self._hashes, wanted))
        vocabulary = self._vocabulary
        while at < len(self._hashes) and self._hashes[at] == wanted:
            number = int(self._order[at])
            start, stop = int(vocabulary.offsets[number]), int(vocabulary.offsets[number + 1])
            if vocabulary.blob[start:stop] == encoded and number != vocabulary.unknown:
                return number
            at += 1
        return -1
