"""An elder in need is kept company while somebody on duty is rung: what is said, and who is let go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.dialogue import CHEST_PAIN, FINE, NEVER_AGAIN, NO, UNCLEAR, TelephoneCall, understood

from ivr.dialogue import Event, HangUp, KeyPressed, Listen, NothingHeard, Say, Stage, UtteranceHeard
from ivr.dialogue.actions import CallOff, Join, PutThrough
from ivr.dialogue.events import NobodyCame, Parted, PersonRung, PersonThere
from ivr.dialogue.state import Transfer
from ivr.report import CallOutcome
from ivr.transfer_texts import TransferTexts, transfer_texts
from speech.types import LANGUAGES, Language, Urgency

TEXTS = transfer_texts()
FIRE = understood("problem", "fire", urgency=Urgency.EMERGENCY, words="着火了")
HELP = understood("problem", "help", urgency=Urgency.EMERGENCY, words="救命")
INTRUDER = understood("problem", "intruder", urgency=Urgency.EMERGENCY, words="有人闯进来了")


def with_operator(**changes: object) -> TelephoneCall:
    """A call in which somebody on duty can be rung."""
    call = TelephoneCall(**changes)
    call.state = call.state.model_copy(update={"transfer": Transfer.POSSIBLE})
    return call.reaches("wellbeing")


def kinds(call: TelephoneCall) -> list[type]:
    return [type(action) for action in call.actions]


def says(call: TelephoneCall, text: str, language: Language = "zh-CN") -> bool:
    return getattr(TEXTS, text).of(language)[0] in call.said


def kept() -> TelephoneCall:
    """Everything has been asked, and somebody is still being rung."""
    call = with_operator().says(CHEST_PAIN).happens(PersonRung()).says(NO, FINE)
    assert call.state.stage is Stage.KEPT
    return call


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_to_do_comes_first_and_then_that_somebody_is_rung(language: Language) -> None:
    call = with_operator(language=language).says(CHEST_PAIN)
    assert kinds(call)[:3] == [call.raised and kinds(call)[0], PutThrough, Say]
    assert not says(call, "announce", language), "nothing is promised before a telephone rings"
    call.happens(PersonRung())
    assert says(call, "announce", language)
    assert call.said.endswith(call.words("emergency.someone_there.text", language)), "and it is asked again"


@pytest.mark.parametrize("danger", [FIRE, INTRUDER])
def test_nobody_is_kept_who_should_get_out_or_keep_quiet(danger: object) -> None:
    call = with_operator().says(danger)  # type: ignore[arg-type]
    assert PutThrough not in kinds(call)
    assert call.stays_silent(2).state.over


def test_without_an_operator_nothing_is_different() -> None:
    with_it, without = with_operator(), TelephoneCall().reaches("wellbeing")
    for call in (with_it, without):
        call.says(CHEST_PAIN)
    with_it.happens(NobodyCame())
    assert with_it.said == without.words("emergency.someone_there.text", "zh-CN")
    for call in (with_it, without):
        call.says(NO, FINE)
    assert with_it.said == without.said
    assert with_it.state.over
    assert without.state.over


def test_the_call_is_not_ended_while_somebody_is_rung() -> None:
    call = kept()
    assert says(call, "wait")
    said = [call.stays_silent().said for _ in range(4)]
    assert TEXTS.medical.zh[0].startswith("要是撑不住了")
    assert said[0] == said[2] != said[1] == said[3]
    assert "幺二零" in said[0]
    assert not call.state.over


def test_whoever_waits_may_go_on_speaking() -> None:
    call = kept().says(UNCLEAR)
    assert says(call, "listening")
    assert call.listen is not None


def test_a_fire_that_breaks_out_meanwhile_lets_the_elder_go() -> None:
    call = kept().says(FIRE)
    assert CallOff in kinds(call)
    assert "fire" in call.raised_codes
    assert call.happens(PersonThere()).said == "", "whoever comes now comes too late for this call"
    assert call.stays_silent(3).state.over


def test_who_refuses_all_help_is_let_go() -> None:
    call = kept().says(NEVER_AGAIN)
    assert call.outcome is CallOutcome.REFUSED
    assert CallOff in kinds(call)


def test_somebody_comes_and_goes() -> None:
    call = kept().happens(PersonThere())
    assert says(call, "connected")
    assert kinds(call) == [Say, Join]
    assert not call.says_now[0].interruptible
    call.happens(Parted("left"))
    assert says(call, "left")
    assert call.stays_silent().said.startswith("都记下了")
    assert call.state.over


@pytest.mark.parametrize("how", ["left", "time", "never"])
def test_the_elder_hears_how_it_goes_on_however_they_parted(how: str) -> None:
    call = kept().happens(PersonThere()).happens(Parted(how))  # type: ignore[arg-type]
    assert says(call, how)
    assert call.listen is not None


def test_a_cry_just_before_they_are_joined_is_raised_and_joins_them_all_the_same() -> None:
    call = kept().happens(PersonThere()).says(HELP)
    assert "help" in call.raised_codes
    assert kinds(call)[-1] is Join


@pytest.mark.parametrize(("taken", "words"), [(False, "nobody"), (True, "taken")])
def test_nobody_comes(taken: bool, words: str) -> None:
    call = kept().happens(NobodyCame(taken))
    assert says(call, words)
    assert "幺二零" in call.said
    assert call.stays_silent().state.over


def test_nobody_comes_while_something_is_being_asked() -> None:
    call = with_operator().says(CHEST_PAIN).happens(PersonRung()).happens(NobodyCame())
    assert says(call, "nobody")
    assert call.asking == "someone_there"


def test_nobody_waits_for_ever() -> None:
    call = kept().stays_silent(100)
    assert call.state.over


def test_the_line_goes_while_somebody_is_rung() -> None:
    call = kept().hangs_up()
    assert call.state.over
    assert call.state.transfer is Transfer.OVER


def test_a_call_that_broke_off_begins_anew() -> None:
    again = TelephoneCall(resume=kept().state.model_dump(mode="json"))
    assert again.state.transfer is Transfer.NONE


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_there_in_every_language(language: Language) -> None:
    for name in TransferTexts.model_fields:
        assert all(getattr(TEXTS, name).of(language)), name


NEWS: st.SearchStrategy[Event] = st.sampled_from(
    [
        PersonRung(),
        PersonThere(),
        NobodyCame(),
        NobodyCame(taken=True),
        Parted("left"),
        Parted("time"),
        Parted("never"),
        NothingHeard(),
        KeyPressed("1"),
        *(UtteranceHeard(each, None, 1.0) for each in (CHEST_PAIN, FIRE, HELP, NO, FINE, UNCLEAR)),
    ]
)


@given(st.lists(NEWS, max_size=20))
def test_whatever_comes_in_whatever_order_the_elder_is_never_left_hanging(course: list[Event]) -> None:
    """Every step that does anything says what to wait for; one person is sought, and joined at most once."""
    call = with_operator().says(CHEST_PAIN)
    for event in course:
        call.happens(event)
        if call.actions:
            assert isinstance(call.actions[-1], Listen | HangUp | Join)
        else:
            assert call.state.over
    orders = [action for _, actions in call.history for action in actions]
    assert sum(isinstance(each, PutThrough) for each in orders) == 1
    assert sum(isinstance(each, CallOff) for each in orders) <= 1
    if call.state.stage is Stage.WITH_PERSON:
        call.happens(Parted("left"))
    assert call.stays_silent(60).state.over
