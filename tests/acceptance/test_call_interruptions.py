"""Who interrupts whom: words stop the robot, coughs do not, keys always do."""

from itertools import pairwise

import numpy as np
import pytest
from support.calls import LONG, LONG_S, Hears, Interview, Tones, ask, bye, phone, told
from support.telephone import (
    Person,
    cough,
    hum,
    press,
    quiet,
    say,
    tone,
    until_robot_is_silent,
    until_robot_speaks,
    voice,
)

from ivr.dialogue import (
    Answered,
    KeyPressed,
    NothingHeard,
    PromptFinished,
    UtteranceHeard,
)
from speech.audio import mulaw_decode, mulaw_encode
from speech.prompts import Prompt

FINE = voice("hao_zhe_ne")


class Phrases(Tones):
    """A voice that says every sentence in so many phrases of 1.2 s, with a breath of 0.3 s after each."""

    def __init__(self, phrases: int = 3) -> None:
        super().__init__()
        self._phrases = phrases

    def get(self, sentence, *, language, speed=1.0, voice=""):
        del speed, voice
        phrase = np.concatenate([tone(1.2, 300), np.zeros(2400, np.int16)])
        return Prompt(sentence, language, np.tile(phrase, self._phrases), "phrases")


YES = voice("dui")
IT_IS_ME = voice("dui_shi_wo")


# Interruptions


def test_who_speaks_for_half_a_second_stops_the_robot_within_40_ms():
    def elder():
        yield from until_robot_speaks(for_s=1.0)
        yield from say(hum(2.0))
        yield from until_robot_is_silent()

    story = phone(Person(elder), Interview(ask(LONG), bye()), Hears("好着呢"), energy=True)
    began = story.person.speaking_s()[0][0]
    assert began + 0.5 <= story.robot_s[0][1] <= began + 0.54
    (turn,) = story.report.turns
    assert turn.barge_in
    assert turn.response_delay_s is None
    assert told(story)[1:3] == [PromptFinished, UtteranceHeard]
    assert story.dialogue.told[1].interrupted


def test_the_words_that_interrupted_are_heard_from_their_beginning():
    def elder():
        yield from until_robot_speaks(for_s=1.0)
        yield from say(FINE)
        yield from until_robot_is_silent()

    hears = Hears("好着呢")
    story = phone(Person(elder), Interview(ask(LONG), bye()), hears)
    sent = mulaw_decode(mulaw_encode(FINE))
    voiced = sent[round(0.12 * 8000) : round(2.46 * 8000)]
    assert voiced.tobytes() in hears.audio[0].tobytes()
    assert story.report.turns[0].barge_in


@pytest.mark.parametrize("noise", [cough(), cough(0.35), YES])
def test_a_cough_or_a_short_sound_does_not_interrupt(noise):
    def elder():
        yield from until_robot_speaks(for_s=1.0)
        yield from say(noise)
        yield from until_robot_is_silent()

    story = phone(Person(elder), Interview(ask(LONG, no_input_s=3.0), bye()))
    assert story.robot_s[0][1] - story.robot_s[0][0] == pytest.approx(LONG_S, abs=0.03)
    assert told(story) == [Answered, PromptFinished, NothingHeard, PromptFinished]


def test_coughs_do_not_add_up_to_words():
    def elder():
        yield from until_robot_speaks(for_s=0.5)
        for _ in range(4):
            yield from say(hum(0.24))
            yield from quiet(0.5)

    story = phone(Person(elder), Interview(ask(LONG, no_input_s=3.0), bye()), energy=True)
    assert story.robot_s[0][1] - story.robot_s[0][0] == pytest.approx(LONG_S, abs=0.03)


def test_after_a_false_interruption_a_sentence_without_pauses_is_said_again_from_its_start():
    def elder():
        yield from until_robot_speaks(for_s=1.0)
        yield from say(FINE)  # a television, say: the recogniser finds no words in it
        yield from until_robot_is_silent()
        yield from say(IT_IS_ME)

    story = phone(Person(elder), Interview(ask(LONG), bye()), Hears("", "对，是我"))
    (cut_from, cut_to), (again_from, again_to), *_ = story.robot_s
    assert cut_to - cut_from < 2.0
    assert again_to - again_from == pytest.approx(LONG_S, abs=0.03)
    (turn,) = story.report.turns
    assert turn.prompt == (LONG,)
    assert turn.understanding.transcript == "对，是我"


