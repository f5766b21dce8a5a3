"""How a call sounds and feels: when the robot speaks, when it falls silent, what it hears."""

import asyncio
import gc
import threading

import numpy as np
import pytest
from support.calls import LONG, Hears, Interview, Tones, ask, bye, call_on, loudest, phone, told
from support.telephone import (
    Person,
    Ring,
    hang_up,
    hum,
    press,
    quiet,
    say,
    until_robot_is_silent,
    until_robot_speaks,
    voice,
)

from ivr.clock import SystemClock
from ivr.dialogue import (
    Answered,
    HungUp,
    Listen,
    NothingHeard,
    PromptFinished,
    Say,
    UtteranceHeard,
)
from ivr.lines import Disposition
from ivr.recording import Track
from ivr.report import CallOutcome
from speech.audio import level_dbfs

FINE = voice("hao_zhe_ne")
YES = voice("dui")
IT_IS_ME = voice("dui_shi_wo")


# An ordinary call


def test_an_elder_is_asked_and_answers():
    def elder():
        yield from quiet(0.4)
        yield from say(YES)
        yield from until_robot_is_silent()
        yield from say(FINE)
        yield from until_robot_is_silent()

    story = phone(Person(elder), Interview(ask("您好吗"), bye()), Hears("喂", "好着呢"))
    assert told(story) == [Answered, PromptFinished, UtteranceHeard, PromptFinished]
    assert story.report.outcome is CallOutcome.COMPLETED
    assert story.report.disposition is Disposition.ANSWERED_HUMAN
    assert story.report.cause == ""
    (turn,) = story.report.turns
    assert turn.prompt == ("您好吗",)
    assert turn.understanding.transcript == "好着呢"
    assert turn.response_delay_s == pytest.approx(1.1, abs=0.15)
    assert turn.speech_s == pytest.approx(2.3, abs=0.3)
    assert not turn.barge_in
    assert story.notes.turns == [turn]
    assert story.notes.states == [story.report.state | {"told": story.report.state["told"][:3]}]


@pytest.mark.parametrize("quieter_db", [0.0, 12.0])
def test_where_an_answer_paused_and_how_loud_it_was_is_measured(quieter_db):
    said = (FINE * 10 ** (-quieter_db / 20)).astype(np.int16)

    def elder():
        yield from until_robot_is_silent()
        yield from say(said)
        yield from quiet(0.8)
        yield from say(said)
        yield from until_robot_is_silent()

    dialogue = Interview(ask("您好吗", end_silence_s=1.5), bye())
    (turn,) = phone(Person(elder), dialogue, Hears("好着呢，好着呢")).report.turns
    assert turn.pause_s == pytest.approx(0.8, abs=0.4)
    assert turn.speech_dbfs == pytest.approx(level_dbfs(FINE) - quieter_db, abs=2.5)


def test_a_key_has_no_loudness():
    def elder():
        yield from until_robot_is_silent()
        yield from press("1")
        yield from until_robot_is_silent()

    (turn,) = phone(Person(elder), Interview(ask("您好吗"), bye())).report.turns
    assert (turn.key, turn.pause_s, turn.speech_dbfs, turn.background_dbfs) == ("1", None, None, None)


def test_the_robot_begins_when_the_greeting_is_over_or_when_nobody_greets_it():
    def greets():
        yield from quiet(0.2)
        yield from say(YES)

    greeted = phone(Person(greets), Interview(ask("您好吗"), bye()), Hears("喂"))
    assert greeted.robot_s[0][0] == pytest.approx(0.2 + 0.44 + 0.8, abs=0.15)
    unspoken = phone(Person(), Interview(ask("您好吗"), bye()))
    assert unspoken.robot_s[0][0] == pytest.approx(1.2, abs=0.05)


def test_sentences_are_parted_by_a_breath():
    dialogue = Interview((Say(("您好", "我是机器人", "再见")), *bye("")[1:]))
    story = phone(Person(), dialogue)
    (a, b), (c, d), (e, f) = story.robot_s
    assert [b - a, d - c, f - e] == pytest.approx([0.5, 1.25, 0.5], abs=0.03)
    assert 0.25 <= c - b <= 0.35
    assert 0.25 <= e - d <= 0.35


def test_the_next_sentence_is_fetched_while_one_is_played():
    fetched_at_frame: dict[str, int] = {}
    person = Person()
    prompts = Tones()
    get = prompts.get

    def watched(sentence: str, **how):
        fetched_at_frame.setdefault(sentence, len(person.heard))
        return get(sentence, **how)

    prompts.get = watched
    phone(person, Interview((Say((LONG, "再见")), *bye("")[1:])), prompts=prompts)
    assert fetched_at_frame["再见"] <= fetched_at_frame[LONG] + 2


