"""What holds for every conversation, whatever anybody says, presses or leaves unsaid."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.dialogue import (
    A_PERSON,
    CHEST_PAIN,
    GRANNY,
    IT_IS_ME,
    LATER,
    MAYBE_CHEST_PAIN,
    NEVER_AGAIN,
    NO,
    NOT_ME,
    STANDARD,
    UNCLEAR,
    WAIT,
    YES,
    TelephoneCall,
    understood,
)

from ivr.dialogue import (
    Answered,
    Event,
    HangUp,
    HungUp,
    KeyPressed,
    Listen,
    MachineDetected,
    NothingHeard,
    PromptFinished,
    RaiseFlag,
    Say,
    Stage,
    UtteranceHeard,
)
from ivr.dialogue.events import PersonThere
from ivr.dialogue.state import IN_EMERGENCY, Transfer
from ivr.report import CallOutcome, Confirmed
from ivr.script import sentences_for
from ivr.script_questions import Answer
from speech.lexicon_file import AnswerCode
from speech.types import LANGUAGES, Understanding, Urgency

PERSONAL = replace(GRANNY, address_as="桂兰奶奶", module="anti_fraud", recap="上回您说腰疼得厉害。")
LONGEST_SILENCE = 8
"""Silent turns after which the robot has hung up, wherever it was."""

CODES = (
    *STANDARD.concerns,
    *("yes", "no", "unwell", "proxy", "not_home", "wrong_person", "who_are_you", "opt_out", "slower"),
    *("louder", "repeat", "callback", "hold", "snake_bite"),
)
answers = st.sampled_from((*get_args(AnswerCode), "unclear", "silence"))
understandings = st.builds(
    Understanding,
    question=st.just("any"),
    transcript=st.sampled_from(["", "好", "下午再打", "胸口疼", "我是他女儿"]),
    alternatives=st.just(()),
    answer=answers,
    urgency=st.sampled_from(Urgency),
    codes=st.lists(st.sampled_from(CODES), max_size=3).map(tuple),
    confirm=st.booleans(),
    confidence=st.sampled_from([0.3, 0.55, 1.0]),
)
ordinary = understandings.map(lambda said: replace(said, urgency=Urgency.NONE))
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(UtteranceHeard, ordinary, st.none(), st.floats(0, 5)),
    st.builds(UtteranceHeard, understandings, st.none(), st.floats(0, 5)),
    st.builds(KeyPressed, st.sampled_from("0123456789*#")),
    st.just(NothingHeard()),
    st.just(PromptFinished()),
    st.just(Answered()),
    st.just(MachineDetected()),
    st.just(HungUp()),
)
courses = st.lists(events, max_size=25)
lasting = st.lists(events.filter(lambda event: not isinstance(event, HungUp | MachineDetected)), max_size=25)


def from_the_elder(course: list[Event]) -> list[Event]:
    return [UtteranceHeard(IT_IS_ME), *course]


# Half of all conversations begin with the elder saying who they are: else few would get to the questions.
conversations = courses | courses.map(from_the_elder)
lively = lasting | lasting.map(from_the_elder)


def held(course: list[Event], **changes: object) -> TelephoneCall:
    """The conversation that takes this course; the driver checks JSON and purity at every step."""
    call = TelephoneCall(brief=PERSONAL, **changes).is_answered()
    for event in course:
        call.happens(event)
    return call


def in_emergency_stage(call: TelephoneCall) -> bool:
    return call.state.stage in IN_EMERGENCY


@given(conversations, st.sampled_from(LANGUAGES), st.sampled_from([m.id for m in STANDARD.modules]))
def test_no_conversation_breaks_the_machine(course: list[Event], language: str, module: str) -> None:
    held(course, language=language, module=module)


@given(lively)
def test_every_conversation_ends_when_nobody_says_anything_more(course: list[Event]) -> None:
    call = held(course).stays_silent(LONGEST_SILENCE)
    assert call.state.over
    assert call.outcome is not None


@given(conversations)
def test_every_step_ends_with_listening_or_hanging_up_or_does_nothing(course: list[Event]) -> None:
    for _, actions in held(course).history:
        waits = [action for action in actions if isinstance(action, Listen | HangUp)]
        if any(isinstance(action, Say) for action in actions) or waits:
            assert len(waits) == 1
            assert actions[-1] is waits[0]
        kinds = [type(action) for action in actions]
        assert kinds == sorted(kinds, key=[RaiseFlag, Say, Listen, HangUp].index)


@given(conversations)
def test_turns_are_numbered_without_gaps(course: list[Event]) -> None:
    turns = [
        action.turn for _, actions in held(course).history for action in actions if isinstance(action, Listen)
    ]
    assert turns == list(range(len(turns)))


@given(conversations)
def test_a_raised_flag_is_never_lost_nor_weakened(course: list[Event]) -> None:
    call = TelephoneCall(brief=PERSONAL).is_answered()
    stood: dict[str, Urgency] = {}
    for event in course:
        call.happens(event)
        standing = {
            flag.code: flag.urgency for flag in call.state.flags if flag.confirmed is not Confirmed.NO
        }
        for code, urgency in stood.items():
            assert standing.get(code, Urgency.NONE) >= urgency
        stood = standing
    assert {flag.code for flag in call.raised} == {flag.code for flag in call.state.flags}


@given(
    lively,
    st.sampled_from([code for code, it in STANDARD.concerns.items() if it.urgency == "emergency"]),
    lively,
)
def test_an_emergency_at_any_point_is_raised_unless_it_is_clearly_denied(
    before: list[Event], code: str, after: list[Event]
) -> None:
    call = held(before)
    if call.state.over:
        return
    call.happens(UtteranceHeard(understood("problem", code, urgency=Urgency.EMERGENCY, weakly=True)))
    for event in after:
        call.happens(event)
    call.stays_silent(LONGEST_SILENCE)
    flags = {flag.code: flag for flag in call.state.flags}
    assert code in flags
    if flags[code].confirmed is Confirmed.NO:
        assert any(is_no(event) for event in (*before, *after))


def is_no(event: Event) -> bool:
    if isinstance(event, KeyPressed):
        return event.digit in "23"
    return isinstance(event, UtteranceHeard) and event.understanding.answer == "no"


@given(lively, st.sampled_from([code for code, it in STANDARD.concerns.items() if it.urgency == "emergency"]))
def test_a_clear_emergency_is_raised_in_the_same_step(before: list[Event], code: str) -> None:
    call = held(before)
    was_confirming = call.state.stage is Stage.CONFIRM
    call.happens(UtteranceHeard(understood("problem", code, urgency=Urgency.EMERGENCY)))
    flags = {flag.code: flag for flag in call.state.flags}
    assert flags[code].urgency is Urgency.EMERGENCY
    assert flags[code].confirmed is not Confirmed.NO
    assert was_confirming or in_emergency_stage(call) or call.state.over


@given(conversations)
def test_nothing_personal_is_said_before_the_elder_is_known(course: list[Event]) -> None:
    call = TelephoneCall(brief=PERSONAL).is_answered()
    questions = {"".join(question.text.zh) for question in STANDARD.questions()}
    for event in course:
        call.happens(event)
        if not call.state.elder_known:
            assert PERSONAL.address_as not in call.said
            assert PERSONAL.recap not in call.said
            assert not any(question in call.said for question in questions)


@given(conversations)
def test_nothing_is_said_that_was_not_listed_for_rendering(course: list[Event]) -> None:
    assert set(held(course).everything_said) <= LISTED


LISTED = set(sentences_for(STANDARD, PERSONAL))


@given(lively)
def test_a_refusal_ends_the_call_at_once_wherever_it_is_clear(course: list[Event]) -> None:
    call = held(course)
    if call.state.over or in_emergency_stage(call) or call.state.stage is Stage.CONFIRM:
        return
    call.says(understood("refuse", "opt_out", words="别再打来了"))
    assert call.outcome is CallOutcome.REFUSED
    assert call.state.do_not_call


@given(lively)
def test_zero_always_brings_a_person(course: list[Event]) -> None:
    call = held(course)
    if call.state.over:
        return
    call.presses("0")
    assert (
        call.state.human_requested
        or any(flag.urgency is Urgency.EMERGENCY for flag in call.state.flags)
        or call.raised
    )


@given(lively)
def test_hanging_up_at_any_point_ends_the_call_with_everything_raised(course: list[Event]) -> None:
    call = held(course)
    pending = call.state.pending
    call.hangs_up()
    assert call.state.over
    assert call.state.pending == ()
    assert {waiting.code for waiting in pending} <= {flag.code for flag in call.state.flags}


@given(conversations)
def test_only_what_was_answered_counts_as_an_answer(course: list[Event]) -> None:
    said = {"unclear", "silence"} | {
        event.understanding.answer for event in course if isinstance(event, UtteranceHeard)
    }
    keys = any(isinstance(event, KeyPressed) for event in course)
    bare = said & {"yes", "no"}
    for given_answer in held(course).state.answers:
        if not keys and not bare:
            assert given_answer.answer in said


@given(conversations, conversations)
@settings(max_examples=50)
def test_any_broken_call_can_be_taken_up_again(first: list[Event], second: list[Event]) -> None:
    earlier = held(first)
    again = TelephoneCall(brief=PERSONAL, resume=earlier.state.model_dump(mode="json")).is_answered()
    assert not again.state.elder_known
    assert {flag.code for flag in earlier.state.flags} <= {flag.code for flag in again.state.earlier_flags}
    for event in second:
        again.happens(event)
    assert again.stays_silent(LONGEST_SILENCE).state.over


def test_every_answer_of_the_lexicon_is_either_taken_or_asked_again() -> None:
    for answer in (*get_args(AnswerCode), "unclear"):
        call = TelephoneCall().reaches("wellbeing").says(understood(answer))
        assert call.actions, answer
    assert set(get_args(Answer)) <= set(get_args(AnswerCode))


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage not in (Stage.RINGING, Stage.ENDED)])
def test_every_stage_can_be_reached(stage: Stage) -> None:
    """A stage nobody can get into would be untested code."""
    assert stage in {call.state.stage for call in WAYS_INTO_STAGES}


def _ways() -> list[TelephoneCall]:
    gas = understood("problem", "gas", urgency=Urgency.EMERGENCY)
    return [
        TelephoneCall().is_answered(),
        TelephoneCall().is_answered().says(NOT_ME),
        TelephoneCall().is_answered().says(NOT_ME, YES),
        TelephoneCall().reaches("mood"),
        TelephoneCall().reaches("mood").says(MAYBE_CHEST_PAIN),
        TelephoneCall().reaches("mood").says(WAIT),
        TelephoneCall().reaches("mood").says(LATER),
        TelephoneCall().reaches("mood").says(A_PERSON),
        TelephoneCall().reaches("wellbeing").says(*[UNCLEAR] * 6),
        TelephoneCall().reaches("mood").says(replace(NEVER_AGAIN, confirm=True)),
        TelephoneCall().reaches("mood").says(understood("problem", "help", urgency=Urgency.EMERGENCY)),
        TelephoneCall().reaches("mood").says(CHEST_PAIN),
        TelephoneCall().reaches("mood").says(CHEST_PAIN, NO),
        TelephoneCall().reaches("mood").says(gas),
        _waiting(),
        _waiting().happens(PersonThere()),
    ]


def _waiting() -> TelephoneCall:
    """Somebody on duty is being rung, and everything has been asked."""
    call = TelephoneCall()
    call.state = call.state.model_copy(update={"transfer": Transfer.POSSIBLE})
    return call.reaches("mood").says(CHEST_PAIN, NO, NO)


WAYS_INTO_STAGES = _ways()
