"""No machine is taken for an elder, and whoever is in doubt is a person."""

import numpy as np
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
    until_robot_is_silent,
    voice,
)

from ivr.dialogue import (
    Answered,
    HangUp,
    KeyPressed,
    MachineDetected,
    NothingHeard,
    PromptFinished,
    Say,
    UtteranceHeard,
)
from ivr.lines import Disposition
from ivr.lines.answerer import NetworkSays
from ivr.lines.simulated import SimulatedCall
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


def test_an_elder_who_talks_for_long_at_the_stove_is_not_hung_up_on_though_the_kitchen_beeps():
    elder = tape(FINE, FINE, NOTHING_SAID, tone(0.6), NOTHING_SAID, tone(0.6))
    dialogue = Interview(OPENING, bye(), when={MachineDetected: MESSAGE})
    story = phone(Person(elder), dialogue, Hears("喂？喂？哪位呀，我在做饭呢你等一下"))
    assert MachineDetected not in told(story)
    assert story.report.disposition is Disposition.ANSWERED_HUMAN


def test_whoever_takes_over_from_their_own_machine_is_talked_to():
    elder = tape(FINE, FINE)
    words = "您好，我现在不在家，请留言……喂？喂？我在呢，哪位呀"
    story = phone(Person(elder), Interview(OPENING, bye()), Hears(words))
    assert told(story)[0] is Answered
    assert MachineDetected not in told(story)


def test_a_machine_whose_greeting_a_tone_cuts_short_is_a_machine():
    story = phone(
        Person(tape(FINE[: 2 * 8000], tone(0.5, 1400))), Interview(MESSAGE), Hears("您好，这里是王家，我现在")
    )
    assert story.report.outcome is CallOutcome.MACHINE


@pytest.mark.parametrize(
    "beep",
    [
        np.concatenate([tone(0.2, 1000), NOTHING_SAID[:800], tone(0.2, 1000)]),  # twice
        tone(1.4, 850),  # long
        tone(0.3, 1400, level=2000),  # soft
        np.concatenate([tone(0.25, 620), tone(0.25, 930)]),  # in two notes
    ],
)
def test_the_message_is_said_after_the_tone_whatever_the_tone_is_like(beep):
    story = phone(Person(tape(FINE, NOTHING_SAID, beep)), Interview(MESSAGE), Hears("您好，我是老王"))
    assert story.report.outcome is CallOutcome.MACHINE
    tone_ended = story.person.speaking_s()[-1][1]
    assert tone_ended <= story.robot_s[0][0] <= tone_ended + 0.7, "nothing of it is said into the tone"


def test_a_fax_is_not_reached_and_is_not_talked_to_for_long():
    fax = tape(tone(1.5, level=0), tone(3.0, 2100))
    dialogue = Interview(OPENING, bye(), when={MachineDetected: MESSAGE})
    story = phone(Person(fax), dialogue, Hears())
    assert told(story)[0] is Answered
    assert story.report.outcome is CallOutcome.MACHINE
    assert story.report.disposition is Disposition.ANSWERED_MACHINE


def test_music_on_hold_is_no_machine_and_no_answer_either():
    melody = np.concatenate([hum(0.4, hertz) for hertz in (220, 262, 294, 330, 294, 262) * 6])
    silent = ask(LONG, interruptible=False, no_input_s=3.0)
    story = phone(Person(tape(melody)), Interview(silent, bye(outcome=CallOutcome.SILENT)), Hears())
    assert MachineDetected not in told(story)
    assert all(turn.understanding is None or not turn.understanding.transcript for turn in story.report.turns)


def test_silence_is_no_machine():
    silent = ask(LONG, interruptible=False, no_input_s=3.0)
    story = phone(Person(), Interview(silent, bye(outcome=CallOutcome.SILENT)), Hears())
    assert told(story) == [Answered, PromptFinished, NothingHeard, PromptFinished]


@pytest.mark.parametrize("greeting_s", [0.0, 3.0, 11.0, 40.0])
def test_who_answered_is_decided_within_fifteen_seconds(greeting_s: float):
    """A machine's message may have to wait for its tone; that it is one is known by then."""
    decided_at = []

    class Watched(Hears):
        def recognize(self, pcm, **how):
            decided_at.append(len(person.sent) / 50)
            return super().recognize(pcm, **how)

    sound = hum(greeting_s) if greeting_s else NOTHING_SAID
    person = Person(tape(sound))
    story = phone(person, Interview(OPENING, bye()), Watched("喂，喂，谁呀"), energy=True)
    first = min([*decided_at, story.robot_s[0][0]])
    assert first <= 15.0
    assert told(story)[0] is Answered


