"""No cry for help is missed and nobody is left in silence."""

import asyncio
from dataclasses import replace

import pytest
from support.calls import (
    LONG,
    LONG_S,
    MORNING,
    Hears,
    Interview,
    Notes,
    Story,
    Tones,
    ask,
    bye,
    call_on,
    phone,
    senses,
    told,
)
from support.telephone import (
    Person,
    hang_up,
    hum,
    quiet,
    say,
    until_robot_is_silent,
    until_robot_speaks,
    voice,
)

from ivr.call import converse
from ivr.clock import LoopClock
from ivr.dialogue import (
    Answered,
    HangUp,
    HungUp,
    NothingHeard,
    PromptFinished,
    RaiseFlag,
    Say,
    UtteranceHeard,
)
from ivr.lines.simulated import SimulatedLine
from ivr.report import CallOutcome, Confirmed, FlagRaised
from ivr.virtual_time import run_virtual
from speech.types import SynthesisError, Urgency

FINE = voice("hao_zhe_ne")
YES = voice("dui")
HELP = voice("kuai_jiu_ming")
FLAG = FlagRaised("help", Urgency.EMERGENCY, "wellbeing", 0, Confirmed.UNCLEAR, "快救命")
OPENING = (Say((LONG, LONG), interruptible=False), ask("您好吗")[1])


# Cries for help


def test_a_cry_in_the_opening_that_may_not_be_interrupted_is_heard_at_once():
    def elder():
        yield from until_robot_speaks(for_s=1.0)
        yield from say(HELP)
        yield from quiet(20)

    story = phone(Person(elder), Interview(OPENING, ask("别怕"), bye()), Hears("快救命"))
    assert told(story)[:3] == [Answered, PromptFinished, UtteranceHeard]
    assert story.dialogue.told[2].understanding.urgency is Urgency.EMERGENCY
    cried_until = story.person.speaking_s()[0][1]
    assert story.robot_s[0][1] <= cried_until + 0.6
    assert story.report.turns[0].understanding.transcript == "快救命"


def test_distress_short_of_an_emergency_lets_the_opening_be_said_first():
    def elder():
        yield from until_robot_speaks(for_s=1.0)
        yield from say(FINE)
        yield from quiet(30)

    story = phone(Person(elder), Interview(OPENING, ask("是吗"), bye()), Hears("我前几天摔了一跤"))
    first, second = story.robot_s[:2]
    assert [first[1] - first[0], second[1] - second[0]] == pytest.approx([LONG_S, LONG_S], abs=0.03)
    assert told(story)[:3] == [Answered, PromptFinished, UtteranceHeard]
    assert story.dialogue.told[2].understanding.urgency is Urgency.URGENT


def test_a_cry_too_short_to_interrupt_interrupts_all_the_same():
    def elder():
        yield from until_robot_speaks(for_s=1.0)
        yield from say(YES)  # 0.3 s: a cough by its length, but the recogniser knows better
        yield from quiet(20)

    story = phone(Person(elder), Interview(ask(LONG), ask("别怕"), bye()), Hears("救命"))
    assert story.robot_s[0][1] - story.robot_s[0][0] < 2.2
    assert story.report.turns[0].understanding.urgency is Urgency.EMERGENCY


def test_a_cry_instead_of_a_greeting_is_answered_instead_of_the_opening():
    def elder():
        yield from quiet(0.3)
        yield from say(HELP)
        yield from quiet(20)

    story = phone(Person(elder), Interview(OPENING, ask("别怕"), bye()), Hears("快救命"))
    assert told(story)[:3] == [Answered, PromptFinished, UtteranceHeard]
    assert story.robot_s[0][1] - story.robot_s[0][0] == pytest.approx(0.5, abs=0.03)  # 别怕


def test_a_cry_while_the_robot_takes_leave_is_heard_before_it_hangs_up():
    def elder():
        yield from until_robot_is_silent(for_s=0.1)
        yield from say(HELP)

    story = phone(
        Person(elder),
        Interview((Say(("再见",), interruptible=False), HangUp(CallOutcome.COMPLETED))),
        Hears("快救命"),
    )
    assert told(story) == [Answered, PromptFinished, UtteranceHeard]
    assert story.report.turns[0].question == "unasked"


