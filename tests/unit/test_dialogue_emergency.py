"""When a life may be at stake: help is called, the elder is not left alone, nothing ordinary is asked."""

from __future__ import annotations

import pytest
from support.dialogue import (
    A_PERSON,
    CHEST_PAIN,
    FINE,
    LATER,
    NEVER_AGAIN,
    NO,
    UNCLEAR,
    WAIT,
    WHAT,
    YES,
    TelephoneCall,
    understood,
)

from ivr.report import CallOutcome
from speech.types import LANGUAGES, Language, Understanding, Urgency

FIRE = understood("problem", "fire", urgency=Urgency.EMERGENCY, words="着火了")
GAS = understood("problem", "gas", urgency=Urgency.EMERGENCY, words="一股煤气味")
INTRUDER = understood("problem", "intruder", urgency=Urgency.EMERGENCY, words="有人闯进来了")
MY_HUSBAND_IS_HERE = understood("yes", words="老伴在")


def in_emergency() -> TelephoneCall:
    return TelephoneCall().reaches("wellbeing").says(CHEST_PAIN)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_elder_hears_that_help_is_called_and_what_to_do(language: Language) -> None:
    call = TelephoneCall(language=language).reaches("wellbeing").says(CHEST_PAIN)
    assert call.said.startswith(call.words("emergency.reassure", language))
    assert call.words("concerns.chest_pain.reply", language) in call.said
    assert call.said.endswith(call.words("emergency.someone_there.text", language))


def test_what_to_do_cannot_be_cut_short_by_a_noise() -> None:
    advice, question = in_emergency().says_now
    assert not advice.interruptible
    assert question.interruptible


def test_whoever_is_alone_is_told_that_it_is_known() -> None:
    call = in_emergency().says(NO)
    assert call.said.startswith("您别怕，我们知道您一个人在家。")
    assert call.asking == "last_words"
    given = call.state.answer_to("someone_there")
    assert given is not None
    assert (given.answer, given.column) == ("no", "应急救援")


def test_somebody_at_home_is_asked_to_stay() -> None:
    assert in_emergency().says(MY_HUSBAND_IS_HERE).said.startswith("好，让他陪着您。")


def test_keys_answer_as_well() -> None:
    assert in_emergency().presses("3").said.startswith("您别怕")


def test_what_the_helpers_should_know_is_kept() -> None:
    key = understood("unclear", words="钥匙在门口花盆底下")
    call = in_emergency().says(NO, key)
    given = call.state.answer_to("last_words")
    assert given is not None
    assert given.transcript == "钥匙在门口花盆底下"
    assert call.said == call.words("emergency.close")
    assert call.outcome is CallOutcome.PARTIAL


def test_what_is_said_about_the_door_is_no_request_for_a_locksmith() -> None:
    door = understood("concern", "need_repair", urgency=Urgency.NEED, words="门没锁")
    call = in_emergency().says(NO, door)
    assert call.raised_codes == ["chest_pain"]
    given = call.state.answer_to("last_words")
    assert given is not None
    assert given.codes == ("need_repair",)


def test_no_ordinary_question_follows() -> None:
    call = in_emergency().says(UNCLEAR, UNCLEAR)
    asked = [
        action.script_question for _, actions in call.history for action in actions if hasattr(action, "keys")
    ]
    assert asked[-2:] == ["someone_there", "last_words"]
    assert call.state.over


def test_an_elder_who_falls_silent_hears_that_somebody_is_still_there() -> None:
    call = in_emergency().stays_silent()
    assert call.said.startswith("我还在，您别怕。")
    call.stays_silent()
    assert call.state.over
    assert call.said == call.words("emergency.close")


def test_silence_after_the_last_question_is_waited_out_once() -> None:
    call = in_emergency().says(NO).stays_silent()
    assert call.asking == "last_words"
    assert call.stays_silent().state.over


CRY = understood("problem", "help", urgency=Urgency.EMERGENCY, words="来人啊")


def test_a_cry_that_does_not_say_what_is_wrong_is_asked_about() -> None:
    call = TelephoneCall().reaches("wellbeing").says(CRY)
    assert call.said == call.words("emergency.reassure") + "您别挂电话。您怎么了？"
    call.says(CHEST_PAIN)
    assert call.raised_codes == ["help", "chest_pain"]
    assert call.said.startswith(call.words("concerns.chest_pain.reply"))
    assert call.asking == "someone_there"


