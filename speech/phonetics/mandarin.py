"""Mandarin syllables and what mistaking one for another costs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from speech.phonetics.model import BREAK, Spelt
from speech.phonetics.pinyin import Style, lazy_pinyin
from speech.phonetics.tables import MandarinTable, load_table, split_pair

_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcs")
_Y_W = (
    ("yu", "v"), ("yi", "i"), ("y", "i"), ("wu", "u"), ("w", "u"),
)  # fmt: skip
_LIGHTEST = 0.25
"""Weight of the lightest particle; a full syllable weighs 1."""
_SHORTENED = {"iu": "iou", "ui": "uei", "un": "uen", "ue": "ve", "io": "iou"}
_VOWEL_RUN = re.compile(r"^([iuv]?)(.*?)(ng|n|r|i|u|o)?$")


class Syllable(NamedTuple):
    """A syllable taken apart. Empty strings stand for nothing; ``I`` and ``Z`` are the buzz of zhi and zi."""

    initial: str
    medial: str
    vowel: str
    ending: str


@cache
def parse(pinyin: str) -> Syllable:
    """Take a toneless syllable in pinyin (``v`` for ü) apart: ``zhuang`` -> zh, u, a, G."""
    initial = next((start for start in _INITIALS if pinyin.startswith(start)), "")
    final = pinyin[len(initial) :]
    if not initial:
        written, plain = next(
            ((written, plain) for written, plain in _Y_W if final.startswith(written)), ("", "")
        )
        final = plain + final[len(written) :]
    elif initial in {"j", "q", "x"} and final.startswith("u"):
        final = "v" + final[1:]
    if final == "i" and initial in {"zh", "ch", "sh", "r", "z", "c", "s"}:
        return Syllable(initial, "", "I" if initial in {"zh", "ch", "sh", "r"} else "Z", "")
    return Syllable(initial, *_final_parts(_SHORTENED.get(final, final)))


def _final_parts(final: str) -> tuple[str, str, str]:
    match final:
        case "" | "n" | "m" | "ng":  # 嗯, 呣
            return "", "e", "n" if final else ""
        case "ong":
            return "", "o", "G"
        case "iong":
            return "i", "o", "G"
    medial, vowel, ending = final[0], final[1:], ""
    if medial not in "iuv" or vowel in {"", "n", "ng"}:
        medial, vowel = "", final
    for written, plain in (("ng", "G"), ("n", "n"), ("r", "r")):
        if vowel.endswith(written) and len(vowel) > len(written):
            vowel, ending = vowel.removesuffix(written), plain
            break
    else:
        if len(vowel) == len("ai") and vowel[1] in "iuo":
            vowel, ending = vowel[0], "i" if vowel[1] == "i" else "u"
    if vowel in {"e", "a"} and (medial in {"i", "v"}) and (vowel == "e" or ending == "n"):
        vowel = "E"  # the open e of 夜 and 烟
    return medial, vowel, ending


class MandarinSounds:
    """Sound model of Mandarin: a unit is a syllable with its tone, such as ``shuai1``."""

    def __init__(self, table: MandarinTable) -> None:
        self._table = table
        self._initials = table.initials.symmetric()
        self._medials = table.finals.medials.symmetric()
        self._vowels = table.finals.vowels.symmetric()
        self._endings = table.finals.endings.symmetric()
        self._twins = {pair: cost for name, cost in table.syllables.items() for pair in _both_ways(name)}
        self._plain: dict[str, dict[str, float]] = {}
        self._packed = lru_cache(maxsize=8)(self._pack)
        self.extra = table.extra

    @classmethod
    def shipped(cls) -> MandarinSounds:
        """The model from the table in the package. Raises SoundTableError."""
        return cls(load_table("zh-CN", MandarinTable))

    def spell(self, text: str) -> tuple[Spelt, ...]:
        """One unit per character; see :class:`speech.phonetics.model.Sounds`."""
        spelt: list[Spelt] = []
        start = 0
        for piece in re.split(r"(\s+)", text):
            if piece.isspace():
                spelt.append(Spelt(BREAK, start, start + len(piece)))
            elif piece:
                places = enumerate(_syllables(piece), start)
                spelt.extend(Spelt(unit, at, at + 1) for at, unit in places)
            start += len(piece)
        return tuple(spelt)

    def compare(self, unit: str, others: Sequence[str]) -> NDArray[np.float32]:
        """See :class:`speech.phonetics.model.Sounds`."""
        plain, places, toned = self._packed(tuple(others))
        heard = _toneless(unit)
        if not heard:
            return np.array([float(other != unit) for other in others], np.float32)
        if heard not in self._plain:
            self._plain[heard] = {}
        known = self._plain[heard]
        row = np.array(
            [known[said] if said in known else self._learn(heard, said) for said in plain], np.float32
        )
        tones = np.where(toned == unit[-1], 0.0, self._table.weights.tone).astype(np.float32)
        costs: NDArray[np.float32] = np.minimum(np.float32(1.0), row[places] + tones)
        return costs

    def cost(self, heard: str, said: str) -> float:
        """Cost of taking one syllable for another, 0..1; symmetric, and 0 only for the same syllable."""
        return float(self.compare(heard, (said,))[0])

    def _learn(self, heard: str, said: str) -> float:
        """Compare two toneless syllables and remember it, both ways."""
        cost = 0.0 if heard == said else self._segments(heard, said) if said else 1.0
        self._plain[heard][said] = cost
        if said:
            self._plain.setdefault(said, {})[heard] = cost
        return cost

    def _pack(self, units: tuple[str, ...]) -> tuple[list[str], NDArray[np.intp], NDArray[np.str_]]:
        """The toneless syllables among the units, the place of each unit's there, and the units' tones."""
        toneless = [_toneless(unit) for unit in units]
        plain = list(dict.fromkeys(toneless))
        index = {name: number for number, name in enumerate(plain)}
        places = np.array([index[name] for name in toneless], np.intp)
        return plain, places, np.array([unit[-1:] for unit in units], np.str_)

    def _segments(self, one: str, other: str) -> float:
        twins = self._twins.get((one, other))
        if twins is not None:
            return twins
        first, second = parse(one), parse(other)
        table = self._table
        parts = table.finals.weights
        initial = _pair(self._initials, first.initial, second.initial, table.initials.otherwise)
        final = (
            parts.medial * _pair(self._medials, first.medial, second.medial, table.finals.medials.otherwise)
            + parts.vowel * _pair(self._vowels, first.vowel, second.vowel, table.finals.vowels.otherwise)
            + parts.ending * _pair(self._endings, first.ending, second.ending, table.finals.endings.otherwise)
        )
        return table.weights.initial * initial + table.weights.final * final

    def skipped(self, unit: str) -> float:
        """See :class:`speech.phonetics.model.Sounds`."""
        return self._table.skip.syllables.get(unit, self._table.skip.otherwise)

    def weight(self, unit: str) -> float:
        """Particles weigh less than other syllables; see :class:`speech.phonetics.model.Sounds`."""
        return max(_LIGHTEST, self._table.skip.syllables.get(unit, 1.0))


def _toneless(unit: str) -> str:
    """The syllable without its tone; empty for what is not a syllable."""
    plain = unit.rstrip("12345")
    return plain if plain.isascii() and plain.isalpha() and plain != unit else ""


def _pair(costs: dict[tuple[str, str], float], one: str, other: str, otherwise: float) -> float:
    return 0.0 if one == other else costs.get((one, other), otherwise)


def _both_ways(name: str) -> tuple[tuple[str, str], tuple[str, str]]:
    one, other = split_pair(name)
    return (one, other), (other, one)


def _letter_by_letter(unreadable: str) -> Any:
    """Characters without a reading, each as a unit; the library accepts a list but does not say so."""
    return list(unreadable)


@lru_cache(maxsize=4096)
def _syllables(piece: str) -> tuple[str, ...]:
    """One toned syllable per character; a character without a reading stands for itself.

    Of what elders say some is said again soon; none of it is remembered for ever.
    """
    read: list[str] = lazy_pinyin(
        piece, style=Style.TONE3, neutral_tone_with_five=True, errors=_letter_by_letter
    )
    return tuple(read) if len(read) == len(piece) else tuple(piece)