@pytest.mark.parametrize("cut_frames", [0, 10])
def test_a_cry_cut_off_by_the_line_is_still_heard(cut_frames: int):
    def elder():
        yield from until_robot_speaks(for_s=1.0)
        yield from say(HELP[: len(HELP) - cut_frames * 160])
        yield from hang_up()

    story = phone(Person(elder), Interview(OPENING), Hears("快救命"))
    assert told(story) == [Answered, UtteranceHeard, HungUp]
    assert story.report.outcome is CallOutcome.PARTIAL


def test_ordinary_words_overheard_before_the_line_went_are_not_taken_for_an_answer():
    def elder():
        yield from until_robot_speaks(for_s=1.0)
        yield from say(FINE)
        yield from hang_up()

    story = phone(Person(elder), Interview(OPENING), Hears("好着呢"))
    assert told(story) == [Answered, HungUp]


def test_what_waits_for_confirmation_is_raised_when_the_elder_hangs_up():
    def elder():
        yield from until_robot_is_silent()
        yield from hang_up()

    dialogue = Interview(ask("是摔倒了吗"), when={HungUp: (RaiseFlag(FLAG),)})
    story = phone(Person(elder), dialogue)
    assert story.report.flags == (FLAG,)
    assert story.notes.flags == [FLAG]


def test_a_flag_is_raised_while_the_elder_is_still_on_the_line():
    raised_at_frame: list[int] = []

    class Watching(Notes):
        def flag_raised(self, flag: FlagRaised) -> None:
            raised_at_frame.append(len(person.heard))
            super().flag_raised(flag)

    person = Person(_answers_once)
    dialogue = Interview(ask("您好吗"), (RaiseFlag(FLAG), *bye(LONG)))
    notes = Watching()
    story = phone(person, dialogue, Hears("快救命"), notes=notes)
    assert len(notes.turns) == 1
    assert raised_at_frame[0] * 0.02 <= story.robot_s[1][0]
    assert story.report.flags == (FLAG,)


def _answers_once():
    yield from until_robot_is_silent()
    yield from say(HELP)


def _answers_twice():
    for _ in range(2):
        yield from until_robot_is_silent()
        yield from say(FINE)
        yield from until_robot_speaks()
    yield from quiet(20)


def test_an_observer_that_cannot_store_a_turn_still_gets_the_flag_and_the_call_is_hung_up():
    class Full(Notes):
        def turn_taken(self, _turn, _state):
            raise OSError("disk full")

    notes = Full()
    dialogue = Interview(ask("您好吗"), (RaiseFlag(FLAG), *bye(LONG)))
    with pytest.raises(OSError, match="disk full"):
        phone(Person(_answers_once), dialogue, Hears("快救命"), notes=notes)
    assert notes.flags == [FLAG]
    assert told_last(dialogue) is HungUp


def told_last(dialogue: Interview) -> type:
    return type(dialogue.told[-1])


# Engines that fail


def test_when_the_recogniser_fails_the_elder_is_told_and_the_call_is_reported():
    dialogue = Interview(ask("您好吗"), ask("请再说一遍"), when={HungUp: (RaiseFlag(FLAG),)})
    story = phone(Person(_answers_twice), dialogue, Hears(*[RuntimeError("CUDA on fire")] * 20))
    assert told(story) == [Answered, PromptFinished, UtteranceHeard, PromptFinished, UtteranceHeard, HungUp]
    assert story.report.outcome is CallOutcome.PARTIAL
    assert story.report.cause == "the recognizer failed: RuntimeError"
    assert story.report.ended_early
    # An emergency was waiting to be confirmed: the flag stands, and the words are those for emergencies.
    assert story.report.flags[-1] == FLAG
    start, end = story.robot_s[-1]
    assert end - start == pytest.approx(1.25, abs=0.03)  # 马上有人来