def test_after_a_false_interruption_there_is_no_silence_and_the_phrase_is_taken_up_again():
    def elder():
        yield from until_robot_speaks()
        yield from quiet(3.0)
        yield from say(FINE)
        yield from until_robot_is_silent(for_s=3.0)

    story = phone(Person(elder), Interview(ask(LONG), bye()), Hears(""), prompts=Phrases())
    noise_ended = story.person.speaking_s()[0][1]
    again = next(start for start, _ in story.robot_s if start > noise_ended - 0.5)
    assert again - noise_ended < 0.9
    rest = [end - start for start, end in story.robot_s if again <= start < again + 5.0]
    assert rest == pytest.approx([1.2], abs=0.05), "the last of three phrases is said once more, not all"


def test_after_a_second_false_interruption_the_sentence_goes_on_from_there_and_not_from_the_first():
    def elder():
        yield from until_robot_speaks()
        for before_s in (3.0, 2.0):
            yield from quiet(before_s)
            yield from say(FINE)
            yield from until_robot_speaks()
        yield from quiet(20)

    story = phone(Person(elder), Interview(ask(LONG), bye()), Hears(""), prompts=Phrases(phrases=6))
    noise_ended = story.person.speaking_s()[1][1]
    again = next(start for start, _ in story.robot_s if start > noise_ended - 0.5)
    rest = [end - start for start, end in story.robot_s if again <= start < again + 8.0]
    assert rest == pytest.approx([1.2, 1.2, 1.2], abs=0.05), "two were heard before, one into each noise"


def test_a_lorry_that_roars_for_long_does_not_silence_the_robot_for_as_long():
    def street():
        yield from until_robot_speaks(for_s=0.5)
        yield from say(hum(15.0))

    story = phone(
        Person(street),
        Interview(ask(LONG, no_input_s=3.0), bye()),
        Hears(),
        energy=True,
        max_seconds=60,
    )
    roar = story.person.speaking_s()[0]
    pauses = [later - end for (_, end), (later, _) in pairwise(story.robot_s) if later < roar[1]]
    assert pauses
    assert max(pauses) < 4.0


def test_a_cry_of_two_syllables_stops_even_the_opening():
    def elder():
        yield from until_robot_speaks(for_s=0.5)
        yield from say(voice("kuai_jiu_ming"))
        yield from quiet(20)

    dialogue = Interview(ask(LONG * 2, interruptible=False), bye("马上叫人"))
    story = phone(Person(elder), dialogue, Hears("快救命"))
    cried_until = story.person.speaking_s()[0][1]
    assert story.robot_s[0][1] - cried_until < 0.7
    assert told(story)[1] is PromptFinished
    assert story.dialogue.told[1].interrupted


def test_beside_a_television_a_prompt_is_said_to_its_end_after_two_false_interruptions():
    def television():
        yield from until_robot_speaks()
        for _ in range(12):
            yield from say(FINE)
            yield from quiet(2.1)

    story = phone(
        Person(television), Interview(ask(LONG, no_input_s=3.0), bye()), Hears(*[""] * 12), max_seconds=60
    )
    lengths = [end - start for start, end in story.robot_s]
    assert all(length < LONG_S - 1.0 for length in lengths[:2])
    assert lengths[2] == pytest.approx(LONG_S, abs=0.03)


def test_what_the_robot_says_before_may_not_be_interrupted_at_all():
    def elder():
        yield from until_robot_speaks(for_s=0.5)
        yield from say(FINE)
        yield from press("1")
        yield from until_robot_is_silent()
        yield from say(IT_IS_ME)

    opening = ask(LONG, interruptible=False)
    story = phone(Person(elder), Interview(opening, opening, bye()), Hears("谁呀", "对，是我"))
    assert story.robot_s[0][1] - story.robot_s[0][0] == pytest.approx(LONG_S, abs=0.03)
    # The key was kept for the question that followed.
    assert [type(event) for event in story.dialogue.told[:3]] == [Answered, PromptFinished, KeyPressed]


