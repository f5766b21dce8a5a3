"""A sentence is read once more in pieces, and each keeps the words that say whose trouble it is, and when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.meaning.apart import pieces
from speech.types import Language


def test_calm_talk_hides_no_cry_beside_it() -> None:
    assert "着火了" in pieces("着火了，今天天气真的不错呀", "zh-CN")


def test_a_long_clause_is_looked_at_in_stretches_since_recognisers_drop_commas() -> None:
    assert pieces("着火了今天天气真的不错呀", "zh-CN") == ["着火了今天天气真", "天天气真的不错呀"]


@pytest.mark.parametrize(
    ("text", "language", "piece"),
    [
        ("电视里在放老片子，有个人晕倒了", "zh-CN", "电视里有个人晕倒了"),
        ("隔壁昨天出事了，摔断了腿", "zh-CN", "隔壁摔断了腿"),
        ("小时候家里穷，饿得啃树皮", "zh-CN", "小时候饿得啃树皮"),
        ("万一漏了气呢，头晕恶心怎么办", "zh-CN", "万一头晕恶心怎么办"),
        ("on the news there was a crash, a man died in it", "en", "on the news a man died in it"),
        ("mi vecina salió ayer temprano, se rompió la cadera", "es", "vecina se rompió la cadera"),
    ],
)
def test_whose_trouble_it_is_and_when_stays_with_the_pieces_after_it(
    text: str, language: Language, piece: str
) -> None:
    assert piece in pieces(text, language)


@pytest.mark.parametrize(
    ("text", "cry"),
    [
        ("电视里在放老片子，我胸口疼得厉害", "我胸口疼得厉害"),
        ("隔壁都出门去了，老伴昏过去了", "老伴昏过去了"),
        ("去年在雪地里滑过，今天又摔了，起不来", "今天又摔了"),
        ("去年在雪地里滑过，今天又摔了，起不来了", "起不来了"),
        ("邻居家出事了。胸口疼得厉害", "胸口疼得厉害"),
    ],
)
def test_the_elder_the_present_and_a_new_sentence_end_it(text: str, cry: str) -> None:
    assert cry in pieces(text, "zh-CN")


@pytest.mark.parametrize("mark", ["？", "，"])
def test_a_question_that_is_given_back_and_denied_is_one_piece(mark: str) -> None:
    """Recognisers write a comma where the voice asks."""
    assert pieces(f"胸口疼{mark}没有，巴适得很", "zh-CN") == [f"胸口疼{mark}没有", "巴适得很"]


def test_somebody_elses_trouble_is_one_piece_with_what_the_elder_sets_against_it() -> None:
    assert pieces("儿媳妇出血了，我好好的，放心", "zh-CN") == ["儿媳妇出血了，我好好的"]


def test_the_spouses_trouble_is_a_piece_of_its_own() -> None:
    assert "老伴出血了" in pieces("老伴出血了，我吃了饭", "zh-CN")


def test_a_short_text_has_no_pieces() -> None:
    assert pieces("摔了一跤", "zh-CN") == []
    assert pieces("", "zh-CN") == []


@given(text=st.text(max_size=200), language=st.sampled_from(("zh-CN", "es", "en")))
def test_any_text_is_cut_into_few_pieces(text: str, language: Language) -> None:
    assert len(pieces(text, language)) <= 10
