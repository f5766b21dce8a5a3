"""What was said and could not be heard is never taken for well, nor forgotten: asked again, and flagged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.calls import LONG, AtHand, Hears, Interview, Story, ask, bye, phone, told
from support.engines import FOR_EVER_S, SlowEngines
from support.telephone import (
    Behaviour,
    Person,
    hang_up,
    quiet,
    say,
    until_robot_is_silent,
    until_robot_speaks,
    voice,
)

from ivr.dialogue import Answered, HangUp, HungUp, PromptFinished, Say, UtteranceHeard
from ivr.minutes import UNHEARD
from ivr.report import CallOutcome, Confirmed
from speech.types import Pcm, Urgency

FINE = voice("hao_zhe_ne")
HELP = voice("kuai_jiu_ming")
LONG_OPENING = (Say((LONG, LONG), interruptible=False), ask("您好吗")[1])


def elder(*words: Pcm, first: Callable[[], None] = lambda: None) -> Person:
    """Answers each time the robot has asked something; ``first`` happens before they do."""

    def behave() -> Behaviour:
        for each in words:
            yield from until_robot_is_silent()
            first()
            yield from say(each)
            yield from until_robot_speaks()
        yield from quiet(90)

    return Person(behave)


def talk(person: Person, dialogue: Interview, recognizer: Hears, engines: SlowEngines, **how: Any) -> Story:
    """With engines that take call time for what they hear; what is said is at hand."""
    return phone(person, dialogue, recognizer, engines=engines, prompts=AtHand(), **how)


def is_flagged(story: Story) -> bool:
    flags = [flag for flag in story.report.flags if flag.code == UNHEARD]
    assert flags == [flag for flag in story.notes.flags if flag.code == UNHEARD], "told at once, and once"
    return [(flag.urgency, flag.confirmed) for flag in flags] == [(Urgency.NEED, Confirmed.NOT_ASKED)]


def answers(story: Story) -> list[str]:
    return [turn.understanding.answer for turn in story.report.turns if turn.understanding]


# Engines that crash


def test_an_engine_that_crashes_once_is_asked_again_and_nobody_notices():
    story = phone(elder(FINE), Interview(ask("您好吗"), bye()), Hears(RuntimeError("oneDNN"), "好着呢"))
    assert told(story) == [Answered, PromptFinished, UtteranceHeard, PromptFinished]
    assert answers(story) == ["yes"]
    assert not story.report.flags


def test_whoever_could_not_be_heard_is_asked_again_and_a_person_listens():
    crash = [RuntimeError("CUDA on fire")] * 4  # the beginning and the whole answer, each tried twice
    dialogue = Interview(ask("您好吗"), ask("再说一遍"), bye())
    story = phone(elder(FINE, FINE), dialogue, Hears(*crash, "好着呢"))
    assert answers(story) == ["silence", "yes"]
    assert story.report.outcome is CallOutcome.COMPLETED
    assert is_flagged(story), "the first words may have been a cry for help"


def test_two_answers_running_that_nobody_could_hear_end_the_call():
    dialogue = Interview(ask("您好吗"), ask("再说一遍"), ask("还是没听清"))
    story = phone(elder(FINE, FINE), dialogue, Hears(*[MemoryError()] * 20))
    assert story.report.ended_early
    assert story.report.outcome is CallOutcome.PARTIAL
    assert story.report.cause == "the recognizer failed: MemoryError"
    assert story.robot_s[-1][1] - story.robot_s[-1][0] == pytest.approx(0.75, abs=0.03)  # 对不起
    assert is_flagged(story)


def test_a_mistake_in_understanding_costs_the_utterance_and_not_the_call():
    story = phone(
        elder(FINE, FINE), Interview(ask("您好吗"), ask("再说一遍"), bye()), Hears(*[KeyError("x")] * 4, "好")
    )
    assert story.report.outcome is CallOutcome.COMPLETED
    assert is_flagged(story)


def test_a_cry_into_a_prompt_that_no_engine_could_hear_is_flagged_at_once():
    def cries() -> Behaviour:
        yield from until_robot_speaks(for_s=1.0)
        yield from say(HELP)
        yield from until_robot_is_silent()
        yield from say(FINE)
        yield from quiet(20)

    story = phone(Person(cries), Interview(LONG_OPENING, bye()), Hears(*[OSError()] * 2, "好着呢"))
    assert answers(story) == ["yes"]
    assert story.report.outcome is CallOutcome.COMPLETED
    assert is_flagged(story)


def test_of_two_readings_that_end_together_the_failed_one_does_not_hide_the_cry():
    """Once it hid words of suicide: the first of several readings failed, and the others were dropped."""

    def cries() -> Behaviour:
        yield from until_robot_speaks(for_s=0.5)
        yield from say(FINE)
        yield from quiet(0.6)
        yield from say(HELP)
        yield from quiet(0.1)
        yield from hang_up()

    story = phone(Person(cries), Interview(LONG_OPENING, bye()), Hears(*[OSError()] * 2, "快救命", "快救命"))
    heard = story.dialogue.heard(UtteranceHeard)
    assert [each.understanding.urgency for each in heard] == [Urgency.EMERGENCY]
    assert is_flagged(story)


def test_last_words_that_nobody_could_hear_are_flagged_though_the_line_is_gone():
    def answers_and_goes() -> Behaviour:
        yield from until_robot_is_silent()
        yield from say(HELP)
        yield from hang_up()

    story = phone(Person(answers_and_goes), Interview(ask("您好吗")), Hears(*[RuntimeError()] * 8))
    assert told(story) == [Answered, PromptFinished, UtteranceHeard, HungUp]
    assert story.report.cause == "normal"
    assert is_flagged(story)


def test_a_cry_that_was_read_early_counts_though_the_line_goes_while_more_is_said():
    def cries_on() -> Behaviour:
        yield from until_robot_is_silent()
        yield from say(HELP)
        yield from quiet(1.4)
        yield from say(FINE)
        yield from hang_up()

    dialogue = Interview(ask("您好吗", end_silence_s=2.0))
    story = phone(Person(cries_on), dialogue, Hears("快救命", "好着呢", "好着呢"))
    heard = story.dialogue.heard(UtteranceHeard)
    assert Urgency.EMERGENCY in [each.understanding.urgency for each in heard]


# Engines that hang, and load


def test_an_engine_that_hangs_is_given_up_and_the_elder_asked_again():
    engines = SlowEngines(at_once=2)

    def is_not_heard() -> Behaviour:
        yield from until_robot_is_silent()
        engines.takes = FOR_EVER_S
        yield from say(FINE)
        yield from quiet(2.5)
        engines.takes = 0.1
        yield from until_robot_speaks()
        yield from until_robot_is_silent()
        yield from say(FINE)
        yield from quiet(20)

    dialogue = Interview(ask("您好吗"), ask("再说一遍"), bye())
    story = talk(Person(is_not_heard), dialogue, Hears("好着呢", "好着呢"), engines)
    assert answers(story) == ["silence", "yes"]
    assert story.report.outcome is CallOutcome.COMPLETED
    assert is_flagged(story)


def test_an_engine_that_takes_half_a_minute_is_not_waited_for_and_what_it_read_counts():
    """A machine that something else has taken: nothing is broken, and the cry is heard."""
    engines = SlowEngines()

    def cries() -> Behaviour:
        yield from until_robot_is_silent()
        engines.takes = 30.0
        yield from say(HELP)
        yield from quiet(2.5)
        engines.takes = 0.1
        yield from quiet(60)

    dialogue = Interview(ask("您好吗"), ask("再说一遍", no_input_s=20.0), ask("别怕"), bye())
    story = talk(Person(cries), dialogue, Hears("快救命"), engines)
    assert [each.understanding.urgency for each in heard_by(story)] == [Urgency.NONE, Urgency.EMERGENCY]
    assert not story.report.flags


def test_when_all_engines_hang_the_call_ends_and_a_person_listens():
    engines = SlowEngines()

    def hang() -> None:
        engines.takes = FOR_EVER_S

    dialogue = Interview(ask("您好吗"), ask("再说一遍"), ask("还是没听清"))
    story = talk(elder(FINE, FINE, first=hang), dialogue, Hears("好着呢"), engines)
    assert story.report.ended_early
    assert story.report.outcome is CallOutcome.PARTIAL
    assert story.report.cause == "all engines hang"
    assert is_flagged(story)


@pytest.mark.parametrize("others_s", [2.0, 9.0])
def test_an_answer_that_waits_for_its_turn_is_no_failure(others_s: float):
    engines = SlowEngines()
    story = talk(
        busy_while(engines, others_s, FINE), Interview(ask("您好吗"), bye()), Hears("好着呢"), engines
    )
    assert answers(story) == ["yes"]
    assert not story.report.flags
    assert not story.report.ended_early


def test_an_answer_that_takes_eighteen_seconds_after_waiting_for_nine_is_heard():
    """What a limit of twenty seconds on both together would have hidden."""
    engines = SlowEngines(18.0)
    story = talk(busy_while(engines, 9.0, HELP), Interview(ask("您好吗"), bye()), Hears("快救命"), engines)
    assert [each.understanding.urgency for each in heard_by(story)] == [Urgency.EMERGENCY]
    assert not story.report.flags


def test_what_waits_too_long_is_asked_again_and_still_read():
    """The first words are read long after, and turn out to be a cry: it counts."""
    engines = SlowEngines()
    dialogue = Interview(ask("您好吗"), ask("再说一遍"), ask("别怕"), bye())
    story = talk(busy_while(engines, 18.0, HELP), dialogue, Hears("快救命"), engines)
    assert [each.understanding.urgency for each in heard_by(story)] == [Urgency.NONE, Urgency.EMERGENCY]
    assert answers(story)[0] == "silence"
    assert not story.report.flags, "it was heard in the end"


def test_what_is_still_unread_when_the_line_goes_is_read_after_the_call():
    engines = SlowEngines()
    story = talk(busy_while(engines, 40.0, HELP, hang_up), Interview(ask("您好吗")), Hears("快救命"), engines)
    assert [each.understanding.urgency for each in heard_by(story)] == [Urgency.EMERGENCY]
    assert not story.report.flags


def test_and_what_is_not_read_a_minute_later_is_left_to_a_person():
    engines = SlowEngines()
    gone = busy_while(engines, 300.0, HELP, hang_up)
    story = talk(gone, Interview(ask("您好吗")), Hears("快救命"), engines)
    assert heard_by(story) == []
    assert is_flagged(story)


def test_a_cry_into_the_goodbye_is_read_however_busy_the_engines_are():
    engines = SlowEngines()

    def cries() -> Behaviour:
        yield from until_robot_speaks(for_s=0.5)
        engines.occupy(30.0)
        yield from say(HELP)
        yield from quiet(120)

    goodbye = (Say((LONG,), interruptible=False), HangUp(CallOutcome.COMPLETED))
    story = talk(Person(cries), Interview(goodbye), Hears("快救命"), engines)
    assert [each.understanding.urgency for each in heard_by(story)] == [Urgency.EMERGENCY]
    assert story.duration_s < 25.0, "nobody is kept on a silent line for it"


def test_a_call_that_reaches_its_limit_forgets_nothing_that_is_being_read():
    engines = SlowEngines()

    def cries() -> Behaviour:
        yield from until_robot_speaks(for_s=1.0)
        engines.occupy(30.0)
        yield from say(HELP)
        yield from quiet(120)

    opening = (Say((LONG, LONG, LONG), interruptible=False), *ask("您好吗"))
    story = talk(Person(cries), Interview(opening, bye()), Hears("快救命"), engines, max_seconds=8.0)
    assert "limit" in story.report.cause
    assert [each.understanding.urgency for each in heard_by(story)] == [Urgency.EMERGENCY]


def test_a_call_that_ends_for_want_of_a_voice_forgets_nothing_that_is_being_read():
    engines = SlowEngines()

    def cries() -> Behaviour:
        yield from until_robot_speaks(for_s=0.5)
        engines.occupy(30.0)
        yield from say(HELP)
        yield from quiet(120)

    class HalfMute(AtHand):
        def ready(self, sentence: str, **how: Any) -> Any:
            return None if sentence == "说不出" else super().ready(sentence, **how)

    opening = (Say((LONG, "说不出"), interruptible=False), *ask("您好吗"))
    prompts = HalfMute(fails_on=["说不出"])
    story = phone(Person(cries), Interview(opening), Hears("快救命"), engines=engines, prompts=prompts)
    assert story.report.ended_early
    assert [each.understanding.urgency for each in heard_by(story)] == [Urgency.EMERGENCY]


def test_the_beginnings_of_a_halting_answer_do_not_queue_up_under_load():
    """Each is withdrawn when the elder goes on: engines hear what is waited for."""
    engines = SlowEngines()

    def halts() -> Behaviour:
        yield from until_robot_is_silent()
        engines.occupy(14.0)
        for _ in range(3):
            yield from say(FINE)
            yield from quiet(1.3)
        yield from quiet(20)

    recognizer = Hears("好着呢")
    story = talk(Person(halts), Interview(ask("您好吗", end_silence_s=2.0), bye()), recognizer, engines)
    assert answers(story) == ["yes"]
    assert len(recognizer.audio) == 1


def busy_while(
    engines: SlowEngines, others_s: float, words: Pcm, then: Callable[[], Behaviour] = lambda: quiet(90)
) -> Person:
    """Answers a question just when engines are busy with others for so long."""

    def behave() -> Behaviour:
        yield from until_robot_is_silent()
        engines.occupy(others_s)
        yield from say(words)
        yield from then()

    return Person(behave)


def heard_by(story: Story) -> list[UtteranceHeard]:
    return story.dialogue.heard(UtteranceHeard)