def test_an_answer_begun_while_the_opening_ends_is_heard_from_its_beginning():
    def elder():
        yield from until_robot_speaks(for_s=LONG_S - 1.2)
        yield from say(FINE)
        yield from until_robot_is_silent()

    hears = Hears("好着呢")
    story = phone(Person(elder), Interview(ask(LONG, interruptible=False), bye()), hears)
    assert len(hears.audio) == 1
    assert len(hears.audio[0]) / 8000 > 2.4
    (turn,) = story.report.turns
    assert turn.response_delay_s == 0.0
    assert not turn.barge_in


def test_a_remark_that_ended_before_the_opening_did_is_not_the_answer():
    def elder():
        yield from until_robot_speaks(for_s=1.0)
        yield from say(IT_IS_ME)
        yield from until_robot_is_silent()

    story = phone(
        Person(elder), Interview(ask(LONG, interruptible=False, no_input_s=4.0), bye()), Hears("谁呀")
    )
    assert told(story) == [Answered, PromptFinished, NothingHeard, PromptFinished]


# Keys


def test_a_key_stops_the_prompt_within_a_frame_and_is_the_answer():
    def elder():
        yield from until_robot_speaks(for_s=1.0)
        yield from press("1")
        yield from until_robot_is_silent(for_s=0.2)

    story = phone(Person(elder), Interview(ask(LONG), bye()))
    start, end = story.robot_s[0]
    assert end - start <= 1.1
    assert story.dialogue.heard(KeyPressed) == [KeyPressed("1")]
    (turn,) = story.report.turns
    assert turn.key == "1"
    assert turn.understanding is None


def test_a_key_ends_the_waiting_at_once():
    def elder():
        yield from until_robot_is_silent(for_s=2.0)
        yield from press("3")

    story = phone(Person(elder), Interview(ask("您好吗"), bye()))
    asked_until, thanked_from = story.robot_s[0][1], story.robot_s[1][0]
    assert thanked_from - asked_until == pytest.approx(2.0, abs=0.1)


def test_keys_typed_ahead_answer_in_order_and_every_question_is_put_in_full():
    def elder():
        yield from until_robot_speaks(for_s=0.5)
        yield from press("1", "3", "2")

    questions = [ask(LONG, question="falls"), ask(LONG, question="pain"), ask(LONG, question="sleep")]
    story = phone(Person(elder), Interview(*questions, bye()))
    assert [(turn.question, turn.key) for turn in story.report.turns] == [
        ("falls", "1"), ("pain", "3"), ("sleep", "2"),
    ]  # fmt: skip
    lengths = [end - start for start, end in story.robot_s]
    assert lengths[1:3] == pytest.approx([LONG_S, LONG_S], abs=0.03)


def test_a_key_pressed_before_a_flag_is_asked_about_does_not_withdraw_it():
    def elder():
        yield from until_robot_speaks(for_s=0.2)
        yield from press("3", "2", "3")

    confirm = ask(LONG, question="yesno", script_question="confirm", no_input_s=3.0)
    story = phone(Person(elder), Interview(ask(LONG), confirm, bye()))
    assert told(story)[-2:] == [NothingHeard, PromptFinished]
    assert len(story.dialogue.heard(KeyPressed)) == 1


def test_words_that_a_key_overtakes_are_still_examined_for_distress():
    def elder():
        yield from until_robot_is_silent(for_s=0.5)
        yield from say(FINE)
        yield from press("1")
        yield from until_robot_is_silent(for_s=2.0)

    story = phone(Person(elder), Interview(ask("您好吗"), ask(LONG), bye()), Hears("救命啊我起不来了"))
    assert [turn.key for turn in story.report.turns] == ["1", ""]
    assert story.report.turns[1].understanding.transcript == "救命啊我起不来了"