def test_pace_and_loudness_are_what_the_dialogue_asks_for():
    def at(speed: float, gain_db: float):
        dialogue = Interview((Say(("您好吗",), speed=speed, gain_db=gain_db), *bye("")[1:]))
        story = phone(Person(), dialogue)
        ((start, end),) = story.robot_s
        return end - start, loudest(np.concatenate(story.person.heard))

    assert at(1.0, 0.0) == (pytest.approx(0.75, abs=0.03), pytest.approx(8000, rel=0.05))
    assert at(0.75, 0.0)[0] == pytest.approx(1.0, abs=0.03)
    assert at(1.0, 6.0)[1] == pytest.approx(16_000, rel=0.05)
    assert at(1.0, 18.0)[1] <= 32_767


def test_the_last_sentence_is_heard_to_its_end_before_the_robot_hangs_up():
    story = phone(Person(), Interview(bye("祝您健康再见")))
    ((start, end),) = story.robot_s
    assert end - start == pytest.approx(1.5, abs=0.03)
    assert story.duration_s - end >= 0.3


def test_a_slow_speaker_is_not_cut_off_at_a_pause_of_a_second_and_what_was_read_early_is_read_again():
    def elder():
        yield from until_robot_is_silent()
        for words in (YES, FINE, FINE):
            yield from say(words)
            yield from quiet(1.0)
        yield from until_robot_is_silent()

    hears = Hears("对", "对，好着呢", "对，好着呢，好着呢")
    story = phone(Person(elder), Interview(ask("您好吗", end_silence_s=2.0), bye()), hears, pause_s=1.6)
    assert [len(pcm) / 8000 for pcm in hears.audio] == pytest.approx([0.9, 4.3, 7.8], abs=0.6)
    assert story.report.turns[0].understanding.transcript == "对，好着呢，好着呢"
    assert story.report.turns[0].speech_s == pytest.approx(5.0, abs=0.5)


def test_both_sides_are_recorded_in_step():
    def elder():
        yield from until_robot_is_silent(for_s=0.8)
        yield from say(hum(1.0))
        yield from until_robot_is_silent()

    story = phone(Person(elder), Interview(ask("您好吗"), bye()), Hears("好"), energy=True)
    recording = story.report.recording
    assert recording.shape[1] == 2
    assert recording.dtype == np.int16
    assert len(recording) / 8000 == pytest.approx(story.report.duration_s, abs=0.1)
    for channel, sides in enumerate((story.robot_s, story.person.speaking_s())):
        loud = np.flatnonzero(np.abs(recording[:, channel]) > 1000) / 8000
        assert loud[0] == pytest.approx(sides[0][0], abs=0.045)
        assert loud[-1] == pytest.approx(sides[-1][1], abs=0.045)
    (turn,) = story.report.turns
    assert turn.started_s == pytest.approx(story.robot_s[0][0], abs=0.05)
    assert turn.ended_s == pytest.approx(story.person.speaking_s()[0][1], abs=0.1)
    spoken = recording[int(turn.started_s * 8000) : int(turn.ended_s * 8000), 1]
    assert loudest(spoken) > 7000


# Silence and noise


def test_a_call_that_is_over_leaves_no_sound_in_memory():
    """Its objects know each other, and stay until the collector of cycles comes round."""
    gc.disable()
    try:
        before = {id(each) for each in gc.get_objects() if isinstance(each, Track)}
        story = phone(Person(lambda: say(FINE)), Interview(ask("您好吗", no_input_s=2.0), bye()))
        left = [each for each in gc.get_objects() if isinstance(each, Track) and id(each) not in before]
        assert len(story.report.recording) > 8000, "the report has it"
        assert not any(each.kept for each in left)
    finally:
        gc.enable()


def test_silence_is_told_as_nothing_heard_after_the_time_given():
    story = phone(Person(), Interview(ask("您好吗", no_input_s=8.0), bye()))
    assert told(story) == [Answered, PromptFinished, NothingHeard, PromptFinished]
    assert story.robot_s[1][0] - story.robot_s[0][1] == pytest.approx(8.0, abs=0.1)
    (turn,) = story.report.turns
    assert turn.understanding is None
    assert turn.response_delay_s is None


def test_a_door_that_slams_does_not_use_up_the_elders_time():
    def elder():
        yield from until_robot_is_silent(for_s=1.0)
        yield from say(hum(0.3))
        yield from quiet(3.0)
        yield from say(hum(1.5))

    story = phone(Person(elder), Interview(ask("您好吗"), bye()), Hears("", "好着呢"), energy=True)
    (turn,) = story.report.turns
    assert turn.understanding.transcript == "好着呢"
    assert turn.response_delay_s == pytest.approx(4.4, abs=0.3)


def test_speech_in_which_no_words_can_be_made_out_is_an_attempt_to_answer():
    def elder():
        yield from until_robot_is_silent(for_s=1.0)
        yield from say(FINE)

    story = phone(Person(elder), Interview(ask("您好吗"), bye()), Hears(""))
    (heard,) = story.dialogue.heard(UtteranceHeard)
    assert heard.understanding.answer == "silence"
    assert heard.speech_s > 1.5


