"""What was worked out lately is not worked out again."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.remembered import Remembered


class Lengths:
    """Works out how long words are, and notes which it was asked for at once."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, words: Sequence[str]) -> list[int]:
        self.asked.append(tuple(words))
        return [len(word) for word in words]


def test_only_what_is_new_is_worked_out_and_all_of_it_at_once() -> None:
    lengths = Lengths()
    known = Remembered(lengths, 10)
    assert known(["a", "bb", "a"]) == [1, 2, 1]
    assert known(["ccc", "bb", "dd"]) == [3, 2, 2]
    assert known(["a", "dd"]) == [1, 2]
    assert known([]) == []
    assert lengths.asked == [("a", "bb"), ("ccc", "dd")]


def test_what_was_not_asked_for_the_longest_is_forgotten_first() -> None:
    lengths = Lengths()
    known = Remembered(lengths, 2)
    known(["a", "bb"])
    known(["a"])
    known(["ccc"])
    known(["a", "ccc"])
    assert lengths.asked == [("a", "bb"), ("ccc",)]
    known(["bb"])
    assert lengths.asked[-1] == ("bb",)


@given(st.lists(st.lists(st.text("abc", max_size=2), max_size=6), max_size=8), st.integers(1, 5))
def test_the_values_are_those_of_the_function_however_little_is_remembered(
    questions: list[list[str]], most: int
) -> None:
    known: Remembered[str, str] = Remembered(lambda words: [word.upper() for word in words], most)
    for words in questions:
        assert known(words) == [word.upper() for word in words]


def test_what_fails_is_not_remembered() -> None:
    def fails(words: Sequence[str]) -> list[str]:
        raise OSError(words[0])

    known: Remembered[str, str] = Remembered(fails, 3)
    for _ in range(2):
        with pytest.raises(OSError, match="word"):
            known(["word"])


def test_many_at_once_get_what_one_gets() -> None:
    known: Remembered[int, int] = Remembered(lambda numbers: [number * number for number in numbers], 5)
    asked = [[number % 7, (number + 3) % 7] for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(known, asked)) == [[one**2, other**2] for one, other in asked]
