"""Spellings made one, and utterances cut into clauses."""

from hypothesis import given
from hypothesis import strategies as st

from speech.types import LANGUAGES, Language
from speech.wording import clauses, fold


def test_traditional_characters_and_the_suffix_er_make_no_difference() -> None:
    assert fold("沒勁兒了", "zh-CN") == fold("没劲了", "zh-CN")


def test_a_son_keeps_his_er() -> None:
    assert "儿子" in fold("儿子来了", "zh-CN")


def test_numbers_are_read_as_they_are_said() -> None:
    assert fold("烧到38.5度", "zh-CN") == "烧到三十八点五度"
    assert fold("打120", "zh-CN") == "打一二零"


def test_a_clause_knows_where_it_was_written() -> None:
    text = "嗯，我沒勁兒。"
    clause = clauses(text, "zh-CN")[1]
    assert [text[place] for place in clause.origin] == ["我", "沒", "勁"]


def test_accents_and_capitals_make_no_difference_but_a_tilde_does() -> None:
    assert fold("Me CAÍ, mañana", "es") == "me cai mañana"


def test_apostrophes_vanish() -> None:
    assert fold("I can't breathe", "en") == "i cant breathe"


@given(st.text(max_size=80), st.sampled_from(LANGUAGES))
def test_any_text_folds_and_folding_again_changes_nothing_of_its_clauses(
    text: str, language: Language
) -> None:
    for clause in clauses(text, language):
        assert clause.text
        assert len(clause.text) == len(clause.origin)
