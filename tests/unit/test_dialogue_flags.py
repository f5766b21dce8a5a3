"""Asking back: only a clear "no" takes a flag back; everything else counts as said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.dialogue import (
    A_PERSON,
    CHEST_PAIN,
    FELL_LATELY,
    FINE,
    LATER,
    MAYBE_CHEST_PAIN,
    MAYBE_FELL_LATELY,
    MAYBE_WANTS_MEALS,
    NEVER_AGAIN,
    NO,
    STANDARD,
    UNCLEAR,
    WAIT,
    WHAT,
    YES,
    TelephoneCall,
    understood,
)

from ivr.dialogue import AnswerGiven, flags_left_open
from ivr.dialogue.flags import urgencies
from ivr.report import CallOutcome, Confirmed
from speech.types import Understanding, Urgency

MAYBE_NO = replace(NO, confidence=0.45)
NO_BUT_IT_HURTS = understood("no", "severe_pain", urgency=Urgency.URGENT, words="没有，就是腿疼得厉害")


def confirmations(call: TelephoneCall) -> list[tuple[str, Confirmed]]:
    return [(flag.code, flag.confirmed) for flag in call.raised]


def answer(call: TelephoneCall, question: str) -> AnswerGiven:
    given = call.state.answer_to(question)
    assert given is not None
    return given


def test_a_clear_emergency_is_raised_before_anything_is_said() -> None:
    call = TelephoneCall().reaches("wellbeing").says(CHEST_PAIN)
    assert confirmations(call) == [("chest_pain", Confirmed.NOT_ASKED)]
    assert type(call.actions[0]).__name__ == "RaiseFlag"
    flag = call.raised[0]
    assert (flag.question, flag.turn, flag.words) == ("wellbeing", 1, "胸口疼")


def test_a_doubtful_emergency_is_asked_back_in_the_elders_words() -> None:
    call = TelephoneCall().reaches("wellbeing").says(MAYBE_CHEST_PAIN)
    assert call.said == "我好像听到您说胸口疼，是不是？是，请说“是”或按一。没有，请按二。"
    assert call.listen is not None
    assert (call.listen.question, call.listen.script_question) == ("yesno", "confirm")
    assert call.raised == []


@pytest.mark.parametrize(
    "said", [YES, UNCLEAR, WAIT, LATER, A_PERSON, NEVER_AGAIN, MAYBE_NO, NO_BUT_IT_HURTS, FINE]
)
def test_whatever_is_not_a_clear_no_confirms_an_emergency(said: Understanding) -> None:
    call = TelephoneCall().reaches("wellbeing").says(MAYBE_CHEST_PAIN, said)
    assert "chest_pain" in call.raised_codes
    assert all(flag.confirmed is not Confirmed.NO for flag in call.raised)
    assert call.asking == "someone_there"


@pytest.mark.parametrize(
    ("said", "confirmed"),
    [
        (YES, Confirmed.YES),
        (UNCLEAR, Confirmed.UNCLEAR),
        (CHEST_PAIN, Confirmed.YES),
        (FINE, Confirmed.UNCLEAR),
    ],
)
def test_who_stands_behind_a_flag_is_kept(said: Understanding, confirmed: Confirmed) -> None:
    call = TelephoneCall().reaches("wellbeing").says(MAYBE_CHEST_PAIN, said)
    assert confirmations(call) == [("chest_pain", confirmed)]
    assert answer(call, "wellbeing").confirmed == {"chest_pain": confirmed}


def test_silence_confirms_an_emergency() -> None:
    call = TelephoneCall().reaches("wellbeing").says(MAYBE_CHEST_PAIN).stays_silent()
    assert confirmations(call) == [("chest_pain", Confirmed.UNCLEAR)]
    assert call.asking == "someone_there"


def test_hanging_up_confirms_an_emergency() -> None:
    call = TelephoneCall().reaches("wellbeing").says(MAYBE_CHEST_PAIN).hangs_up()
    assert confirmations(call) == [("chest_pain", Confirmed.UNCLEAR)]
    assert call.outcome is CallOutcome.PARTIAL


@pytest.mark.parametrize(
    ("key", "confirmed"), [("1", Confirmed.YES), ("7", Confirmed.UNCLEAR), ("0", Confirmed.UNCLEAR)]
)
def test_keys_answer_as_well(key: str, confirmed: Confirmed) -> None:
    call = TelephoneCall().reaches("wellbeing").says(MAYBE_CHEST_PAIN).presses(key)
    assert confirmations(call) == [("chest_pain", confirmed)]


@pytest.mark.parametrize("key", ["2", "3"])
def test_two_and_three_are_no(key: str) -> None:
    call = TelephoneCall().reaches("wellbeing").says(MAYBE_CHEST_PAIN).presses(key)
    assert confirmations(call) == [("chest_pain", Confirmed.NO)]


def test_a_clear_no_takes_it_back_and_the_question_is_put_again() -> None:
    call = TelephoneCall().reaches("wellbeing").says(MAYBE_CHEST_PAIN, NO)
    assert call.said.startswith("没有就好，是我听错了。")
    assert call.asking == "wellbeing"
    given = answer(call, "wellbeing")
    assert (given.withdrawn, given.urgency, given.answer) == (("chest_pain",), Urgency.NONE, "unclear")
    call.says(FINE)
    given = answer(call, "wellbeing")
    assert (given.answer, given.codes, given.withdrawn) == ("ok", ("chest_pain",), ("chest_pain",))
    assert given.confirmed == {"chest_pain": Confirmed.NO}


def test_a_question_misheard_over_and_over_is_left_open() -> None:
    call = TelephoneCall().reaches("wellbeing").says(*[MAYBE_CHEST_PAIN, NO] * 3)
    assert call.asking == "falls"
    assert answer(call, "wellbeing").answer == "unclear"


def test_what_was_denied_is_not_asked_back_again_when_it_is_misheard_again() -> None:
    call = TelephoneCall().reaches("wellbeing").says(MAYBE_CHEST_PAIN, NO, MAYBE_CHEST_PAIN)
    assert call.asking == "wellbeing"
    assert "好，请按一。" in call.said
    assert confirmations(call) == [("chest_pain", Confirmed.NO)]


def test_what_was_denied_is_asked_back_again_when_another_question_brings_it_up() -> None:
    call = TelephoneCall().reaches("wellbeing").says(MAYBE_CHEST_PAIN, NO, FINE, MAYBE_CHEST_PAIN)
    assert call.asking == "confirm"
    call.stays_silent()
    assert call.asking == "someone_there"


def test_a_graver_turn_of_what_was_denied_is_asked_back() -> None:
    somewhat = replace(MAYBE_CHEST_PAIN, urgency=Urgency.URGENT)
    call = TelephoneCall().reaches("wellbeing").says(somewhat, NO, MAYBE_CHEST_PAIN)
    assert call.asking == "confirm"


def test_what_was_denied_and_then_clearly_said_stands() -> None:
    call = TelephoneCall().reaches("wellbeing").says(MAYBE_CHEST_PAIN, NO, CHEST_PAIN)
    assert confirmations(call) == [("chest_pain", Confirmed.NO), ("chest_pain", Confirmed.NOT_ASKED)]
    assert [flag.confirmed for flag in call.state.flags] == [Confirmed.NOT_ASKED]


def test_what_stands_is_not_taken_back_by_a_later_no() -> None:
    call = TelephoneCall().reaches("falls").says(FELL_LATELY)
    call.says(MAYBE_FELL_LATELY, NO)
    assert confirmations(call) == [("fall_recent", Confirmed.NOT_ASKED)]


def test_the_confirming_question_can_be_heard_again() -> None:
    call = TelephoneCall().reaches("wellbeing").says(MAYBE_CHEST_PAIN, WHAT)
    assert "胸口疼" in call.said
    assert call.asking == "confirm"
    call.says(WHAT, WHAT)
    assert confirmations(call) == [("chest_pain", Confirmed.UNCLEAR)], "not for ever"


def test_despair_is_asked_about_gently() -> None:
    hopeless = understood("problem", "suicide", urgency=Urgency.EMERGENCY, weakly=True, words="活着没意思")
    call = TelephoneCall().reaches("mood").says(hopeless)
    assert "按" not in call.said
    assert call.said == call.words("concerns.suicide.confirm")
    call.says(YES)
    assert "不用一个人扛着" in call.said
    assert "幺二三五六" in call.said


# Several things at once.


def test_a_denied_first_thing_does_not_take_the_second_with_it() -> None:
    both = understood("problem", "chest_pain", "breathless", urgency=Urgency.EMERGENCY, weakly=True)
    call = TelephoneCall().reaches("wellbeing").says(both, NO)
    assert "喘不上气" in call.said
    assert call.asking == "confirm"
    call.says(YES)
    assert confirmations(call) == [("chest_pain", Confirmed.NO), ("breathless", Confirmed.YES)]
    given = answer(call, "wellbeing")
    assert (given.withdrawn, given.urgency) == (("chest_pain",), Urgency.EMERGENCY)


def test_a_confirmed_first_thing_brings_the_second_along() -> None:
    both = understood("problem", "chest_pain", "breathless", urgency=Urgency.EMERGENCY, weakly=True)
    call = TelephoneCall().reaches("wellbeing").says(both, YES)
    assert confirmations(call) == [("chest_pain", Confirmed.YES), ("breathless", Confirmed.NOT_ASKED)]


def test_each_code_counts_as_much_as_it_should() -> None:
    words = understood("problem", "need_meals", "chest_pain", "unwell", urgency=Urgency.EMERGENCY)
    assert urgencies(words, STANDARD) == {"chest_pain": Urgency.EMERGENCY, "need_meals": Urgency.NEED}


def test_a_grave_code_in_harmless_words_counts_no_more_than_the_words() -> None:
    words = understood("concern", "fall_now", urgency=Urgency.URGENT)
    assert urgencies(words, STANDARD) == {"fall_now": Urgency.URGENT}


def test_an_urgency_without_a_known_code_is_never_lost() -> None:
    unheard_of = understood("problem", "snake_bite", urgency=Urgency.EMERGENCY)
    assert urgencies(unheard_of, STANDARD) == {"snake_bite": Urgency.EMERGENCY}
    assert urgencies(understood("problem", urgency=Urgency.EMERGENCY), STANDARD) == {
        "help": Urgency.EMERGENCY
    }
    assert urgencies(understood("problem", urgency=Urgency.NEED), STANDARD) == {"human": Urgency.NEED}
    assert urgencies(understood("problem", "unwell", urgency=Urgency.NONE), STANDARD) == {}


def test_an_emergency_nobody_has_words_for_is_acted_on_like_a_call_for_help() -> None:
    unheard_of = understood("problem", "snake_bite", urgency=Urgency.EMERGENCY, weakly=True)
    call = TelephoneCall().reaches("wellbeing").says(unheard_of)
    assert "要人来救您" in call.said
    call.says(YES)
    assert call.raised_codes == ["snake_bite"]
    assert call.words("concerns.help.reply") in call.said


# Less than an emergency.


def test_a_need_beside_something_doubtful_is_noted_without_a_question_of_its_own() -> None:
    both = understood("problem", "fall_recent", "need_aids", urgency=Urgency.URGENT, weakly=True)
    call = TelephoneCall().reaches("falls").says(both)
    assert confirmations(call) == [("need_aids", Confirmed.NOT_ASKED)]
    call.says(NO)
    assert call.asking == "falls"
    assert confirmations(call)[1:] == [("fall_recent", Confirmed.NO)]


@pytest.mark.parametrize("said", [YES, UNCLEAR])
def test_something_urgent_that_is_not_denied_is_noted_and_the_questions_go_on(said: Understanding) -> None:
    call = TelephoneCall().reaches("falls").says(MAYBE_FELL_LATELY, said)
    assert call.raised_codes == ["fall_recent"]
    assert call.said.startswith("好，我记下了。社区今天就跟您联系。")
    assert call.asking == "eating"


def test_an_unclear_need_is_kept_as_a_need() -> None:
    call = TelephoneCall().reaches("help_needed").says(MAYBE_WANTS_MEALS, UNCLEAR)
    assert [(flag.code, flag.urgency, flag.confirmed) for flag in call.raised] == [
        ("need_meals", Urgency.NEED, Confirmed.UNCLEAR)
    ]


def test_a_denied_need_is_dropped() -> None:
    call = TelephoneCall().reaches("help_needed").says(MAYBE_WANTS_MEALS, NO)
    assert call.raised == []
    assert call.asking == "help_needed"


def test_a_wish_in_reply_to_a_confirming_question_is_heard_as_well() -> None:
    call = TelephoneCall().reaches("falls").says(MAYBE_FELL_LATELY, NEVER_AGAIN)
    assert confirmations(call) == [("fall_recent", Confirmed.UNCLEAR)]
    assert call.outcome is CallOutcome.REFUSED
    assert call.state.do_not_call


def test_no_more_calls_in_an_emergency_is_remembered() -> None:
    call = TelephoneCall().reaches("wellbeing").says(MAYBE_CHEST_PAIN, NEVER_AGAIN)
    assert call.asking == "someone_there"
    assert call.state.do_not_call


def test_an_urgent_matter_that_waited_when_the_line_went_is_raised() -> None:
    call = TelephoneCall().reaches("falls").says(MAYBE_FELL_LATELY).hangs_up()
    assert confirmations(call) == [("fall_recent", Confirmed.UNCLEAR)]


def test_what_a_crash_left_open_can_be_asked_for() -> None:
    call = TelephoneCall().reaches("wellbeing").says(MAYBE_CHEST_PAIN)
    (flag,) = flags_left_open(call.state)
    assert (flag.code, flag.confirmed) == ("chest_pain", Confirmed.UNCLEAR)
    assert flags_left_open(call.says(NO).state) == ()


def test_something_urgent_said_in_an_aside_is_asked_back_and_the_question_put_again() -> None:
    call = TelephoneCall().reaches("falls").says(LATER)
    assert call.asking == "when"
    call.says(replace(FELL_LATELY, confirm=True), YES)
    assert call.raised_codes == ["fall_recent"]
    assert call.asking == "falls"


def test_whoever_lifts_the_receiver_is_not_asked_for_ever_about_what_they_denied() -> None:
    call = TelephoneCall().is_answered().says(MAYBE_CHEST_PAIN).says(NO)
    call = call.says(MAYBE_CHEST_PAIN)

    assert call.listen is not None
    assert call.listen.script_question != "confirm"
    assert confirmations(call) == [("chest_pain", Confirmed.NO)]
