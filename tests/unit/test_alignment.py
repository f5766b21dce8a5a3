"""Many phrases are compared with many transcripts at once; each comes out as if it were alone."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from speech.phonetics import PhraseBook, Sounded
from speech.phonetics.alignment import GAP_COSTS
from speech.phonetics.model import BREAK, Spelt

PAUSE = 0.12
LETTERS = "abcd"


class Letters:
    """A language of four sounds: neighbours in the alphabet are a third mistaken."""

    extra = 0.4

    def spell(self, text: str) -> tuple[Spelt, ...]:
        return tuple(Spelt(letter, at, at + 1) for at, letter in enumerate(text))

    def compare(self, unit: str, others: Sequence[str]) -> NDArray[np.float32]:
        return np.array([min(1.0, abs(ord(unit) - ord(other)) / 3) for other in others], np.float32)

    def skipped(self, unit: str) -> float:
        return 0.5 if unit == "a" else 0.9

    def weight(self, unit: str) -> float:
        return 0.5 if unit == "d" else 1.0


def cheapest(phrase: Sounded, text: str) -> float:
    """The cost per unit of the best place, worked out state by state for this phrase and text alone."""
    sounds = Letters()
    units: list[str] = []
    gaps: list[float] = []
    for piece in phrase.pieces:
        if piece in GAP_COSTS:
            gaps[-1] = GAP_COSTS[piece]
        else:
            units += piece
            gaps += [sounds.extra] * len(piece)
    weights = [sounds.weight(unit) for unit in units]
    skips = [sounds.skipped(unit) * weight for unit, weight in zip(units, weights, strict=True)]
    row = [sum(skips[:number]) for number in range(len(units) + 1)]
    best = row[-1]
    for letter in text:
        after = [0.0]
        for at, unit in enumerate(units):
            mistaken = 1.0 if letter == BREAK else float(sounds.compare(letter, [unit])[0])
            said = row[at] + mistaken * weights[at]
            inserted = row[at + 1] + (PAUSE if letter == BREAK else gaps[at])
            after.append(min(said, inserted, after[at] + skips[at]))
        row = after
        best = min(best, row[-1])
    return best / sum(weights)


words = st.text(LETTERS, min_size=1, max_size=5)
phrases = st.builds(
    lambda first, gap, second: Sounded((first, gap, second) if gap else (first,), 0.6),
    words,
    st.sampled_from(["", *GAP_COSTS]),
    words,
)


@given(st.lists(phrases, min_size=1, max_size=8), st.lists(st.text(LETTERS + BREAK, max_size=9), max_size=5))
def test_a_phrase_costs_what_it_costs_alone_whatever_is_looked_for_beside_it(
    sought: list[Sounded], texts: list[str]
) -> None:
    found = {(match.phrase, match.text): match for match in PhraseBook(sought, Letters()).find(texts)}
    for number, phrase in enumerate(sought):
        alone = PhraseBook([phrase], Letters())
        for at, text in enumerate(texts):
            match = found.get((number, at))
            by_itself = alone.find([text])
            assert [(each.start, each.end, each.cost) for each in by_itself] == (
                [(match.start, match.end, match.cost)] if match else []
            )
            cost = cheapest(phrase, text)
            if match:
                assert match.cost == pytest.approx(cost, abs=1e-5)
            elif text.strip(BREAK):
                assert cost > phrase.limit - 1e-5 or cost == pytest.approx(_all_skipped(phrase), abs=1e-5)


def _all_skipped(phrase: Sounded) -> float:
    """What it costs to hear nothing of a phrase, which is no match."""
    return cheapest(phrase, "")


@given(st.lists(words, min_size=1, max_size=6), st.text(LETTERS, max_size=4), st.text(LETTERS, max_size=4))
def test_what_is_said_word_for_word_is_found_where_it_stands(
    said: list[str], before: str, after: str
) -> None:
    book = PhraseBook([Sounded((word,), 0.1) for word in said], Letters())
    for number, word in enumerate(said):
        text = before + word + after
        (match,) = [each for each in book.find([text]) if each.phrase == number]
        assert match.cost == 0
        assert text[match.start : match.end] == word


def test_a_gap_is_passed_over_more_cheaply_than_other_words_between() -> None:
    book = PhraseBook([Sounded(("ab", "...", "cd"), 0.5), Sounded(("abcd",), 0.5)], Letters())
    costs = {match.phrase: match.cost for match in book.find(["abddddcd"])}
    assert costs[0] < costs.get(1, 1.0)


def test_matches_come_by_text_and_phrase() -> None:
    book = PhraseBook([Sounded((word,), 0.1) for word in ("a", "abc", "ab")], Letters())
    order = [(match.text, match.phrase) for match in book.find(["abc", "xabc"[1:]])]
    assert order == sorted(order)
    assert len(order) == 6
