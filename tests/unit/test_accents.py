"""Mandarin with the tones of elsewhere, for lessons."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.hearing.accents import ACCENTS, KEPT_BACK, MERGERS, Accent
from speech.synthesizers.phonemes import phonemes, token_numbers
from tools.tune_whisper.speaking import Lesson, lessons

SENTENCES = (
    "我摔了一跤，起不来了",
    "快打120！",
    "是的，没有",
    "他在湖南，女儿儿在绿园",
    "嗯",
    "胡说，花儿都红了",
)


class Fixed(random.Random):
    """Dice that always fall so."""

    def __init__(self, value: float) -> None:
        super().__init__(1)
        self._value = value

    def random(self) -> float:
        return self._value


def thick(region: str) -> Accent:
    """All tones, no mergers."""
    return Accent([ways[0] for ways in ACCENTS[region]], Fixed(0.999))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_who_has_no_accent_speaks_as_everybody_does(sentence: str) -> None:
    assert Accent(("1", "2", "3", "4"), Fixed(0.999)).sounds(sentence) == phonemes(sentence, "zh-CN")


def test_in_xian_the_first_tone_is_low_the_third_falls_and_the_fourth_is_level() -> None:
    assert [thick("Xi'an").coloured(said) for said in ("shuai1", "lai2", "wo3", "shi4", "de5")] == [
        "shuai3",
        "lai2",
        "wo4",
        "shi1",
        "de5",
    ]


def test_sounds_that_have_merged_somewhere_are_said_alike() -> None:
    flat, _, lips, liquid, _ = (ways[0] for ways in MERGERS)
    everything = Accent(("1", "2", "3", "4"), Fixed(0.0))
    assert everything.coloured("zhang1") == everything.coloured("zang1")
    assert everything.coloured("hu2") == "fu2"
    assert everything.coloured("rou4") == everything.coloured("lou4")
    assert {flat, lips, liquid} <= set(everything.mergers)


@given(st.sampled_from(sorted(ACCENTS | KEPT_BACK)), st.integers(0, 10_000), st.sampled_from(SENTENCES))
def test_an_accent_loses_no_word_and_says_nothing_a_synthesiser_cannot(
    region: str, seed: int, sentence: str
) -> None:
    tones = (ACCENTS | KEPT_BACK)[region]
    said = Accent(tones, random.Random(seed)).sounds(sentence)
    assert said == Accent(tones, random.Random(seed)).sounds(sentence)
    assert set(said) <= token_numbers().keys()
    assert said.count(" ") == phonemes(sentence, "zh-CN").count(" ")


def test_an_accent_that_is_kept_back_is_in_no_lesson() -> None:
    regions = {lesson.region for lesson in lessons()}
    assert regions == {"", *ACCENTS}
    assert not regions & KEPT_BACK.keys()


def test_only_mandarin_has_an_accent() -> None:
    spoken: list[Lesson] = [lesson for lesson in lessons() if lesson.region]
    assert {lesson.language for lesson in spoken} == {"zh-CN"}
