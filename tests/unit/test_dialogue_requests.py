"""What an elder may ask of the robot: again, slower, louder, wait, later, a person, no more, who are you."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.dialogue import (
    A_PERSON,
    CHEST_PAIN,
    FINE,
    LATER,
    LOUDER,
    NEVER_AGAIN,
    NO,
    SLOWER,
    SWINDLER,
    UNCLEAR,
    WAIT,
    WHAT,
    WHO_ARE_YOU,
    YES,
    TelephoneCall,
    understood,
)

from ivr.report import CallOutcome
from speech.types import Understanding, Urgency

ENOUGH = understood("refuse", words="不想说了")
THIS_AFTERNOON = understood("callback", "callback", words="现在不方便，下午再打")


# Again, slower, louder.


def test_what_was_asked_is_said_again_in_full() -> None:
    call = TelephoneCall().reaches("mood")
    call.says(WHAT)
    assert call.said == "心情还好吗？"
    assert call.presses("*").said == "心情还好吗？"


def test_an_elder_who_asks_twice_is_spoken_to_louder_and_slower() -> None:
    call = TelephoneCall().reaches("mood").says(WHAT)
    assert (call.state.gain_db, call.state.speed) == (0.0, 1.0)
    call.says(WHAT)
    assert (call.state.gain_db, call.state.speed) == (6.0, 0.9)
    assert (call.says_now[0].gain_db, call.says_now[0].speed) == (6.0, 0.9)


def test_louder_is_louder_and_slower_from_then_on() -> None:
    call = TelephoneCall().is_answered().says(LOUDER)
    assert call.said == "好，我大点声。请问您是张桂兰吗？"
    call.says(YES)
    assert call.says_now[0].gain_db == 6.0
    assert call.says_now[0].speed == 0.9


def test_slower_is_slower_and_no_louder() -> None:
    call = TelephoneCall().reaches("mood").says(SLOWER)
    assert call.said.startswith("好，我慢点说。")
    assert (call.state.gain_db, call.state.speed) == (0.0, 0.9)


def test_there_is_an_end_to_louder_and_slower() -> None:
    call = TelephoneCall().is_answered().says(*[LOUDER] * 4)
    assert call.state.gain_db == 12.0
    assert call.state.speed >= 0.6


def test_an_elder_who_already_needs_it_very_slow_is_not_sped_up() -> None:
    call = TelephoneCall(speed=0.65, gain_db=15.0).is_answered().says(LOUDER)
    assert call.state.speed == 0.65
    assert call.state.gain_db == 15.0


def test_asking_again_for_ever_counts_as_not_understood() -> None:
    call = TelephoneCall().reaches("mood").says(*[WHAT] * 5)
    assert call.said.startswith("对不起，我没听明白。")
    call.says(*[WHAT] * 2)
    assert call.asking == "safety"


# Wait a moment.


def test_the_robot_keeps_quiet_for_a_minute_asks_gently_and_then_calls_again_later() -> None:
    call = TelephoneCall().reaches("mood").says(WAIT)
    assert call.said == "好，您忙，我等着。"
    assert call.listen is not None
    assert call.listen.no_input_s == 60
    call.stays_silent()
    assert call.said == "您还在吗？不着急。"
    assert call.listen.no_input_s == 30
    assert call.stays_silent().outcome is CallOutcome.CALL_LATER


def test_whoever_comes_back_is_asked_the_same_question_again() -> None:
    """Their "all right" is no answer to how they are."""
    call = TelephoneCall().reaches("mood").says(WAIT, FINE)
    assert call.said == "心情还好吗？"
    assert call.state.answer_to("mood") is None


def test_a_cry_while_waiting_is_heard() -> None:
    call = TelephoneCall().reaches("mood").says(WAIT, CHEST_PAIN)
    assert call.raised_codes == ["chest_pain"]


def test_waiting_again_and_again_becomes_calling_later() -> None:
    call = TelephoneCall().reaches("mood").says(*[WAIT] * 4)
    assert call.outcome is CallOutcome.CALL_LATER


# Call me later.


def test_a_time_named_at_once_is_taken() -> None:
    call = TelephoneCall(local_hour=10.0).reaches("mood").says(THIS_AFTERNOON)
    assert call.outcome is CallOutcome.CALL_LATER
    assert call.state.call_later_minutes == 300
    assert call.said == "好，到时候再给您打。再见！"


def test_without_a_time_the_robot_asks_when() -> None:
    call = TelephoneCall().reaches("mood").says(LATER)
    assert call.asking == "when"
    call.says(understood("unclear", words="半个小时以后"))
    assert call.state.call_later_minutes == 30


@pytest.mark.parametrize(("key", "minutes"), [("1", 30), ("2", 300), ("3", 1410)])
def test_keys_name_a_time(key: str, minutes: int) -> None:
    call = TelephoneCall(local_hour=10.0).reaches("mood").says(LATER).presses(key)
    assert call.state.call_later_minutes == minutes


def test_whenever_you_like_names_no_time() -> None:
    call = TelephoneCall().reaches("mood").says(LATER, FINE)
    assert call.outcome is CallOutcome.CALL_LATER
    assert call.state.call_later_minutes is None


@pytest.mark.parametrize("words", [True, False])
def test_no_time_after_two_tries_is_good_enough(words: bool) -> None:
    call = TelephoneCall().reaches("mood").says(LATER)
    for _ in range(2):
        call.says(UNCLEAR) if words else call.stays_silent()
    assert call.outcome is CallOutcome.CALL_LATER


def test_hanging_up_while_asked_when_means_later() -> None:
    call = TelephoneCall().is_answered().says(LATER).hangs_up()
    assert call.outcome is CallOutcome.CALL_LATER


# A person, please.


def test_a_person_is_promised_and_the_elder_may_go_on() -> None:
    call = TelephoneCall().reaches("mood").says(A_PERSON)
    assert [(flag.code, flag.urgency, flag.words) for flag in call.raised] == [
        ("human", Urgency.NEED, "我不跟机器人说话")
    ]
    assert call.said.startswith("好，我请社区的人今天给您打电话。")
    assert call.asking == "go_on"
    assert call.says(YES).asking == "mood"


@pytest.mark.parametrize("reply", [NO, A_PERSON])
def test_the_elder_may_leave_it_at_that(reply: Understanding) -> None:
    call = TelephoneCall().reaches("mood").says(A_PERSON, reply)
    assert call.outcome is CallOutcome.PARTIAL
    assert call.said == call.words("requests.human_goodbye")
    assert call.raised_codes == ["human"]


def test_zero_asks_for_a_person_anywhere() -> None:
    call = TelephoneCall().is_answered().presses("0")
    assert call.raised_codes == ["human"]
    assert call.asking == "go_on"
    assert call.presses("1").asking == "identity"


def test_silence_after_the_promise_ends_the_call_kindly() -> None:
    call = TelephoneCall().reaches("mood").presses("0").stays_silent(2)
    assert call.outcome is CallOutcome.PARTIAL


def test_asking_for_a_person_a_second_time_ends_the_questions() -> None:
    call = TelephoneCall().reaches("mood").says(A_PERSON, YES, A_PERSON)
    assert call.outcome is CallOutcome.PARTIAL


# No more of this.


def test_do_not_call_again_is_respected_at_once() -> None:
    call = TelephoneCall().reaches("mood").says(NEVER_AGAIN)
    assert call.outcome is CallOutcome.REFUSED
    assert call.state.do_not_call
    assert call.said == call.words("requests.opt_out")


def test_not_wanting_to_talk_today_is_no_refusal_of_all_calls() -> None:
    call = TelephoneCall().reaches("mood").says(ENOUGH)
    assert call.outcome is CallOutcome.REFUSED
    assert not call.state.do_not_call


@pytest.mark.parametrize("words", [NEVER_AGAIN, ENOUGH])
def test_a_weakly_heard_refusal_is_asked_back_lest_somebody_be_forgotten(words: Understanding) -> None:
    call = TelephoneCall().reaches("mood").says(replace(words, confidence=0.6))
    assert call.asking == "opt_out"
    assert not call.state.do_not_call
    assert call.says(NO).asking == "mood"


def test_a_refusal_in_between_other_news_is_asked_back() -> None:
    unsteady = understood("refuse", "unwell", "opt_out", words="走路不稳，老打晃")
    call = TelephoneCall().reaches("mood").says(unsteady)
    assert call.asking == "opt_out"
    assert not call.state.do_not_call


def test_a_refusal_that_was_asked_back_and_confirmed_stands() -> None:
    call = TelephoneCall().reaches("mood").says(replace(NEVER_AGAIN, confidence=0.6), YES)
    assert call.state.do_not_call
    assert call.outcome is CallOutcome.REFUSED


def test_a_refusal_that_stays_unclear_ends_this_call_only() -> None:
    call = TelephoneCall().reaches("mood").says(replace(NEVER_AGAIN, confidence=0.6)).stays_silent(2)
    assert call.outcome is CallOutcome.REFUSED
    assert not call.state.do_not_call


# Who are you?


def test_who_is_calling_is_explained_and_the_question_put_again() -> None:
    call = TelephoneCall().is_answered().says(WHO_ARE_YOU)
    assert call.said.startswith(call.words("opening.who_are_you"))
    assert "可以先问社区" in call.said
    assert call.asking == "identity"


def test_whoever_smells_a_swindler_gets_an_explanation_and_may_refuse() -> None:
    call = TelephoneCall().is_answered().says(SWINDLER)
    assert call.outcome is None
    call.says(SWINDLER)
    assert call.outcome is CallOutcome.REFUSED
    assert not call.state.do_not_call
    assert call.said == call.words("requests.refused")


def test_hanging_up_on_the_explanation_is_a_refusal() -> None:
    assert TelephoneCall().is_answered().says(SWINDLER).hangs_up().outcome is CallOutcome.REFUSED


def test_whoever_was_convinced_and_hangs_up_later_has_not_refused() -> None:
    call = TelephoneCall().is_answered().says(SWINDLER, YES).hangs_up()
    assert call.outcome is CallOutcome.PARTIAL


def test_explanations_are_not_repeated_for_ever() -> None:
    call = TelephoneCall().is_answered().says(WHO_ARE_YOU, WHO_ARE_YOU, WHO_ARE_YOU)
    assert call.said.startswith("对不起，我没听明白。")


def test_one_aside_replaces_another() -> None:
    call = TelephoneCall().reaches("mood").says(WAIT, A_PERSON, YES)
    assert call.asking == "mood"
    assert call.state.suspended == ()
