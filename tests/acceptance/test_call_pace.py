"""When the robot takes its turn: soon after a clear answer, patiently after everything else."""

import asyncio

import pytest
from support.calls import LONG, AtHand, Hears, Interview, ask, bye, loudest, phone, told
from support.engines import SlowEngines
from support.telephone import Person, hang_up, press, quiet, say, until_robot_is_silent, voice

from ivr.dialogue import HungUp, NothingHeard, PromptFinished, UtteranceHeard
from ivr.senses import CallSenses
from speech.types import Urgency

FINE = voice("hao_zhe_ne")
YES = voice("dui")
IT_IS_ME = voice("dui_shi_wo")
CLOSED = {"question": "yesno", "end_silence_s": 1.2}
OPEN = {"question": "wellbeing", "end_silence_s": 2.0}
DETECTOR_S = 0.3
"""What the detector of voices takes to be sure that somebody has stopped."""


def answers(*sounds, pause_s: float = 1.0):
    def elder():
        yield from until_robot_is_silent(for_s=0.6)
        for sound in sounds:
            yield from say(sound)
            yield from quiet(pause_s)
        yield from quiet(10)

    return Person(elder)


def gaps_of(person: Person, question, *texts: str, **settings):
    """Seconds from the elder's last sound to the robot's next, as the elder hears it."""
    story = phone(person, Interview(ask("您好吗", **question), bye()), Hears(*texts), **settings)
    last = person.speaking_s()[-1][1]
    return story, next(start for start, _ in story.robot_s if start > last) - last


@pytest.fixture
def slow_ears(monkeypatch):
    """Recognition that takes its time; call it with how many seconds."""

    def make(seconds: float) -> None:
        outcome = CallSenses.outcome

        async def slowly(self, reading):
            await asyncio.sleep(seconds)
            return await outcome(self, reading)

        monkeypatch.setattr(CallSenses, "outcome", slowly)

    return make


@pytest.mark.parametrize(
    ("question", "words", "expected_s"),
    [
        (CLOSED, "是", 0.6),
        (CLOSED, "啊呀这个嘛哈", 1.2),
        (CLOSED, "没有，就是", 2.0),
        (OPEN, "好着呢", 1.2),
        (OPEN, "胸口有点疼", 2.0),
    ],
)
def test_the_robot_waits_as_long_as_what_was_said_calls_for(question, words: str, expected_s: float):
    _, gap = gaps_of(answers(IT_IS_ME), question, *[words] * 3)
    assert expected_s - 0.05 <= gap <= expected_s + DETECTOR_S


def test_recognition_runs_while_the_robot_waits_and_costs_no_further_time(slow_ears):
    slow_ears(0.25)
    story, gap = gaps_of(answers(IT_IS_ME), CLOSED, "是")
    assert 0.6 <= gap <= 0.6 + DETECTOR_S
    assert len(story.recognizer.audio) == 1


def test_a_reading_of_a_third_of_a_second_is_done_when_the_shortest_wait_is_over():
    _, quick = gaps_of(answers(IT_IS_ME), CLOSED, "是", prompts=AtHand(), engines=SlowEngines(0.01))
    _, usual = gaps_of(answers(IT_IS_ME), CLOSED, "是", prompts=AtHand(), engines=SlowEngines(0.34))
    assert usual == pytest.approx(quick, abs=0.021)


@pytest.mark.parametrize("reading_s", [0.01, 0.35])
def test_the_greeting_is_read_while_the_robot_waits_whether_more_comes(reading_s: float):
    def elder():
        yield from quiet(0.3)
        yield from say(YES)
        yield from quiet(20)

    story = phone(
        Person(elder), Interview(bye()), Hears("喂"), prompts=AtHand(), engines=SlowEngines(reading_s)
    )
    [gap] = story.report.gaps
    assert gap.wait_s == pytest.approx(0.8)
    assert gap.delay_s <= 0.2


def test_a_greeting_that_goes_on_is_read_as_a_whole_and_a_cry_in_its_beginning_stays_one():
    def elder():
        yield from quiet(0.3)
        yield from say(FINE)
        yield from quiet(0.55)
        yield from say(FINE)
        yield from quiet(20)

    story = phone(Person(elder), Interview(ask("您好吗"), ask("别怕"), bye()), Hears("快救命", "您是谁呀"))
    assert [len(pcm) for pcm in story.recognizer.audio] == sorted(len(pcm) for pcm in story.recognizer.audio)
    heard = [event.understanding for event in story.dialogue.heard(UtteranceHeard)]
    assert [each.urgency for each in heard] == [Urgency.EMERGENCY]


def test_slow_recognition_is_the_machines_own_delay_and_is_told_from_the_wait(slow_ears):
    slow_ears(1.5)
    story, gap = gaps_of(answers(IT_IS_ME), CLOSED, "是")
    noticed = story.report.gaps[-1]
    assert noticed.wait_s == pytest.approx(0.6)
    assert noticed.total_s == pytest.approx(gap, abs=0.06)
    assert noticed.delay_s > 0.9


