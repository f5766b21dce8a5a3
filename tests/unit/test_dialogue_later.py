"""When to call again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.dialogue.later import MINUTES_PER_DAY, minutes_for, minutes_until
from speech.types import LANGUAGES, Language


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("我正吃饭呢，过会儿打来", 30),
        ("半小时以后吧", 30),
        ("半个钟头", 30),
        ("二十分钟后", 20),
        ("过两个小时再打", 120),
        ("等10分钟", 10),
        ("现在不方便，下午再打", 300),
        ("晚上吧", 540),
        ("明天上午", 1410),
        ("不方便", None),
        ("", None),
    ],
)
def test_wishes_said_at_ten_in_the_morning(words: str, minutes: int | None) -> None:
    assert minutes_until(words, "zh-CN", 10.0) == minutes


@pytest.mark.parametrize(
    ("words", "language", "minutes"),
    [
        ("llame por la tarde", "es", 300),
        ("más tarde", "es", 30),
        ("mañana por la mañana", "es", 1410),
        ("en veinte minutos", "es", 20),
        ("dentro de un rato", "es", 30),
        ("this afternoon please", "en", 300),
        ("in half an hour", "en", 30),
        ("in an hour", "en", 60),
        ("tomorrow", "en", 1410),
        ("a bit later", "en", 30),
    ],
)
def test_wishes_in_other_languages(words: str, language: Language, minutes: int) -> None:
    assert minutes_until(words, language, 10.0) == minutes


def test_this_afternoon_said_in_the_evening_means_the_next_one() -> None:
    assert minutes_for("afternoon", 19.0) == 20 * 60


def test_without_a_clock_it_is_taken_to_be_mid_morning() -> None:
    assert minutes_until("下午", "zh-CN", None) == 300


@given(
    st.sampled_from(["while", "half_hour", "afternoon", "evening", "tomorrow"]),
    st.floats(0, 23.99, allow_nan=False),
)
def test_the_next_call_always_lies_ahead_and_within_two_days(wish: str, hour: float) -> None:
    assert 0 <= minutes_for(wish, hour) <= 2 * MINUTES_PER_DAY


@given(st.text(max_size=40), st.sampled_from(LANGUAGES))
def test_any_words_can_be_searched_for_a_time(words: str, language: Language) -> None:
    minutes = minutes_until(words, language, 10.0)
    assert minutes is None or minutes >= 0
