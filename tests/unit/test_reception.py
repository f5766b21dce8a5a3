"""What those hear who call us, and what is made of their words: nothing personal, and no cry is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.brief import Brief
from ivr.call import ScriptedPartner
from ivr.dialogue import begin
from ivr.dialogue.actions import Action, HangUp, Listen, RaiseFlag, Say
from ivr.dialogue.events import (
    Answered,
    Event,
    HungUp,
    KeyPressed,
    MachineDetected,
    NothingHeard,
    PromptFinished,
    UtteranceHeard,
)
from ivr.reception import StrangerTalk, Who, WhoIsThere, talk_of, visit_of, welcome_texts
from ivr.report import CallOutcome
from ivr.script import load_script
from ivr.script_texts import texts_in
from speech.types import LANGUAGES, Language, Understanding, Urgency

SCRIPT = load_script("standard")
CALLER = {"organisation": "滨河社区", "callback_number": "0533-5181234"}
NAMES = ("王桂兰", "李建国", "张秀英")
BRIEF = Brief("王桂兰", "王奶奶", "滨河社区", "0533-5181234", "zh-CN")


def heard(
    answer: str, urgency: Urgency = Urgency.NONE, *, confirm: bool = False, words: str = "…"
) -> UtteranceHeard:
    codes = ("help",) if urgency >= Urgency.URGENT else ()
    return UtteranceHeard(
        Understanding("any", words, (), answer, urgency, codes, confirm, confidence=0.9), speech_s=1.0
    )


CRY = heard("problem", Urgency.EMERGENCY, words="救命")
UNSURE = heard("problem", Urgency.EMERGENCY, confirm=True, words="九命")
ANYTHING = st.sampled_from(
    [
        Answered(),
        PromptFinished(),
        NothingHeard(),
        KeyPressed("1"),
        KeyPressed("3"),
        KeyPressed("7"),
        MachineDetected(),
        heard("yes"),
        heard("no"),
        heard("ok"),
        heard("human"),
        heard("unclear"),
        heard("silence", words=""),
        UNSURE,
    ]
)


class Stranger:
    """A talk with somebody unknown, and what was put on record of it."""

    def __init__(self, language: Language = "zh-CN") -> None:
        self.record: list[str] = []
        self.talk = StrangerTalk(
            language,
            **CALLER,
            medical="120",
            cried=lambda _heard: self.record.append("cried"),
            wants_person=lambda _heard: self.record.append("wants person"),
            told_where=self.record.append,
        )

    def told(self, *events: Event) -> list[Action]:
        return [action for event in events for action in self.talk.tell(event)]


def sentences(actions: list[Action]) -> list[str]:
    return [sentence for action in actions if isinstance(action, Say) for sentence in action.sentences]


@given(st.lists(ANYTHING, max_size=8), st.lists(ANYTHING, max_size=8))
def test_whatever_happens_a_strangers_cry_is_put_on_record_once(
    before: list[Event], after: list[Event]
) -> None:
    stranger = Stranger()
    stranger.told(*before, CRY)
    assert stranger.record.count("cried") == 1, "at once, while they are on the line"
    stranger.told(*after, CRY, HungUp())
    assert stranger.record.count("cried") == 1


@given(st.lists(ANYTHING, max_size=12))
def test_every_talk_with_a_stranger_goes_on_or_ends(events: list[Event]) -> None:
    stranger = Stranger()
    for event in (Answered(), *events):
        actions = stranger.told(event)
        if stranger.talk.outcome is not None:
            break
        assert not actions or isinstance(actions[-1], Listen)
    stranger.told(HungUp())
    assert stranger.talk.outcome is not None


def test_what_may_have_been_a_cry_is_asked_back_and_counts_unless_it_is_denied() -> None:
    denied, hung_up, unclear = Stranger(), Stranger(), Stranger()
    for each in (denied, hung_up, unclear):
        each.told(Answered(), UNSURE)
        assert each.record == []
    denied.told(heard("no"), HungUp())
    hung_up.told(HungUp())
    unclear.told(heard("unclear"))
    assert (denied.record, hung_up.record, unclear.record) == ([], ["cried"], ["cried"])


def test_a_mere_yes_is_no_emergency_until_it_is_said_again() -> None:
    stranger = Stranger()
    stranger.told(Answered(), heard("yes"))
    assert stranger.record == []
    stranger.told(heard("yes"), heard("concern", words="三号楼"))
    assert stranger.record == ["cried", "三号楼"]


@pytest.mark.parametrize("after", [[HungUp()], [NothingHeard(), NothingHeard()], [heard("unclear")] * 2])
@pytest.mark.parametrize("answer", ["yes", "problem", "concern"])
def test_a_stranger_who_says_that_something_is_wrong_and_no_more_is_called_back(
    answer: str, after: list[Event]
) -> None:
    stranger = Stranger()
    stranger.told(Answered(), heard(answer), *after, HungUp())
    assert stranger.record == ["wants person"]


@pytest.mark.parametrize("no", [heard("no"), KeyPressed("3")])
def test_a_stranger_who_clearly_takes_it_back_is_left_in_peace(no: Event) -> None:
    stranger = Stranger()
    stranger.told(Answered(), heard("yes"), no, HungUp())
    assert stranger.record == []


def test_a_stranger_who_wants_a_person_is_put_down_for_one() -> None:
    stranger = Stranger()
    actions = stranger.told(Answered(), heard("human"))
    assert stranger.record == ["wants person"]
    assert actions[-1] == HangUp(CallOutcome.COMPLETED)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stranger_hears_in_two_sentences_who_this_is(language: Language) -> None:
    said = sentences(Stranger(language).told(Answered()))
    assert len(welcome_texts().stranger.who.of(language)) == 2
    assert CALLER["organisation"] in "".join(said)
    assert not any("{" in sentence for sentence in said)


def test_nothing_that_strangers_hear_has_room_for_a_name() -> None:
    texts = [text for _, text in texts_in(welcome_texts().stranger)] + [welcome_texts().greeting]
    for text in texts:
        for language in LANGUAGES:
            assert not any("{name}" in each or "{address_as}" in each for each in text.of(language))


def asked(*events: Event) -> tuple[Who, list[str]]:
    """What comes of asking which of three it is, and what was said."""
    asking = WhoIsThere(NAMES, SCRIPT, "zh-CN", **CALLER)
    said = sentences([action for event in events for action in asking.tell(event)])
    return asking.who, said


def test_who_shares_a_telephone_is_asked_one_by_one() -> None:
    who, said = asked(Answered(), KeyPressed("3"), heard("no"), heard("yes"))
    assert who == Who(2)
    assert [each for each in said if each.startswith("请问您是")] == [f"请问您是{name}吗？" for name in NAMES]


def test_whoever_is_none_of_them_is_a_stranger() -> None:
    who, _ = asked(Answered(), KeyPressed("3"), KeyPressed("3"), KeyPressed("3"))
    assert who == Who(stranger=True)


@pytest.mark.parametrize(
    "before", [(), (Answered(),), (Answered(), KeyPressed("3")), (Answered(), KeyPressed("1"))]
)
def test_a_cry_is_taken_instead_of_an_answer_and_after_one(before: tuple[Event, ...]) -> None:
    who, _ = asked(*before, CRY)
    assert who.cry == CRY


def test_a_dialogue_goes_on_after_what_was_said_before_it() -> None:
    partner = ScriptedPartner(begin(visit_of(SCRIPT), BRIEF), visit_of(SCRIPT), (Answered(), KeyPressed("1")))
    said = sentences(list(partner.tell(Answered())))
    assert partner.state.elder_known
    assert not any("机器人" in sentence for sentence in said), "who calls has been said"
    assert said[0].startswith("王奶奶，您好")


def test_a_cry_before_the_dialogue_is_answered_and_flagged_at_once() -> None:
    partner = ScriptedPartner(begin(visit_of(SCRIPT), BRIEF), visit_of(SCRIPT), (CRY,))
    actions = partner.tell(Answered())
    flags = [action.flag for action in actions if isinstance(action, RaiseFlag)]
    assert [(flag.code, flag.urgency) for flag in flags] == [("help", Urgency.EMERGENCY)]
    gone = ScriptedPartner(begin(visit_of(SCRIPT), BRIEF), visit_of(SCRIPT), (CRY,))
    assert any(isinstance(action, RaiseFlag) for action in gone.tell(HungUp())), (
        "also when they are gone by then"
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_talk_without_a_visit_has_two_questions_in_every_language(
    language: Language, *, meanwhile: bool
) -> None:
    script = talk_of(SCRIPT, meanwhile=meanwhile)
    assert [question.id for question in script.agenda("")] == ["why_called", "anything_else"]
    first = script.introduction.first.of(language)
    assert first == (welcome_texts().meanwhile if meanwhile else welcome_texts().introduction).of(language)