@pytest.mark.parametrize("said", [UNCLEAR, CRY])
def test_whoever_cannot_say_what_is_wrong_is_helped_all_the_same(said: Understanding) -> None:
    call = TelephoneCall().reaches("wellbeing").says(CRY, said)
    assert call.said.startswith(call.words("concerns.help.reply"))
    assert call.asking == "someone_there"


def test_silence_after_a_cry_is_helped_all_the_same() -> None:
    call = TelephoneCall().reaches("wellbeing").says(CRY).stays_silent(2)
    assert call.said.startswith(call.words("concerns.help.reply"))
    assert call.stays_silent(2).state.over


def test_a_fire_behind_the_cry_sends_the_elder_out() -> None:
    call = TelephoneCall().reaches("wellbeing").says(CRY, FIRE)
    assert call.asking == "advised"


@pytest.mark.parametrize("danger", [FIRE, GAS])
def test_whoever_must_get_out_is_not_asked_anything(danger: Understanding) -> None:
    call = TelephoneCall().reaches("safety").says(danger)
    assert "赶快出门" in call.said
    assert "？" not in call.said
    assert call.asking == "advised"
    assert call.stays_silent().state.over


def test_whoever_cannot_get_out_is_still_heard() -> None:
    cannot_walk = understood("problem", "fall_now", urgency=Urgency.EMERGENCY, words="我起不来")
    call = TelephoneCall().reaches("safety").says(GAS, cannot_walk)
    assert call.raised_codes == ["gas", "fall_now"]


def test_an_intruder_is_not_drawn_to_the_telephone() -> None:
    call = TelephoneCall().reaches("anything_else").says(INTRUDER)
    assert "躲进" in call.said
    assert call.asking == "advised"


def test_getting_out_comes_before_lying_still() -> None:
    both = understood("problem", "fall_now", "fire", urgency=Urgency.EMERGENCY)
    call = TelephoneCall().reaches("safety").says(both)
    assert call.words("concerns.fire.reply") in call.said
    assert call.words("concerns.fall_now.reply") not in call.said
    assert call.raised_codes == ["fall_now", "fire"]


def test_a_fire_that_breaks_out_meanwhile_changes_the_advice() -> None:
    call = in_emergency().says(FIRE)
    assert call.raised_codes == ["chest_pain", "fire"]
    assert call.words("concerns.fire.reply") in call.said
    assert call.asking == "advised"


def test_somebody_who_cries_on_is_told_again_what_to_do() -> None:
    call = in_emergency().says(CHEST_PAIN)
    assert call.words("concerns.chest_pain.reply") in call.said
    assert call.asking == "someone_there"
    assert call.raised_codes == ["chest_pain"]
    call.says(CHEST_PAIN, CHEST_PAIN)
    assert call.asking == "last_words", "not for ever"


def test_what_to_do_can_be_heard_again() -> None:
    call = in_emergency().says(WHAT)
    assert call.words("concerns.chest_pain.reply") in call.said
    assert call.asking == "someone_there"


@pytest.mark.parametrize("wish", [A_PERSON, WAIT])
def test_whoever_wants_a_person_hears_that_help_is_already_being_called(wish: Understanding) -> None:
    call = in_emergency().says(wish)
    assert call.said.startswith("我已经在叫人了。")
    assert call.asking == "someone_there"


def test_call_later_does_not_put_off_help() -> None:
    call = in_emergency().says(LATER)
    assert call.outcome is None
    assert call.raised_codes == ["chest_pain"]


def test_no_more_calls_is_respected_but_help_comes_all_the_same() -> None:
    call = in_emergency().says(NEVER_AGAIN)
    assert call.outcome is CallOutcome.REFUSED
    assert call.state.do_not_call
    assert call.raised_codes == ["chest_pain"]
    assert call.said == call.words("emergency.close")


def test_an_emergency_as_the_last_answer_leaves_no_question_open() -> None:
    call = TelephoneCall().reaches("anything_else").says(CHEST_PAIN, YES, FINE)
    assert call.outcome is CallOutcome.COMPLETED


def test_hanging_up_in_an_emergency_loses_nothing() -> None:
    call = in_emergency().hangs_up()
    assert call.raised_codes == ["chest_pain"]
    assert call.outcome is CallOutcome.PARTIAL
