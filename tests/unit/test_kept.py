"""Somebody who cries for help in a call that is no visit is kept on the line, and hears how it goes on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.dialogue.actions import Action, CallOff, HangUp, Join, Listen, PutThrough, Say
from ivr.dialogue.events import (
    Answered,
    Event,
    HungUp,
    KeyPressed,
    NobodyCame,
    NothingHeard,
    Parted,
    PersonRung,
    PersonThere,
    PromptFinished,
    UtteranceHeard,
)
from ivr.kept import Kept, Manner
from ivr.reception import StrangerTalk
from ivr.report import CallOutcome
from ivr.script import load_script
from ivr.transfer_texts import transfer_texts
from speech.types import Understanding, Urgency

SCRIPT = load_script("standard")
TEXTS = transfer_texts()
CLOSING = ("记下了。",)


def heard(answer: str, *codes: str, words: str = "…") -> UtteranceHeard:
    urgency = Urgency.EMERGENCY if codes else Urgency.NONE
    return UtteranceHeard(
        Understanding("any", words, (), answer, urgency, codes, confirm=False, confidence=0.9), speech_s=1.0
    )


CRY, FIRE = heard("problem", "help", words="救命"), heard("problem", "fire", words="着火了")


class Stranger:
    """A stranger's talk, kept, and everything that came of it."""

    def __init__(self) -> None:
        self.told_later: list[str] = []
        self.actions: list[Action] = []
        talk = StrangerTalk(
            "zh-CN",
            organisation="滨河社区",
            callback_number="0533-5181234",
            medical="120",
            cried=lambda _heard: None,
            wants_person=lambda _heard: None,
            told_where=self.told_later.append,
        )
        manner = Manner("zh-CN", SCRIPT, CLOSING)
        self.kept = Kept(talk, manner, lambda: talk.crying, self.told_later.append)

    def after(self, *events: Event) -> list[Action]:
        """What the last of these events leads to."""
        for event in (Answered(), *events):
            actions = self.kept.tell(event)
            self.actions += actions
        return list(actions)


def said(actions: list[Action]) -> list[str]:
    return [sentence for action in actions if isinstance(action, Say) for sentence in action.sentences]


def test_help_is_sought_first_and_announced_once_a_telephone_rings() -> None:
    stranger = Stranger()
    actions = stranger.after(CRY)
    assert isinstance(actions[0], PutThrough)
    assert TEXTS.announce.zh[0] not in said(stranger.actions)
    actions = list(stranger.kept.tell(PersonRung()))
    assert said(actions)[0] == TEXTS.announce.zh[0]
    assert said(actions)[-1] == "请您说一下，您是谁，住在哪里。", "and it is asked again"


def test_whoever_has_said_all_is_kept_and_told_in_turn_that_it_rings_and_whom_to_call() -> None:
    stranger = Stranger()
    actions = stranger.after(CRY, PersonRung(), heard("concern", words="三号楼"))
    assert isinstance(actions[-1], Listen)
    assert not any(isinstance(each, HangUp) for each in stranger.actions)
    first, second = (said(list(stranger.kept.tell(NothingHeard()))) for _ in range(2))
    assert "幺二零" in first[0]
    assert second[0] == TEXTS.wait.zh[0]


def test_before_anything_rings_nothing_is_said_about_a_telephone() -> None:
    stranger = Stranger()
    stranger.after(CRY, heard("concern", words="三号楼"), NothingHeard(), NothingHeard())
    assert not any("电话" in sentence for sentence in said(stranger.actions)[4:])


def test_what_is_said_while_they_wait_reaches_whoever_goes() -> None:
    stranger = Stranger()
    stranger.after(CRY, heard("concern", words="三号楼"), heard("concern", words="门没锁"))
    assert stranger.told_later == ["三号楼", "门没锁"]


def test_somebody_comes_and_goes_and_the_caller_may_add_a_word() -> None:
    stranger = Stranger()
    assert isinstance(stranger.after(CRY, PersonRung(), PersonThere())[-1], Join)
    assert said(list(stranger.kept.tell(Parted("left"))))[0] == TEXTS.left.zh[0]
    last = stranger.kept.tell(heard("ok"))
    assert said(list(last)) == list(CLOSING)
    assert last[-1] == HangUp(CallOutcome.COMPLETED)


@pytest.mark.parametrize("rung", [True, False])
def test_a_fire_lets_them_go_with_what_to_do(rung: bool) -> None:
    stranger = Stranger()
    stranger.after(CRY, *((PersonRung(),) if rung else ()), heard("concern", words="三号楼"))
    actions = list(stranger.kept.tell(FIRE))
    assert isinstance(actions[0], CallOff)
    assert any("赶快出门" in sentence for sentence in said(actions))
    assert isinstance(actions[-1], HangUp)


def test_who_cries_that_it_burns_is_never_kept() -> None:
    stranger = Stranger()
    actions = stranger.after(FIRE)
    assert "赶快出门" in said(actions)[0]
    assert not any(isinstance(each, PutThrough) for each in actions)


def test_nobody_waits_for_ever() -> None:
    stranger = Stranger()
    actions = stranger.after(CRY, PersonRung(), heard("concern"), *[NothingHeard()] * 40)
    assert actions[-1:] == [HangUp(CallOutcome.COMPLETED)] or not actions
    assert any(isinstance(each, CallOff) for each in stranger.actions)


def test_two_turns_never_have_one_number() -> None:
    stranger = Stranger()
    stranger.after(CRY, PersonRung(), heard("concern"), NothingHeard(), NobodyCame(), heard("ok"))
    turns = [each.turn for each in stranger.actions if isinstance(each, Listen)]
    assert turns == list(range(len(turns)))


ANYTHING: st.SearchStrategy[Event] = st.sampled_from(
    [
        PersonRung(),
        PersonThere(),
        NobodyCame(),
        NobodyCame(taken=True),
        Parted("left"),
        Parted("never"),
        NothingHeard(),
        PromptFinished(),
        KeyPressed("1"),
        KeyPressed("3"),
        CRY,
        FIRE,
        heard("no"),
        heard("unclear"),
    ]
)


@given(st.lists(ANYTHING, max_size=20))
def test_whatever_comes_in_whatever_order_nobody_is_left_hanging(course: list[Event]) -> None:
    """Every step that does anything says what to wait for; one person is sought, and called off once."""
    stranger = Stranger()
    stranger.after(CRY)
    for event in course:
        actions = stranger.kept.tell(event)
        stranger.actions += actions
        if actions:
            assert isinstance(actions[-1], Listen | HangUp | Join)
        if actions and isinstance(actions[-1], HangUp):
            break
    assert sum(isinstance(each, PutThrough) for each in stranger.actions) == 1
    assert sum(isinstance(each, CallOff) for each in stranger.actions) <= 1
    stranger.kept.tell(HungUp())
    assert stranger.kept.outcome is not None