def test_what_was_read_before_the_elder_went_on_is_thrown_away():
    story, _ = gaps_of(answers(YES, FINE, pause_s=0.1), CLOSED, "是", "是，不过腿疼")
    [turn] = story.report.turns
    assert turn.understanding.transcript == "是，不过腿疼"
    assert len(story.recognizer.audio) == 2


def test_a_cry_that_was_read_early_is_not_taken_back_by_what_follows():
    story, _ = gaps_of(answers(YES, FINE, pause_s=0.7), OPEN, "救命", "没什么")
    [turn] = story.report.turns
    assert turn.understanding.transcript == "救命"


def test_readings_begun_too_early_do_not_pile_up(slow_ears):
    slow_ears(3.0)
    story, _ = gaps_of(answers(YES, YES, YES, YES, pause_s=0.6), CLOSED, *["是"] * 5)
    assert len(story.recognizer.audio) <= 2


def test_an_elder_known_to_pause_for_long_is_not_cut_off():
    def turns(pause_s):
        dialogue = Interview(ask("您好吗", **OPEN), bye())
        story = phone(
            answers(FINE, FINE, pause_s=2.2), dialogue, Hears("腿疼，", "腿疼，胳膊疼"), pause_s=pause_s
        )
        return story.report.turns

    assert turns(None)[0].understanding.transcript == "腿疼，"
    assert turns(2.0)[0].understanding.transcript == "腿疼，胳膊疼"


def test_whoever_was_cut_off_is_given_more_time_afterwards():
    """They go on just as the robot begins to speak: that was no interruption, but a pause."""

    def elder():
        yield from until_robot_is_silent(for_s=0.6)
        yield from say(FINE)
        yield from quiet(1.5)  # the robot has just begun
        yield from say(FINE)
        yield from until_robot_is_silent(for_s=0.6)
        yield from say(FINE)
        yield from quiet(20)

    questions = [ask(LONG, **OPEN) for _ in range(3)]
    story = phone(Person(elder), Interview(*questions, bye()), Hears(*["好着呢"] * 6))
    first, _, last = [gap.wait_s for gap in story.report.gaps][:3]
    assert first == pytest.approx(1.2)
    assert last > first + 0.1


def test_every_turn_keeps_how_long_its_prompt_was_waited_for():
    def elder():
        yield from until_robot_is_silent(for_s=0.6)
        yield from say(IT_IS_ME)
        yield from until_robot_is_silent(for_s=0.6)
        yield from press("1")
        yield from until_robot_is_silent(for_s=0.6)
        yield from quiet(30)

    questions = [ask(LONG, **CLOSED), ask(LONG, **CLOSED), ask(LONG, **CLOSED, no_input_s=4.0)]
    story = phone(Person(elder), Interview(*questions, bye()), Hears("是"))
    first, second, third = story.report.turns
    assert first.gap is None
    assert second.gap.wait_s == pytest.approx(0.6)
    assert second.gap.delay_s < DETECTOR_S
    assert (third.gap.wait_s, third.gap.delay_s < 0.1) == (0.0, True)
    assert story.report.gaps == (second.gap, third.gap)


def test_a_call_is_no_longer_than_its_line_however_slow_the_ears(slow_ears):
    def elder():
        yield from until_robot_is_silent(for_s=0.6)
        yield from say(FINE)
        yield from hang_up()

    slow_ears(6.0)
    story = phone(Person(elder), Interview(ask("您好吗", **OPEN)), Hears("救命"))
    assert story.report.duration_s == pytest.approx(story.duration_s, abs=0.2)
    assert story.report.turns[0].understanding.transcript == "救命"


def test_the_line_does_not_sound_dead_while_a_reply_is_worked_out(slow_ears):
    slow_ears(1.5)
    story, gap = gaps_of(answers(IT_IS_ME), CLOSED, "是")
    last = round(story.person.speaking_s()[-1][1] * 50)
    meanwhile = story.person.heard[last + 30 : last + round(gap * 50) - 2]
    assert all(0 < loudest(frame) < 300 for frame in meanwhile)
    before = story.person.heard[:40]
    assert all(loudest(frame) == 0 for frame in before)


def test_an_elder_who_went_to_the_stove_is_left_in_peace_for_a_minute():
    def elder():
        yield from until_robot_is_silent(for_s=0.6)
        yield from say(IT_IS_ME)
        yield from until_robot_is_silent(for_s=50)
        yield from say(FINE)

    hold = ask("好，您忙", question="any", script_question="hold", no_input_s=60.0, end_silence_s=1.2)
    story = phone(
        Person(elder), Interview(ask("您好吗", **CLOSED), hold, bye()), Hears("我去关火", "我回来了")
    )
    assert told(story)[1:5] == [PromptFinished, UtteranceHeard, PromptFinished, UtteranceHeard]
    assert NothingHeard not in told(story)
    assert HungUp not in told(story)
    spoken = [start for start, _ in story.robot_s]
    assert spoken[2] - spoken[1] > 50
