"""A call that broke off goes on where it was, after asking again who is there."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from support.dialogue import (
    A_PERSON,
    CHEST_PAIN,
    FELL_LATELY,
    FINE,
    IT_IS_ME,
    LATER,
    LOUDER,
    MAYBE_CHEST_PAIN,
    STANDARD,
    TelephoneCall,
)

from ivr.dialogue import Answered, step
from ivr.report import CallOutcome, Confirmed
from ivr.script import ScriptError


def called_again(earlier: TelephoneCall, **changes: object) -> TelephoneCall:
    return TelephoneCall(resume=earlier.state.model_dump(mode="json"), **changes)


def test_the_second_call_goes_on_after_the_last_answer() -> None:
    second = called_again(TelephoneCall().reaches("mood").hangs_up()).is_answered()
    assert second.said.startswith(second.words("opening.greeting_again"))
    second.says(IT_IS_ME)
    assert second.said == "张奶奶，上次咱们说到一半，接着说几句。心情还好吗？"


def test_nothing_personal_is_said_before_the_name_is_checked_again() -> None:
    second = called_again(TelephoneCall().reaches("mood").hangs_up()).is_answered()
    assert not second.state.elder_known
    assert "张奶奶" not in second.said


def test_answers_of_both_calls_make_one_visit() -> None:
    second = called_again(TelephoneCall().reaches("mood").hangs_up()).reaches_the_elder()
    while not second.state.over:
        second.says(FINE)
    assert second.outcome is CallOutcome.COMPLETED
    assert {answer.question for answer in second.state.answers} == set(second.state.agenda)


def test_turns_are_numbered_on_so_that_evidence_stays_unambiguous() -> None:
    first = TelephoneCall().reaches("mood").hangs_up()
    second = called_again(first).is_answered()
    assert second.listen is not None
    assert second.listen.turn == first.state.turns


def test_a_call_that_never_got_to_the_elder_begins_like_the_first() -> None:
    second = called_again(TelephoneCall().is_answered().says(LATER).hangs_up()).is_answered()
    assert second.said.startswith(second.words("opening.greeting"))
    assert second.says(IT_IS_ME).asking == "wellbeing"


def test_how_loud_and_slow_the_elder_needs_it_is_remembered() -> None:
    second = called_again(TelephoneCall().is_answered().says(LOUDER).hangs_up()).is_answered()
    assert (second.says_now[0].gain_db, second.says_now[0].speed) == (6.0, 0.9)


def test_flags_of_the_first_call_are_kept_apart() -> None:
    second = called_again(TelephoneCall().reaches("falls").says(FELL_LATELY).hangs_up())
    assert [flag.code for flag in second.state.earlier_flags] == ["fall_recent"]
    assert second.state.flags == ()


def test_the_same_cry_in_the_second_call_is_raised_again() -> None:
    first = TelephoneCall().reaches("mood").says(CHEST_PAIN).hangs_up()
    second = called_again(first).reaches_the_elder().says(CHEST_PAIN)
    assert second.raised_codes == ["chest_pain"]


def test_what_a_crash_left_unconfirmed_is_raised_when_the_next_call_is_answered() -> None:
    crashed = TelephoneCall().reaches("wellbeing").says(MAYBE_CHEST_PAIN)
    second = called_again(crashed).is_answered()
    assert [(flag.code, flag.confirmed) for flag in second.raised] == [("chest_pain", Confirmed.UNCLEAR)]


def test_a_person_who_was_promised_stays_promised() -> None:
    first = TelephoneCall().reaches("mood").says(A_PERSON).hangs_up()
    second = called_again(first).reaches_the_elder()
    assert second.state.human_requested
    assert second.says(A_PERSON).asking == "go_on", "asked once in this call"


def test_another_module_begins_the_questions_anew() -> None:
    first = TelephoneCall().reaches("mood").hangs_up()
    second = called_again(first, module="sleep").reaches_the_elder()
    assert second.asking == "wellbeing"


def test_a_visit_with_nothing_left_to_ask_is_closed_warmly() -> None:
    first = TelephoneCall().reaches("anything_else").says(CHEST_PAIN).hangs_up()
    second = called_again(first).reaches_the_elder()
    assert second.outcome is CallOutcome.COMPLETED


def test_a_state_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError):
        TelephoneCall(resume={"stage": "question"})


def test_a_state_goes_on_only_with_its_own_script() -> None:
    call = TelephoneCall()
    other = STANDARD.model_copy(update={"version": 2})
    with pytest.raises(ScriptError, match="begun with version 1 of the script standard, not with version 2"):
        step(call.state, Answered(), other)
