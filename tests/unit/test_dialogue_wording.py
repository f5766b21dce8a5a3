"""Sentences and numbers, as they are said aloud."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.wording import fill, placeholders, speak_number, split_sentences
from speech.types import LANGUAGES, Language


@pytest.mark.parametrize(
    ("number", "spoken"),
    [
        ("120", "幺二零"),
        ("12345", "幺二三四五"),
        ("0533-5181234", "零五三三，五幺八，幺二三四"),
        ("+865335181234", "零五三三，五幺八，幺二三四"),
        ("05335181234", "零五三三，五幺八，幺二三四"),
        ("8613800138000", "八，六幺三八，零零幺三，八零零零"),
        ("13800138000", "幺三八，零零幺三，八零零零"),
        ("0533-12345", "零五三三，幺二三四五"),
        ("0533-5181234;ext=12", "零五三三，五幺八，幺二三四，转幺二"),
    ],
)
def test_numbers_are_read_digit_by_digit_in_groups(number: str, spoken: str) -> None:
    assert speak_number(number, "zh-CN") == spoken


def test_numbers_in_spanish_and_english() -> None:
    assert speak_number("0533-12", "es") == "cero cinco tres tres, uno dos"
    assert speak_number("0533-12", "en") == "zero five three three, one two"
    assert speak_number("120;ext=7", "en") == "one two zero, extension seven"


@given(st.text("0123456789", min_size=1, max_size=15), st.sampled_from(LANGUAGES))
def test_no_digit_of_a_number_gets_lost(number: str, language: Language) -> None:
    digits = {"zh-CN": "零幺二三四五六七八九"}.get(language)
    if digits is not None:
        assert (
            "".join(str(digits.index(sign)) for sign in speak_number(number, language) if sign in digits)
            == number
        )
    else:
        assert len(speak_number(number, language).replace(",", "").split()) == len(number)


def test_chinese_text_is_split_after_its_marks() -> None:
    assert split_sentences("您好！请问您是{name}吗？好，再见。") == (
        "您好！",
        "请问您是{name}吗？",
        "好，再见。",
    )


def test_spanish_text_keeps_its_opening_marks() -> None:
    assert split_sentences("¡Hola! ¿Cómo está? Bien.") == ("¡Hola!", "¿Cómo está?", "Bien.")


def test_splitting_nothing_gives_nothing() -> None:
    assert split_sentences("  ") == ()


@given(st.lists(st.sampled_from(["您好！", "好的。", "是吗？"]), max_size=5))
def test_splitting_loses_no_sentence(sentences: list[str]) -> None:
    assert list(split_sentences("".join(sentences))) == sentences


def test_placeholders_are_found_and_filled() -> None:
    assert placeholders("请打{callback_number}找{name}。") == {"callback_number", "name"}
    assert fill("找{name}。", {"name": "张{桂}兰"}) == "找张{桂}兰。"