def test_who_talks_without_end_is_attended_to_after_half_a_minute():
    def elder():
        yield from until_robot_is_silent(for_s=1.0)
        yield from say(hum(40.0))

    hears = Hears("好着呢")
    story = phone(Person(elder), Interview(ask("您好吗"), bye()), hears, energy=True)
    assert len(hears.audio[0]) / 8000 == pytest.approx(30.0, abs=1.0)
    assert story.dialogue.heard(UtteranceHeard)


# A bad connection, another clock


def test_an_elder_is_understood_over_a_line_that_loses_one_frame_in_twenty():
    def elder():
        yield from quiet(0.3)
        yield from say(YES)
        yield from until_robot_is_silent()
        yield from say(FINE)
        yield from until_robot_is_silent()

    hears = Hears("喂", "好着呢")
    person = Person(elder, line={"loss": 0.05, "jitter_ms": 40, "seed": 3})
    story = phone(person, Interview(ask("您好吗"), bye()), hears)
    assert len(hears.audio) == 2
    assert story.report.turns[0].understanding.transcript == "好着呢"
    assert story.report.turns[0].speech_s == pytest.approx(2.3, abs=0.5)


def test_the_same_call_comes_out_the_same_every_time():
    def elder():
        yield from until_robot_is_silent()
        yield from say(FINE)
        yield from until_robot_is_silent()

    def once():
        person = Person(elder, line={"loss": 0.1, "jitter_ms": 60, "seed": 5})
        story = phone(person, Interview(ask("您好吗"), bye()), Hears("好着呢"))
        return story.report.turns, story.report.recording.tobytes()

    assert once() == once()


def test_on_the_real_clock_a_call_goes_the_same_way():
    def elder():
        yield from quiet(0.1)
        yield from press("1")
        yield from until_robot_speaks(for_s=0.1)
        yield from press("2")
        yield from until_robot_is_silent(for_s=0.1)

    dialogue = Interview(ask("您好吗"), ask("好"), bye("再"))
    story = asyncio.run(
        call_on(SystemClock(), Person(elder, ring=Ring(0.05)), dialogue, Hears(), prompts=Tones())
    )
    assert [turn.key for turn in story.report.turns] == ["1", "2"]
    assert story.report.outcome is CallOutcome.COMPLETED


def test_who_goes_on_speaking_while_the_robot_thinks_is_heard_out():
    """Only the real clock lets time pass while a recogniser computes."""
    goes_on = threading.Event()

    def elder():
        yield from until_robot_is_silent(for_s=0.2)
        yield from say(YES)
        yield from quiet(0.7)
        yield from say(IT_IS_ME[:6400])
        goes_on.set()
        yield from say(IT_IS_ME[6400:])

    def think(count: int) -> None:
        assert count > 1 or goes_on.wait(5.0)

    hears = Hears("摔了", "好，对，好", then=think)
    dialogue = Interview(ask("好", end_silence_s=0.3), bye("再"))
    story = asyncio.run(call_on(SystemClock(), Person(elder, ring=Ring(0.05)), dialogue, hears))
    first, second = (len(pcm) / 8000 for pcm in hears.audio)
    assert second > first + 0.8
    # Both readings were one utterance, and going on did not take back what was urgent in the first.
    (heard,) = story.dialogue.heard(UtteranceHeard)
    assert heard.understanding.transcript == "摔了"


# Who hangs up


def test_who_hangs_up_in_the_middle_of_a_sentence_ends_the_call():
    def elder():
        yield from until_robot_speaks(for_s=1.0)
        yield from hang_up()

    story = phone(Person(elder), Interview(ask(LONG), bye()))
    assert told(story) == [Answered, HungUp]
    assert story.report.outcome is CallOutcome.PARTIAL
    assert story.report.cause == "normal"
    assert story.report.duration_s == pytest.approx(2.3, abs=0.2)
    assert story.report.turns == ()


def test_what_was_said_right_before_hanging_up_is_an_answer():
    def elder():
        yield from until_robot_is_silent()
        yield from say(FINE)
        yield from hang_up()

    story = phone(Person(elder), Interview(ask("您好吗"), ask(LONG), bye()), Hears("好着呢"))
    assert told(story) == [Answered, PromptFinished, UtteranceHeard, HungUp]
    assert story.report.turns[0].understanding.transcript == "好着呢"


def test_a_call_that_never_ends_is_ended_politely():
    questions = [ask("您好吗", no_input_s=5.0) for _ in range(50)]
    story = phone(Person(), Interview(*questions), max_seconds=30)
    assert story.report.outcome is CallOutcome.PARTIAL
    assert story.report.cause == "the limit of 30 s was reached"
    assert 30 <= story.report.duration_s <= 45
    assert told(story)[-1] is HungUp
    start, end = story.robot_s[-1]
    assert end - start == pytest.approx(0.75, abs=0.03)  # 对不起


def test_a_dialogue_that_runs_dry_still_takes_leave():
    story = phone(Person(), Interview((Say(("您好",)), Listen("any", "any", no_input_s=2.0))))
    assert story.report.cause == "the dialogue had nothing more to say"
    assert story.report.outcome is CallOutcome.PARTIAL
