"""An answer is looked at stretch by stretch, so that small talk beside a cry for help does not hide it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.meaning.apart import stretches
from speech.types import Language
from speech.wording import clauses


def cut(text: str, language: Language = "zh-CN") -> list[str]:
    return [text[start:end] for start, end in stretches(text, language)]


def test_clauses_are_stretches() -> None:
    assert cut("着火了，今天天气不错") == ["着火了", "今天天气不错"]
    assert cut("me he caído, hace un día precioso", "es") == ["me he caído", "hace un día precioso"]


def test_a_long_clause_is_looked_at_in_windows_since_recognisers_drop_commas() -> None:
    assert cut("着火了今天天气真的不错呀") == ["着火了今天天气真", "天天气真的不错呀"]


def test_a_cry_of_two_syllables_is_a_stretch_and_an_interjection_is_none() -> None:
    assert cut("哎，救命，天要下雨") == ["救命", "天要下雨"]


def test_a_cry_at_the_end_of_a_long_ramble_is_looked_at_too() -> None:
    ramble = "，".join(f"先说第{number}件事" for number in range(30))

    assert "摔倒了" in cut(f"{ramble}，摔倒了")


def test_what_is_all_of_the_text_is_none_of_its_stretches() -> None:
    assert cut("我摔倒了") == []
    assert cut(" 我摔倒了 ") == []
    assert cut("") == []


@pytest.mark.parametrize("language", ["zh-CN", "es", "en"])
@given(text=st.text(max_size=300))
def test_stretches_of_any_text_lie_within_it_and_leave_no_longer_clause_out(
    language: Language, text: str
) -> None:
    found = stretches(text, language)

    assert len(found) <= 96
    assert all(0 <= start < end <= len(text) for start, end in found)
    seen = {at for start, end in found for at in range(start, end)}
    several = len(clauses(text, language)) > 1
    for clause in clauses(text, language) if several and len(found) < 96 else ():
        if len(clause.text) > 8:
            assert set(clause.origin) <= seen
