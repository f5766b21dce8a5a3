"""The first half minute: who calls, who is there, and nothing personal to anybody else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.dialogue import (
    CHEST_PAIN,
    FELL_LATELY,
    FINE,
    IT_IS_ME,
    MAYBE_CHEST_PAIN,
    NO,
    NOT_ME,
    STANDARD,
    UNCLEAR,
    WAIT,
    YES,
    TelephoneCall,
    understood,
)

from ivr.dialogue import Listen, Say, Stage
from ivr.report import CallOutcome, Confirmed
from ivr.script import ScriptError
from speech.types import LANGUAGES, Language, Understanding, Urgency

DAUGHTER = understood("no", "proxy", words="我是她女儿")
ASLEEP = understood("no", "proxy", words="我妈睡着了")
NOT_AT_HOME = understood("no", "not_home", words="她出门了")
WRONG_NUMBER = understood("no", "wrong_person", words="打错了")
IN_HOSPITAL = understood("no", "in_hospital", urgency=Urgency.URGENT, words="她住院了")
DECEASED = understood("no", "deceased", urgency=Urgency.URGENT, words="她上个月去世了")


def test_the_robot_says_who_it_is_and_asks_for_the_elder() -> None:
    call = TelephoneCall().is_answered()
    assert call.said.startswith(call.words("opening.greeting"))
    assert call.said.endswith("请问您是张桂兰吗？")
    assert call.listen == Listen("identity", "identity", end_silence_s=1.2, keys="130*", turn=0)


def test_the_opening_cannot_be_interrupted_but_the_question_after_it_can() -> None:
    opening, question = TelephoneCall().is_answered().says_now
    assert not opening.interruptible
    assert question.interruptible


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_greets_in_the_elders_language(language: Language) -> None:
    call = TelephoneCall(language=language).is_answered()
    assert call.said.startswith(call.words("opening.greeting", language))


def test_the_elder_is_addressed_once_they_are_known() -> None:
    call = TelephoneCall().is_answered()
    assert "张奶奶" not in call.said
    call.says(IT_IS_ME)
    assert call.said.startswith("张奶奶，您好！")
    assert call.asking == "wellbeing"


def test_what_an_earlier_call_left_open_is_taken_up_with_the_elder_only() -> None:
    call = TelephoneCall(recap="上次您说腰疼。").is_answered()
    assert "腰疼" not in call.said
    assert "上次您说腰疼。" in call.says(IT_IS_ME).said


def test_one_on_the_keypad_means_it_is_me() -> None:
    assert TelephoneCall().is_answered().presses("1").asking == "wellbeing"


def test_a_weakly_heard_yes_is_asked_once_more() -> None:
    maybe = replace(IT_IS_ME, confidence=0.35)
    call = TelephoneCall().is_answered().says(maybe)
    assert call.asking == "identity"
    assert call.says(maybe).asking == "wellbeing"


def test_whoever_says_hello_is_greeted_first() -> None:
    call = TelephoneCall().says(understood("unclear", words="喂，你好"))
    assert call.said.startswith(call.words("opening.greeting"))
    assert call.asking == "identity"


def test_a_cry_for_help_instead_of_hello_is_not_answered_with_a_greeting() -> None:
    help_me = understood("problem", "help", urgency=Urgency.EMERGENCY, words="喂，快来人")
    call = TelephoneCall().says(help_me)
    assert call.raised_codes == ["help"]
    assert call.said.startswith(call.words("emergency.reassure"))


def test_a_weakly_heard_cry_instead_of_hello_is_asked_back_after_the_greeting() -> None:
    call = TelephoneCall().says(MAYBE_CHEST_PAIN)
    assert call.said.startswith(call.words("opening.greeting"))
    assert call.asking == "confirm"
    call.says(NO)
    assert call.asking == "identity"
    assert [flag.confirmed for flag in call.raised] == [Confirmed.NO]


def test_chest_pain_before_the_name_is_attended_to_at_once() -> None:
    call = TelephoneCall().is_answered().says(CHEST_PAIN)
    assert call.raised_codes == ["chest_pain"]
    assert call.asking == "someone_there"
    given = call.state.answer_to("identity")
    assert given is not None
    assert given.by_proxy


def test_something_urgent_before_the_name_is_noted_and_the_name_asked_again() -> None:
    call = TelephoneCall().is_answered().says(FELL_LATELY)
    assert call.raised_codes == ["fall_recent"]
    assert call.asking == "identity"


# Nobody answers, or nobody can be understood.


def test_three_silences_end_a_call_in_which_nobody_spoke() -> None:
    call = TelephoneCall().is_answered().stays_silent(2)
    assert call.outcome is None
    assert call.stays_silent().outcome is CallOutcome.SILENT


def test_a_silent_receiver_is_asked_shorter_and_slower_each_time() -> None:
    call = TelephoneCall().is_answered()
    first = call.stays_silent()
    asked_again, pace = first.said, first.says_now[0].speed
    second = call.stays_silent()
    assert len(second.said) < len(asked_again)
    assert 1.0 > pace > second.says_now[0].speed


def test_nobody_who_cannot_be_understood_is_taken_for_the_elder() -> None:
    call = TelephoneCall().is_answered().says(UNCLEAR, UNCLEAR)
    assert "请按一" in call.said
    call.says(UNCLEAR)
    assert call.outcome is CallOutcome.PARTIAL
    assert call.said == call.words("identity.not_established")
    assert "张奶奶" not in "".join(call.everything_said)


def test_somebody_who_only_groans_is_not_reported_as_having_spoken() -> None:
    groan = understood("silence", words="")
    call = TelephoneCall().is_answered().says(groan, groan)
    assert call.words("reprompt.no_match.1") in call.said, "a voice without words is not silence"
    assert call.says(groan).outcome is CallOutcome.SILENT


# A machine.


def test_a_machine_is_told_who_called_and_nothing_else() -> None:
    call = TelephoneCall().is_answered().is_a_machine()
    assert call.outcome is CallOutcome.MACHINE
    assert call.said == call.words("opening.machine_message")
    assert "张" not in call.said
    assert not call.says_now[0].interruptible


def test_an_elder_who_has_said_who_they_are_is_no_machine() -> None:
    call = TelephoneCall().reaches_the_elder().is_a_machine()
    assert call.actions == ()
    assert call.state.stage is Stage.QUESTION


def test_a_cry_for_help_is_no_machine() -> None:
    call = TelephoneCall().is_answered().says(MAYBE_CHEST_PAIN).is_a_machine()
    assert call.actions == ()
    assert call.asking == "confirm"


# Somebody else.


def test_a_relative_is_asked_to_fetch_the_elder() -> None:
    call = TelephoneCall().is_answered().says(DAUGHTER)
    assert call.said == "那能请张桂兰来接个电话吗？"
    assert call.asking == "fetch"


@pytest.mark.parametrize("answer", [YES, WAIT])
def test_the_robot_waits_while_the_elder_is_fetched_and_begins_anew(answer: Understanding) -> None:
    call = TelephoneCall().is_answered().says(NOT_ME).says(answer)
    assert call.said == "好，我等着，不着急。"
    assert call.listen is not None
    assert call.listen.no_input_s == 30
    call.says(understood("unclear", words="喂"))
    assert call.said.startswith(call.words("opening.greeting")), "the elder has not heard who is calling"
    assert call.asking == "identity"
    assert call.says(IT_IS_ME).asking == "wellbeing"


def test_the_robot_waits_a_minute_at_most() -> None:
    call = TelephoneCall().is_answered().says(NOT_ME, YES).stays_silent()
    assert call.said == "我还在等着呢。"
    assert call.stays_silent().outcome is CallOutcome.PROXY


def test_whoever_comes_back_to_the_telephone_may_be_somebody_else() -> None:
    """ "Wait a moment" in answer to the name: perhaps the elder is being called."""
    call = TelephoneCall().is_answered().says(WAIT, FINE)
    assert call.said.startswith(call.words("opening.greeting"))
    assert call.asking == "identity"
    assert TelephoneCall().is_answered().says(WAIT).stays_silent(2).outcome is CallOutcome.CALL_LATER


@pytest.mark.parametrize("answer", [NO, ASLEEP, NOT_AT_HOME])
def test_a_relative_is_left_word_who_called_and_nothing_personal(answer: Understanding) -> None:
    call = TelephoneCall(recap="上次您说腰疼。").is_answered().says(DAUGHTER, answer)
    assert call.outcome is CallOutcome.PROXY
    assert call.said == call.words("identity.leave_word")
    said = "".join(call.everything_said)
    assert "腰疼" not in said
    assert "张奶奶" not in said


def test_an_elder_who_is_out_is_left_word_at_once() -> None:
    assert TelephoneCall().is_answered().says(NOT_AT_HOME).outcome is CallOutcome.PROXY


def test_three_on_the_keypad_twice_leaves_word() -> None:
    call = TelephoneCall().is_answered().presses("3")
    assert call.asking == "fetch"
    assert call.presses("3").outcome is CallOutcome.PROXY


def test_a_relative_who_says_nothing_more_is_left_word() -> None:
    call = TelephoneCall().is_answered().says(DAUGHTER).stays_silent(2)
    assert call.outcome is CallOutcome.PROXY


def test_a_second_relative_on_the_line_is_not_asked_to_fetch_again() -> None:
    call = TelephoneCall().is_answered().says(NOT_ME, YES, UNCLEAR, NOT_ME)
    assert call.outcome is CallOutcome.PROXY


def test_a_wrong_number_gets_an_apology() -> None:
    call = TelephoneCall().is_answered().says(WRONG_NUMBER)
    assert call.outcome is CallOutcome.WRONG_PERSON
    assert call.said == call.words("identity.wrong_person")


def test_a_weakly_heard_wrong_number_is_checked_before_it_is_believed() -> None:
    maybe = replace(WRONG_NUMBER, confidence=0.35)
    call = TelephoneCall().is_answered().says(maybe)
    assert call.asking == "identity"
    call.says(maybe)
    assert call.asking == "fetch"
    assert call.says(WRONG_NUMBER).outcome is CallOutcome.WRONG_PERSON


def test_an_elder_taken_for_somebody_else_gets_a_second_chance() -> None:
    misheard = replace(DAUGHTER, confidence=0.35)
    call = TelephoneCall().is_answered().says(misheard)
    assert "请按一" in call.said
    assert call.presses("1").asking == "wellbeing"


@pytest.mark.parametrize(("news", "code"), [(IN_HOSPITAL, "in_hospital"), (DECEASED, "deceased")])
def test_sad_news_is_flagged_and_answered_with_sympathy(news: Understanding, code: str) -> None:
    call = TelephoneCall().is_answered().says(news)
    assert call.outcome is CallOutcome.PROXY
    assert [(flag.code, flag.urgency) for flag in call.raised] == [(code, Urgency.URGENT)]
    assert call.said == call.words(f"identity.{code}")


def test_sad_news_is_flagged_even_when_it_came_without_urgency() -> None:
    call = TelephoneCall().is_answered().says(replace(DECEASED, urgency=Urgency.NONE))
    assert call.raised_codes == ["deceased"]
    assert call.outcome is CallOutcome.PROXY


def test_weakly_heard_sad_news_is_asked_back() -> None:
    call = TelephoneCall().is_answered().says(replace(DECEASED, confirm=True))
    assert call.asking == "confirm"
    call.says(YES)
    assert call.said == call.words("identity.deceased")
    assert call.outcome is CallOutcome.PROXY


def test_misheard_sad_news_leads_back_to_the_name() -> None:
    call = TelephoneCall().is_answered().says(replace(DECEASED, confirm=True), NO)
    assert call.asking == "identity"
    assert call.says(IT_IS_ME).asking == "wellbeing"


def test_a_brief_for_a_module_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ScriptError, match='no module "gardening"; there are: winter_heating'):
        TelephoneCall(module="gardening")


def test_a_call_without_a_module_has_one_question_less() -> None:
    call = TelephoneCall(module="").reaches_the_elder()
    asked = [call.asking]
    while not call.says(FINE).state.over:
        asked.append(call.asking)
    assert asked == [question.id for question in (*STANDARD.core, STANDARD.anything_else)]


def test_everything_said_is_a_say_before_a_listen() -> None:
    call = TelephoneCall().is_answered()
    assert [type(action) for action in call.actions] == [Say, Say, Listen]
