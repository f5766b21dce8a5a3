"""No machine is taken for an elder, and whoever is in doubt is a person."""

import pytest
from support.calls import LONG, Hears, Interview, ask, bye, phone, told
from support.telephone import (
    Person,
    hang_up,
    hum,
    press,
    quiet,
    say,
    tone,
    voice,
)

from ivr.dialogue import (
    Answered,
    HangUp,
    KeyPressed,
    MachineDetected,
    PromptFinished,
    Say,
)
from ivr.lines import Disposition
from ivr.report import CallOutcome

FINE = voice("hao_zhe_ne")
YES = voice("dui")
OPENING = (Say((LONG, LONG), interruptible=False), ask("您好吗")[1])


# Machines


def tape(*pieces):
    def machine():
        yield from quiet(0.3)
        for piece in pieces:
            yield from say(piece)
        yield from quiet(60)

    return machine


MESSAGE = (Say(("请回电",), interruptible=False), HangUp(CallOutcome.MACHINE))
NOTHING_SAID = tone(0.3, level=0)


def test_a_voicemail_greeting_with_a_tone_is_a_machine_and_gets_its_message_after_the_tone():
    machine = tape(FINE, NOTHING_SAID, tone(0.5))
    story = phone(Person(machine), Interview(MESSAGE), Hears("您好，我现在不方便接电话"))
    assert told(story) == [MachineDetected, PromptFinished]
    assert story.report.outcome is CallOutcome.MACHINE
    assert story.report.disposition is Disposition.ANSWERED_MACHINE
    beep_ended = 0.3 + 2.58 + 0.3 + 0.5
    assert beep_ended <= story.robot_s[0][0] <= beep_ended + 1.5
    assert story.report.turns == ()


def test_a_machine_that_hangs_up_before_its_tone_is_a_machine_still():
    def machine():
        yield from quiet(0.3)
        yield from say(FINE)
        yield from quiet(1.5)
        yield from hang_up()

    story = phone(Person(machine), Interview(MESSAGE), Hears("您拨打的用户暂时无法接通"))
    assert told(story)[0] is MachineDetected
    assert story.report.outcome is CallOutcome.MACHINE


def test_what_only_machines_say_is_enough():
    story = phone(Person(tape(FINE)), Interview(MESSAGE), Hears("您拨打的用户暂时无法接通"))
    assert told(story) == [MachineDetected, PromptFinished]


def test_a_machine_that_pauses_in_its_greeting_is_noticed_during_the_opening():
    machine = tape(FINE, *[NOTHING_SAID] * 4, FINE, FINE, NOTHING_SAID, tone(0.5))
    dialogue = Interview(OPENING, when={MachineDetected: MESSAGE})
    story = phone(Person(machine), dialogue, Hears("您好", "我是老王", "有事请留言"))
    assert told(story)[:3] == [Answered, PromptFinished, MachineDetected]
    assert story.report.outcome is CallOutcome.MACHINE


def test_a_tape_that_is_taken_for_an_answer_first_is_noticed_all_the_same():
    machine = tape(FINE, *[NOTHING_SAID] * 8, FINE)
    dialogue = Interview(ask("喂", interruptible=False), when={MachineDetected: MESSAGE})
    story = phone(Person(machine), dialogue, Hears("您好", "请在提示音后留言"))
    assert MachineDetected in told(story)
    assert story.report.turns == ()


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        (FINE, "喂，谁呀，我在呢"),  # talkative
        (tone(0.5), ""),  # a tone alone: a kettle, a hearing aid
        (hum(1.0), ""),  # somebody humming
        (FINE, "我不行了快救命"),  # distress counts before everything
    ],
)
def test_whoever_is_in_doubt_is_a_person(greeting, words: str):
    story = phone(Person(tape(greeting)), Interview(OPENING, bye()), Hears(words))
    assert told(story)[0] is Answered
    assert MachineDetected not in told(story)


def test_a_short_greeting_and_a_whistling_kettle_are_a_person():
    story = phone(Person(tape(YES, NOTHING_SAID, tone(0.6))), Interview(OPENING, bye()), Hears("喂"))
    assert MachineDetected not in told(story)


def test_a_key_shows_that_a_person_is_there():
    def elder():
        yield from press("1")
        yield from say(FINE)
        yield from quiet(20)

    story = phone(Person(elder), Interview(ask(LONG), bye()), Hears("请留言"))
    assert told(story)[0] is Answered
    assert isinstance(story.dialogue.heard(KeyPressed)[0], KeyPressed)
    assert story.duration_s > 4.0


def test_a_greeting_that_never_ends_is_a_machine():
    story = phone(Person(tape(*[FINE] * 6)), Interview(MESSAGE), Hears("欢迎光临本公司"))
    assert told(story)[0] is MachineDetected