def test_a_sentence_that_cannot_be_spoken_ends_the_call_with_words_that_can():
    prompts = Tones(fails_on=["张桂兰您好"])
    dialogue = Interview((Say(("您好", "张桂兰您好")), *ask("您好吗")))
    story = phone(Person(), dialogue, prompts=prompts)
    assert told(story) == [Answered, HungUp]
    assert story.report.outcome is CallOutcome.PARTIAL
    assert story.report.cause == "the synthesizer failed: RuntimeError"
    assert "张桂兰" not in story.report.cause
    lengths = [end - start for start, end in story.robot_s]
    assert lengths == [pytest.approx(0.5, abs=0.03), pytest.approx(0.75, abs=0.03)]


def test_without_any_voice_the_robot_hangs_up_rather_than_keep_silent():
    class Mute(Tones):
        def get(self, sentence, **_how):
            raise SynthesisError(f"no voice for {sentence}")

    story = phone(Person(), Interview(ask("您好吗")), prompts=Mute())
    assert story.robot_s == []
    assert story.report.cause == "the synthesizer failed: SynthesisError"
    assert story.report.duration_s < 2.0


def test_a_failing_recogniser_does_not_hide_that_the_elder_hung_up():
    def elder():
        yield from until_robot_is_silent()
        yield from say(FINE)
        yield from hang_up()

    story = phone(Person(elder), Interview(ask("您好吗")), Hears(*[RuntimeError("no")] * 4))
    assert told(story) == [Answered, PromptFinished, UtteranceHeard, HungUp]
    assert story.report.cause == "normal"


def test_a_mistake_in_the_program_is_raised_after_the_flags_and_the_hang_up():
    class Broken(Interview):
        def tell(self, event):
            if isinstance(event, NothingHeard):
                raise KeyError("no such question")
            return super().tell(event)

    dialogue = Broken(ask("您好吗"), when={HungUp: (RaiseFlag(FLAG),)})
    notes = Notes()
    with pytest.raises(KeyError, match="no such question"):
        phone(Person(), dialogue, notes=notes)
    assert notes.flags == [FLAG]


# Many at once


def test_fifty_calls_at_once_come_out_like_one():
    async def main(clock: LoopClock) -> list[Story]:
        def one():
            dialogue = Interview(ask("您好吗"), bye())
            return call_on(clock, Person(_answers_once), dialogue, Hears("好着呢"), energy=True)

        return await asyncio.gather(*(one() for _ in range(50)))

    stories = run_virtual(main, MORNING)
    assert {story.report.turns[0].understanding.transcript for story in stories} == {"好着呢"}
    times = {(story.report.turns[0].started_s, story.report.turns[0].ended_s) for story in stories}
    assert len(times) == 1


def test_a_line_that_goes_dead_without_a_word_does_not_keep_the_robot_for_ever():
    class Dead:
        provider_call_id = "dead"

        def __init__(self):
            self.hung_up = False

        async def receive(self):
            await asyncio.Event().wait()

        async def send(self, _pcm):
            await asyncio.sleep(0.02)

        async def hang_up(self):
            self.hung_up = True

    dead, dialogue = Dead(), Interview(ask("您好吗"))

    async def main(clock: LoopClock):
        return await converse(
            dead, partner=dialogue, language="zh-CN", senses=senses(Hears()), clock=clock, observer=Notes()
        )

    report = run_virtual(main, MORNING)
    assert report.cause == "the line has sent nothing for 10 s"
    assert [type(event) for event in dialogue.told] == [HungUp]
    assert dead.hung_up


def test_without_a_voice_detector_loudness_must_do():
    def broken():
        raise RuntimeError("cannot load the model")

    def elder():
        yield from until_robot_is_silent()
        yield from say(hum(1.5))

    person, dialogue = Person(elder), Interview(ask("您好吗"), bye())

    async def main(clock: LoopClock):
        line = SimulatedLine(lambda _number: person, clock)
        call = await line.dial("+861", reference="a1")
        with_loudness = replace(senses(Hears("好着呢")), detector=broken)
        return await converse(
            call, partner=dialogue, language="zh-CN", senses=with_loudness, clock=clock, observer=Notes()
        )

    report = run_virtual(main, MORNING)
    assert report.turns[0].understanding.transcript == "好着呢"
