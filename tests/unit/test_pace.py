"""How long a silence means that an elder has finished."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.dialogue.actions import Listen
from ivr.pace import LONGEST_S, Pace, trails_off
from speech.types import LANGUAGES, Understanding, Urgency

YES_NO = Listen("yesno", "falls", end_silence_s=1.2)
OPEN = Listen("wellbeing", "wellbeing", end_silence_s=2.0)


@dataclass(frozen=True)
class Read:
    understanding: Understanding
    wordless: bool = False


def read(
    words: str = "是",
    answer: str = "yes",
    *,
    urgency: Urgency = Urgency.NONE,
    confidence: float = 0.9,
    confirm: bool = False,
) -> Read:
    return Read(Understanding("yesno", words, (), answer, urgency, (), confirm, confidence=confidence))


def test_a_plain_yes_to_a_plain_question_is_taken_after_six_tenths_of_a_second() -> None:
    assert Pace("zh-CN").wait_s(YES_NO, 0.4, read()) == 0.6


@pytest.mark.parametrize("turn", ["confirm", "opt_out", "someone_there"])
def test_nobody_is_hurried_when_much_depends_on_it(turn: str) -> None:
    """A "no" takes back a flag; it may go on."""
    listen = Listen("yesno", turn, end_silence_s=1.2)
    assert Pace("zh-CN").wait_s(listen, 0.4, read("没有", "no")) == 1.2


def test_an_answer_to_an_open_question_may_go_on_and_is_waited_for_twice_as_long() -> None:
    assert Pace("zh-CN").wait_s(OPEN, 1.0, read("好着呢", "ok")) == 1.2


@pytest.mark.parametrize(
    "said",
    [
        read("摔了一跤", "problem", urgency=Urgency.URGENT),  # whoever tells of a trouble may tell all of it
        read("啥", "unclear"),
        read(confidence=0.3),
        read(confirm=True),
        read("唉", "concern"),
    ],
)
def test_what_is_not_a_complete_answer_has_the_usual_time(said: Read) -> None:
    assert Pace("zh-CN").wait_s(YES_NO, 0.8, said) == 1.2
    assert Pace("zh-CN").wait_s(OPEN, 0.8, said) == 2.0


def test_a_long_answer_has_the_usual_time() -> None:
    assert Pace("zh-CN").wait_s(YES_NO, 5.0, read()) == 1.2


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-CN", "好着呢，就是"),
        ("zh-CN", "没有，不过……"),
        ("zh-CN", "还行，嗯"),
        ("es", "Bien, pero"),
        ("es", "Sí, porque..."),
        ("en", "Fine, except"),
        ("en", "No, but"),
    ],
)
def test_words_that_cannot_be_the_last_ones_are_waited_for(language, words: str) -> None:
    assert trails_off(words, language)
    assert Pace(language).wait_s(YES_NO, 0.8, read(words)) == 2.0


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-CN", "好着呢"), ("zh-CN", "嗯"), ("zh-CN", "就是就是"), ("es", "Muy bien"), ("en", "All is well.")],
)
def test_finished_words_are_not(language, words: str) -> None:
    assert not trails_off(words, language)


def test_an_elder_who_pauses_for_two_seconds_has_half_as_much_time_again() -> None:
    slow = Pace("zh-CN", pause_s=2.0)
    assert slow.slowness == pytest.approx(1.5)
    assert slow.usual_s(OPEN) == pytest.approx(3.0)
    assert slow.wait_s(YES_NO, 0.4, read()) == pytest.approx(0.9)


def test_nobody_waits_for_longer_than_four_seconds() -> None:
    assert Pace("zh-CN", pause_s=9.0).longest_s(OPEN) == LONGEST_S == 4.0


def test_an_elder_who_turns_out_to_pause_long_is_given_more_time_for_the_rest_of_the_call() -> None:
    pace = Pace("zh-CN")
    pace.paused(1.9)
    assert pace.usual_s(OPEN) == pytest.approx(2.85)
    pace.paused(0.1)
    assert pace.usual_s(OPEN) == pytest.approx(2.85)


reads = st.builds(
    read,
    st.text(alphabet="好是没有就嗯不过，", max_size=8),
    st.sampled_from(["yes", "no", "ok", "problem", "unclear", "silence"]),
    urgency=st.sampled_from(Urgency),
    confidence=st.floats(0, 1),
    confirm=st.booleans(),
)


@settings(deadline=None)
@given(
    pause=st.none() | st.floats(0, 20),
    more=st.floats(0, 20),
    end_silence=st.floats(0.1, 4.0),
    voiced=st.floats(0, 30),
    said=reads,
    language=st.sampled_from(LANGUAGES),
)
def test_waits_are_ordered_and_only_grow_with_an_elders_pauses(
    pause, more, end_silence, voiced, said, language
) -> None:
    listen = Listen("any", "any", end_silence_s=end_silence)
    pace = Pace(language, pause)
    begin, wait = pace.begin_reading_s(listen, voiced), pace.wait_s(listen, voiced, said)
    assert 0 < begin <= max(wait, end_silence) <= LONGEST_S
    assert wait <= pace.longest_s(listen) <= LONGEST_S
    slower = Pace(language, (pause or 0) + more)
    assert slower.wait_s(listen, voiced, said) >= wait
