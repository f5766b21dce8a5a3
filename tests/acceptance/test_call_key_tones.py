"""Keys whose sound is all that comes from the line: an answer like any other key, once, and never words."""

from __future__ import annotations

import pytest
from support.calls import LONG, Hears, Interview, ask, bye, phone, told
from support.key_sounds import key_sound
from support.telephone import (
    Behaviour,
    Person,
    press,
    quiet,
    say,
    until_robot_is_silent,
    until_robot_speaks,
    voice,
)

from ivr.dialogue import Answered, KeyPressed, PromptFinished, UtteranceHeard

FINE = voice("hao_zhe_ne")
WORST_LINE = {"jitter_ms": 40.0, "loss": 0.03}


def sounds(*keys: str, seconds: float = 0.15) -> Behaviour:
    for key in keys:
        yield from say(key_sound(key, seconds))
        yield from quiet(0.1)


@pytest.mark.parametrize("line", [{}, WORST_LINE])
def test_keys_that_only_sound_answer_question_after_question(line: dict[str, float]) -> None:
    def elder() -> Behaviour:
        for key in "123":
            yield from until_robot_is_silent(for_s=1.0)
            yield from sounds(key)

    story = phone(
        Person(elder, line=line), Interview(ask("您好吗"), ask("吃得好吗"), ask("睡得好吗"), bye()), Hears()
    )
    assert story.dialogue.heard(KeyPressed) == [KeyPressed("1"), KeyPressed("2"), KeyPressed("3")]
    assert [turn.key for turn in story.report.turns] == ["1", "2", "3"]


@pytest.mark.parametrize("by_loudness", [False, True])
def test_the_sound_of_a_key_is_nobodys_words(by_loudness: bool) -> None:
    """Whether voices are known by Silero or by being loud."""

    def elder() -> Behaviour:
        yield from until_robot_is_silent(for_s=1.0)
        yield from sounds("1", seconds=0.6)
        yield from until_robot_is_silent(for_s=1.0)
        yield from sounds("2", seconds=0.08)

    ears = Hears("不该听见的")
    story = phone(Person(elder), Interview(ask("您好吗"), ask("吃得好吗"), bye()), ears, energy=by_loudness)
    assert told(story) == [Answered, PromptFinished, KeyPressed, PromptFinished, KeyPressed, PromptFinished]
    assert ears.audio == [], "nothing of it is recognised"
    assert not story.dialogue.heard(UtteranceHeard)
    assert [turn.understanding for turn in story.report.turns] == [None, None]


def test_a_key_that_is_told_and_sounds_as_well_answers_one_question() -> None:
    def elder() -> Behaviour:
        yield from until_robot_is_silent(for_s=1.0)
        yield from press("1")
        yield from sounds("1")
        yield from until_robot_is_silent(for_s=1.0)
        yield from sounds("2")
        yield from press("2")

    story = phone(Person(elder), Interview(ask("您好吗"), ask("吃得好吗"), bye()), Hears())
    assert [turn.key for turn in story.report.turns] == ["1", "2"]


def test_a_network_that_tells_of_a_key_long_after_its_sound_does_not_answer_the_next_question() -> None:
    def elder() -> Behaviour:
        yield from until_robot_is_silent(for_s=1.0)
        yield from sounds("1")
        yield from quiet(1.2)
        yield from press("1")
        yield from until_robot_is_silent(for_s=2.0)
        yield from press("2")

    story = phone(Person(elder), Interview(ask("您好吗"), ask(LONG), bye()), Hears())
    assert [turn.key for turn in story.report.turns] == ["1", "2"]


def test_a_key_pressed_while_speaking_is_kept_out_of_what_is_recognised() -> None:
    def elder() -> Behaviour:
        yield from until_robot_is_silent(for_s=0.5)
        yield from say(FINE)
        yield from sounds("1")

    ears = Hears("好着呢")
    story = phone(Person(elder), Interview(ask("您好吗"), bye()), ears)
    assert story.dialogue.heard(KeyPressed) == [KeyPressed("1")]
    assert all(len(pcm) <= len(FINE) + 0.7 * 8000 for pcm in ears.audio)


def test_a_key_that_sounds_into_a_prompt_stops_it_at_once() -> None:
    def elder() -> Behaviour:
        yield from until_robot_speaks(for_s=1.0)
        yield from sounds("1")
        yield from until_robot_is_silent(for_s=0.2)

    story = phone(Person(elder), Interview(ask(LONG), bye()))
    start, end = story.robot_s[0]
    assert end - start <= 1.2
    assert story.dialogue.heard(KeyPressed) == [KeyPressed("1")]