# A network that listens as well


@pytest.fixture
def network_speaks_of_a_machine(monkeypatch):
    monkeypatch.setattr(SimulatedCall, "answerer", NetworkSays.MACHINE, raising=False)


@pytest.mark.usefixtures("network_speaks_of_a_machine")
def test_an_elder_whom_the_network_takes_for_a_machine_is_talked_to_all_the_same():
    story = phone(Person(tape(FINE)), Interview(ask("您好吗"), bye()), Hears("您好这里是老王家"))
    assert MachineDetected not in told(story)
    assert story.report.disposition is Disposition.ANSWERED_HUMAN


def of_a_short_tape_with_a_tone():
    short = tape(FINE[: 8000 + 4000], NOTHING_SAID, tone(0.5))
    return phone(Person(short), Interview(MESSAGE), Hears("我是老王"))


def test_a_short_tape_with_a_tone_may_be_an_elder_at_the_kettle():
    assert told(of_a_short_tape_with_a_tone())[0] is Answered


@pytest.mark.usefixtures("network_speaks_of_a_machine")
def test_a_short_tape_with_a_tone_is_known_where_the_network_knows_it_too():
    assert told(of_a_short_tape_with_a_tone())[0] is MachineDetected


# Announcements that are misheard


MISHEARD = "您拨打的用户有没气味请在提示音后留言"
"""Understood by itself this is a smell of gas, heard weakly."""


def test_an_announcement_that_is_misheard_as_gas_is_a_machine_and_nobody_is_sent():
    story = phone(Person(tape(FINE)), Interview(MESSAGE), Hears(MISHEARD))
    assert told(story) == [MachineDetected, PromptFinished]
    assert story.report.outcome is CallOutcome.MACHINE


def test_what_the_beginning_of_an_announcement_was_misheard_as_is_forgotten_once_it_is_known():
    """The first half sounds like gas; while the opening is said the second half gives it away."""
    machine = tape(FINE, *[NOTHING_SAID] * 4, FINE, FINE, NOTHING_SAID)
    dialogue = Interview(OPENING, when={MachineDetected: MESSAGE, UtteranceHeard: bye("马上叫人")})
    story = phone(Person(machine), dialogue, Hears("有没气味", "您拨打的用户暂时无法接听"))
    assert MachineDetected in told(story)
    assert UtteranceHeard not in told(story)
    assert story.report.outcome is CallOutcome.MACHINE


def test_what_comes_of_the_rest_of_an_announcement_sends_nobody_either():
    machine = tape(FINE, *[NOTHING_SAID] * 4, FINE, *[NOTHING_SAID] * 10)
    story = phone(Person(machine), Interview(MESSAGE), Hears("您拨打的用户暂时无法接听", MISHEARD))
    assert told(story)[0] is MachineDetected
    assert UtteranceHeard not in told(story)


def test_an_announcement_that_the_network_breaks_off_sends_nobody():
    def network():
        yield from until_robot_is_silent(for_s=0.6)
        yield from say(FINE)
        yield from hang_up()

    story = phone(Person(network), Interview(ask("您好吗")), Hears(MISHEARD))
    assert UtteranceHeard not in told(story)


@pytest.mark.parametrize("cry", ["救命啊", "就命", "煤气漏了"])
def test_a_cry_beside_an_announcement_is_a_cry(cry: str):
    story = phone(Person(tape(FINE)), Interview(OPENING, bye("马上叫人")), Hears(f"{cry}，请在提示音后留言"))
    assert told(story)[0] is Answered
    assert UtteranceHeard in told(story)


def test_a_cry_that_came_before_an_announcement_is_not_forgotten():
    machine = tape(FINE, *[NOTHING_SAID] * 4, FINE, FINE, NOTHING_SAID)
    dialogue = Interview(OPENING, bye("马上叫人"), when={MachineDetected: MESSAGE})
    story = phone(Person(machine), dialogue, Hears("就命", "您拨打的用户暂时无法接听"))
    assert UtteranceHeard in told(story)


def test_who_may_have_cried_is_asked_though_a_kettle_whistles():
    """A tone after words that may have been a cry is no machine."""
    machine = tape(FINE, *[NOTHING_SAID] * 4, FINE, NOTHING_SAID, tone(0.5))
    dialogue = Interview(OPENING, bye("马上叫人"), when={MachineDetected: MESSAGE})
    story = phone(Person(machine), dialogue, Hears("有没气味", "啊呀"))
    assert MachineDetected not in told(story)
    assert UtteranceHeard in told(story)
