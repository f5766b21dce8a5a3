"""How near one sound is to another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.phonetics import PhraseBook, Sounded, sounds_of
from speech.phonetics.mandarin import MandarinSounds, parse

MANDARIN = MandarinSounds.shipped()
SYLLABLES = (
    "shuai1",
    "shui4",
    "xiong1",
    "xiang3",
    "zhi3",
    "zi3",
    "nan2",
    "lan2",
    "hui1",
    "fei1",
    "jue2",
    "er2",
    "ng2",
)


@given(st.sampled_from(SYLLABLES), st.sampled_from(SYLLABLES))
def test_a_mistake_costs_the_same_both_ways(one: str, other: str) -> None:
    assert MANDARIN.cost(one, other) == pytest.approx(MANDARIN.cost(other, one))
    assert 0.0 <= MANDARIN.cost(one, other) <= 1.0
    assert (MANDARIN.cost(one, other) == 0.0) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("zhi3", "zi3"), ("nan2", "lan2"), ("shan1", "shang1"), ("chi1", "ci1"), ("shuai1", "shuai4")],
)
def test_sounds_that_dialects_merge_are_near(one: str, other: str) -> None:
    assert MANDARIN.cost(one, other) < 0.12


def test_a_tone_costs_next_to_nothing_and_another_syllable_a_lot() -> None:
    assert MANDARIN.cost("tong4", "tong1") < 0.1
    assert MANDARIN.cost("tong4", "ai4") > 0.5


def test_a_syllable_is_taken_apart() -> None:
    assert parse("zhuang") == ("zh", "u", "a", "G")
    assert parse("yuan") == ("", "v", "E", "n")


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("胸口疼", "我的兄口疼啊"),
        ("喘不上气", "传不上气"),
        ("不想活了", "真不向活了"),
        ("煤气漏了", "没气楼了"),
    ],
)
def test_a_phrase_is_found_under_a_wrong_spelling(phrase: str, text: str) -> None:
    found = PhraseBook([Sounded((phrase,), 0.15)], MANDARIN).find([text])
    assert found
    assert found[0].cost < 0.1


def test_a_phrase_is_not_found_in_other_words() -> None:
    assert PhraseBook([Sounded(("胸口疼",), 0.12)], MANDARIN).find(["今天吃了两个馒头", ""]) == []


def test_letters_and_symbols_are_compared_without_a_fault() -> None:
    costs = MANDARIN.compare("Q", ["ma1", "Q", "三"])
    assert costs.tolist() == [1.0, 0.0, 1.0]


def test_spanish_b_and_v_and_silent_h_sound_the_same() -> None:
    spanish = sounds_of("es")
    assert spanish.compare("vaca", ["baca"])[0] == 0.0
    assert spanish.compare("ospital", ["hospital"])[0] == 0.0


def test_english_near_words_are_nearer_than_others() -> None:
    english = sounds_of("en")
    near, far = english.compare("breeze", ["breathe", "kitchen"])
    assert near < far
