"""A sentence is looked at piece by piece, so that small talk beside a cry for help does not hide it."""

from hypothesis import given
from hypothesis import strategies as st

from speech.meaning.reader import pieces
from speech.wording import fold


def test_clauses_are_pieces() -> None:
    assert pieces("着火了，今天天气不错", "zh-CN") == ["着火了", "今天天气不错"]
    assert pieces("me he caído, hace un día precioso", "es") == ["me he caído", "hace un día precioso"]


def test_a_short_sentence_has_none() -> None:
    assert pieces("我摔倒了", "zh-CN") == []


def test_what_recognisers_run_together_is_cut_into_stretches_that_overlap() -> None:
    found = pieces("着火了今天天气真的不错", "zh-CN")

    assert found == []
    found = pieces("着火了今天天气真的很不错呀", "zh-CN")
    assert found[0].startswith("着火了")
    assert found[-1].endswith("很不错呀")


def test_a_question_given_back_belongs_to_the_answer_that_follows() -> None:
    assert pieces("胸口疼？没得没得", "zh-CN") == []
    assert pieces("着火了？快来呀", "zh-CN") == ["着火了", "快来呀"]
    assert pieces("胸口疼？没得没得，巴适得很", "zh-CN") == ["胸口疼？没得没得", "巴适得很"]


@given(st.text(max_size=60), st.sampled_from(["zh-CN", "es", "en"]))
def test_pieces_are_parts_of_any_text(text: str, language: str) -> None:
    found = pieces(text, language)  # type: ignore[arg-type]

    assert len(found) <= 10
    words = fold(text, language).replace(" ", "")  # type: ignore[arg-type]
    assert all(fold(piece, language).replace(" ", "") in words for piece in found)  # type: ignore[arg-type]
