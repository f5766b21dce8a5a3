"""A short call with one errand: what a contact says, and what it is taken for."""

from __future__ import annotations

import pytest

from escalation.spoken import contact_errand, spoken, worker_errand
from ivr.dialogue.actions import HangUp, Listen, Say
from ivr.dialogue.events import (
    Answered,
    Event,
    HungUp,
    KeyPressed,
    MachineDetected,
    NothingHeard,
    UtteranceHeard,
)
from ivr.errand import MOST_TRIES, Errand
from ivr.report import CallOutcome
from ivr.wording import speak_number
from speech.types import LANGUAGES, Language, Understanding, Urgency


class Contact:
    """Somebody around the elder on the telephone."""

    def __init__(self, purpose: str = "ask") -> None:
        self.noted: list[str] = []
        say = spoken()["zh-CN"].filled(contact="王芳", elder="王桂兰", organisation="滨河社区")
        self.errand: Errand = contact_errand(say, purpose, lambda answer, _heard: self.noted.append(answer))
        self.heard = ""
        self.hung_up = False
        self.tell(Answered())

    def tell(self, event: Event) -> Contact:
        for action in self.errand.tell(event):
            if isinstance(action, Say):
                self.heard += "".join(action.sentences)
            self.hung_up = self.hung_up or isinstance(action, HangUp)
        return self

    def presses(self, *keys: str) -> Contact:
        for key in keys:
            self.tell(KeyPressed(key))
        return self

    def says(self, answer: str, urgency: Urgency = Urgency.NONE, *, confirm: bool = False) -> Contact:
        return self.tell(UtteranceHeard(Understanding("yesno", "…", (), answer, urgency, (), confirm)))


def test_whoever_does_not_say_that_they_are_the_contact_never_hears_the_elders_name() -> None:
    for stranger in (Contact().presses("2"), Contact().says("no"), Contact().tell(MachineDetected())):
        assert "王桂兰" not in stranger.heard
        assert stranger.hung_up
    silent = Contact()
    for _ in range(MOST_TRIES):
        silent.tell(NothingHeard())
    assert "王桂兰" not in silent.heard
    assert silent.errand.outcome is CallOutcome.SILENT


@pytest.mark.parametrize(("key", "answer"), [("1", "well"), ("2", "going"), ("3", "unknown")])
def test_keys(key: str, answer: str) -> None:
    assert Contact().presses("1", key).noted == [answer]


@pytest.mark.parametrize(("key", "answer"), [("1", "well"), ("2", "not_yet"), ("3", "trouble")])
def test_keys_of_whoever_went_to_look(key: str, answer: str) -> None:
    assert Contact("follow_up").presses("1", key).noted == [answer]


def test_a_spoken_yes_is_asked_once_more_before_it_means_that_all_is_well() -> None:
    contact = Contact().presses("1").says("yes")
    assert contact.noted == []
    assert contact.says("yes").noted == ["well"]


def test_a_spoken_no_leads_to_whether_they_can_go() -> None:
    assert Contact().presses("1").says("no").says("yes").noted == ["going"]
    assert Contact().presses("1").says("no").says("no").noted == ["unknown"]
    assert Contact().presses("1").says("yes").says("no").says("no").noted == ["unknown"]


@pytest.mark.parametrize("before", [(), ("1",)])
@pytest.mark.parametrize("urgency", [Urgency.URGENT, Urgency.EMERGENCY])
def test_a_cry_for_help_counts_at_any_moment(before: tuple[str, ...], urgency: Urgency) -> None:
    assert Contact().presses(*before).says("problem", urgency, confirm=True).noted == ["trouble"]


def test_a_cry_after_the_answer_is_noted_once_more() -> None:
    contact = Contact().presses("1", "1")
    assert contact.noted == ["well"]
    contact.says("problem", Urgency.EMERGENCY).says("problem", Urgency.EMERGENCY)
    assert contact.noted == ["well", "trouble"]
    assert "我们马上找人去" in contact.heard
    twice = Contact().says("problem", Urgency.EMERGENCY).says("problem", Urgency.EMERGENCY)
    assert twice.noted == ["trouble"]


def test_what_is_not_understood_is_never_an_answer() -> None:
    contact = Contact().presses("1")
    for _ in range(MOST_TRIES):
        contact.says("unclear")
    assert contact.noted == []
    assert contact.hung_up
    assert Contact().presses("1", "7", "0", "*").noted == []
    assert Contact().presses("1").tell(HungUp()).noted == []


def test_an_answer_is_taken_once() -> None:
    assert Contact().presses("1", "1", "3", "2").noted == ["well"]


def test_keys_pressed_into_the_question_before_do_not_count() -> None:
    actions = Contact().errand.tell(KeyPressed("1"))
    listen = next(action for action in actions if isinstance(action, Listen))
    assert listen.script_question == "confirm", "the media loop drops keys that wait under this name"


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_cannot_be_put_through_from_here_hears_the_number_twice(language: Language) -> None:
    def heard(number: str) -> list[str]:
        errand = worker_errand(language, "…", lambda _choice: "elsewhere", call_back=number)
        errand.tell(Answered())
        actions = errand.tell(KeyPressed("1"))
        return [each for action in actions if isinstance(action, Say) for each in action.sentences]

    said = heard("+8653355181234")
    assert said[:-1] == list(spoken()[language].elsewhere)
    assert said[-1].count(speak_number("+8653355181234", language)) == 2
    assert heard("") == list(spoken()[language].elsewhere), "where none is known, none is said"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_sentences_and_names_no_more_than_it_may(language: str) -> None:
    say = next(table for name, table in spoken().items() if name == language)
    assert not any("{elder}" in sentence for sentence in (*say.who, *say.who_keys, *say.wrong_person))
    say.filled(contact="A", elder="B", organisation="C")
