"""What mistaking one phoneme for another costs, from how the two are made."""

from __future__ import annotations

from collections.abc import Mapping

from speech.phonetics.tables import Consonant, PhonemeTable, Vowel, split_pair

_UNLIKE = 1.0
"""Cost of taking one sound for a wholly different one."""


class PhonemeDistances:
    """Costs between phonemes, each a single sign of the IPA. Immutable."""

    def __init__(self, table: PhonemeTable, exceptions: Mapping[str, float]) -> None:
        """``exceptions`` are pairs such as ``s-f`` of one language. Raises ValueError for a bad pair."""
        self._costs = table.costs
        self._manners = table.costs.manner.symmetric()
        named = {**table.costs.glides, **exceptions}
        self._named = {pair: cost for name, cost in named.items() for pair in _both_ways(name)}
        self._consonants, self._vowels = table.consonants, table.vowels
        self._known: dict[tuple[str, str], float] = {}

    def cost(self, one: str, other: str) -> float:
        """0 for the same phoneme, up to 1 for unlike ones; the same both ways. Unknown signs are unlike."""
        if one == other:
            return 0.0
        known = self._known.get((one, other))
        if known is None:
            known = self._known[one, other] = min(_UNLIKE, self._compute(one, other))
        return known

    def _compute(self, one: str, other: str) -> float:
        if (one, other) in self._named:
            return self._named[one, other]
        if one in self._vowels and other in self._vowels:
            return self._between_vowels(self._vowels[one], self._vowels[other])
        if one in self._consonants and other in self._consonants:
            return self._between_consonants(self._consonants[one], self._consonants[other])
        return _UNLIKE

    def _between_vowels(self, one: Vowel, other: Vowel) -> float:
        costs = self._costs.vowel
        return (
            costs.differs + costs.open * abs(one.open - other.open) + costs.back * abs(one.back - other.back)
        )

    def _between_consonants(self, one: Consonant, other: Consonant) -> float:
        steps = abs(one.place - other.place)
        place = self._costs.place.differs + self._costs.place.per_step * steps if steps else 0.0
        voice = self._costs.voice if one.voiced != other.voiced else 0.0
        pair = (one.manner, other.manner)
        manner = 0.0 if one.manner == other.manner else self._manners.get(pair, self._costs.manner.otherwise)
        return place + voice + manner


def _both_ways(name: str) -> tuple[tuple[str, str], tuple[str, str]]:
    one, other = split_pair(name)
    return (one, other), (other, one)
