"""The small language of the lexicon's phrases."""

import pytest

from speech.patterns import PatternError, compile_pattern

WORDS = {"chest": ["胸口", "心口"], "circle": ["{circle}"], "pecho": ["el pecho", "corazón"]}


@pytest.mark.parametrize("text", ["胸口疼", "心口一阵一阵疼"])
def test_a_gap_lets_a_few_words_stand_between(text: str) -> None:
    assert compile_pattern("{chest}..疼", WORDS, "zh-CN").regex.search(text)


def test_a_gap_ends_somewhere() -> None:
    assert not compile_pattern("{chest}..疼", WORDS, "zh-CN").regex.search("胸口没什么就是脚后跟疼")


def test_every_way_of_saying_it_is_unfolded_for_the_ear() -> None:
    spoken = compile_pattern("{chest}[有点](疼|闷)", WORDS, "zh-CN").spoken
    assert len(spoken) == 8
    assert ("胸口", "有点", "闷") in spoken


def test_a_tilde_keeps_it_from_the_ear_and_a_question_mark_makes_it_weak() -> None:
    assert compile_pattern("~{chest}疼", WORDS, "zh-CN").spoken == ()
    assert compile_pattern("?{chest}疼", WORDS, "zh-CN").weak
    assert not compile_pattern("{chest}疼", WORDS, "zh-CN").weak


def test_words_of_spanish_are_whole_words() -> None:
    pattern = compile_pattern("me duele .. {pecho}", WORDS, "es").regex
    assert pattern.search("me duele mucho el pecho")
    assert not pattern.search("me duele mucho el pechos")


@pytest.mark.parametrize("source", ["(疼", "疼)", "{nobody}", "{circle}", "", "[疼]"])
def test_a_pattern_that_cannot_be_meant_is_refused(source: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(source, WORDS, "zh-CN")


def test_a_pattern_with_too_many_forms_is_refused() -> None:
    with pytest.raises(PatternError, match="more than"):
        compile_pattern("(一|二|三|四|五|六|七|八|九|十)" * 3, {}, "zh-CN")
