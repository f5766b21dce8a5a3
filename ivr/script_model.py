"""The parts of a script: what a coordinator writes in YAML, checked strictly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ivr.script_questions import CoreQuestion, Identifier, Question
from ivr.script_texts import (
    HeardAsk,
    HeardText,
    NameAsk,
    NameText,
    Part,
    PersonalText,
    PublicAsk,
    PublicText,
    Text,
)
from speech.types import Urgency

MAX_CORE_QUESTIONS = 6


class Module(Part):
    """A topic that takes its turn: a word of advice, perhaps, and one or two questions."""

    id: Identifier
    title: Text
    tip: PersonalText | None = None
    questions: Annotated[tuple[CoreQuestion, ...], Field(min_length=1, max_length=2)]


class Numbers(Part):
    """Whom to call in need, as placeholders ``{medical}``, ``{fire}``, ``{police}`` and ``{support}``."""

    medical: Annotated[str, Field(pattern=r"^[0-9 -]+$")]
    fire: Annotated[str, Field(pattern=r"^[0-9 -]+$")]
    police: Annotated[str, Field(pattern=r"^[0-9 -]+$")]
    support: Annotated[str, Field(pattern=r"^[0-9 -]+$")]
    """A line that listens to people in despair, at any hour."""


class Opening(Part):
    """What is said before anybody is known to be on the line: nothing about the elder, not even the name."""

    greeting: PublicText
    greeting_again: PublicText
    """When an earlier call broke off."""
    machine_message: PublicText
    who_are_you: PublicText


class Identity(Part):
    """Who is on the line; what to say to others."""

    ask: NameAsk
    fetch: NameAsk
    """Asks somebody else whether the elder can come to the telephone."""
    waiting: PublicText
    still_waiting: PublicText
    leave_word: NameText
    """To a relative, when the elder cannot come: who called, which number to call."""
    wrong_person: PublicText
    in_hospital: PublicText
    deceased: PublicText
    not_established: PublicText
    """Parting words when nobody could be understood."""


class Introduction(Part):
    """The first words once the elder is known."""

    first: PersonalText
    again: PersonalText


class Acknowledge(Part):
    """Short words after an answer, taken in turns."""

    good: Annotated[tuple[PublicText, ...], Field(min_length=1)]
    concern: Annotated[tuple[PublicText, ...], Field(min_length=1)]


class Reprompt(Part):
    """Before asking a second and a third time, and when giving up: each shorter than the one before."""

    no_input: Annotated[tuple[PublicText, ...], Field(min_length=3, max_length=3)]
    no_match: Annotated[tuple[PublicText, ...], Field(min_length=3, max_length=3)]
    check_key: PublicText
    """Before asking again because a key could be meant either way."""


class Confirm(Part):
    """Did I hear that rightly?"""

    ask: HeardAsk
    withdrawn: PublicText
    """When the elder says no."""


class Noted(Part):
    """After something that a person must look at, short of an emergency."""

    urgent: HeardText
    urgent_confirmed: PublicText
    need: PublicText
    more: PublicText
    """For everything after the first."""


class Requests(Part):
    """Answers to what elders ask of the robot."""

    slower: PublicText
    louder: PublicText
    hold: PublicText
    still_there: PublicText
    hold_over: PublicText
    when: PublicAsk
    """When to call again; keys: 1 in half an hour, 2 this afternoon, 3 tomorrow."""
    call_again: PublicText
    opt_out_ask: PublicAsk
    opt_out: PublicText
    refused: PublicText
    human: PublicText
    go_on: PublicAsk
    human_goodbye: PublicText
    offer_person: PublicAsk


class Emergency(Part):
    """When a life may be at stake."""

    reassure: PublicText
    what_happened: PublicAsk
    """After a cry for help that does not say what is wrong."""
    someone_there: PublicAsk
    with_someone: PublicText
    alone: PublicText
    last_words: PublicAsk
    still_there: PublicText
    already: PublicText
    """When the elder asks for a person, wants to wait or to be called later: help is already coming."""
    close: PublicText


class Closing(Part):
    """The end of a call."""

    usual: PersonalText
    with_flags: PersonalText
    """When something was noted for a person."""


class Concern(Part):
    """Something worth a flag, in words that can be said to the elder."""

    urgency: Literal["need", "urgent", "emergency"]
    what: PublicText
    """Completes "I think I heard you say that ..."; one sentence without a full stop."""
    confirm: PublicText | None = None
    """Asks back in other words than usual; nothing about keys is added."""
    reply: PublicText | None = None
    """Said once it stands: advice, comfort. An emergency must have one."""
    ask_no_more: bool = False
    """No questions afterwards: the elder should get out (fire, gas) or keep quiet (an intruder)."""
    reassure: PublicText | None = None
    """Said instead of the usual words of reassurance."""

    @model_validator(mode="after")
    def _emergency_has_advice(self) -> Self:
        if self.urgency == "emergency" and self.reply is None:
            raise ValueError("is an emergency without a reply; say what the elder should do until help comes")
        return self

    @property
    def level(self) -> Urgency:
        """The urgency as a value that can be compared."""
        return Urgency.parse(self.urgency)


def _distinct_modules(modules: tuple[Module, ...]) -> tuple[Module, ...]:
    _distinct([module.id for module in modules], "module")
    return modules


def _distinct(ids: list[str], kind: str) -> None:
    twice = [name for name, count in Counter(ids).items() if count > 1]
    if twice:
        raise ValueError(f"{kind} id {twice[0]} is used twice; rename one of them")


class Script(Part):
    """A versioned questionnaire: everything the robot may say, in every language."""

    id: Identifier
    version: Annotated[int, Field(ge=1)]
    title: Text
    numbers: Numbers
    opening: Opening
    identity: Identity
    introduction: Introduction
    core: Annotated[tuple[CoreQuestion, ...], Field(min_length=1, max_length=MAX_CORE_QUESTIONS)]
    modules: Annotated[tuple[Module, ...], AfterValidator(_distinct_modules)] = ()
    anything_else: CoreQuestion
    closing: Closing
    acknowledge: Acknowledge
    reprompt: Reprompt
    confirm: Confirm
    noted: Noted
    requests: Requests
    emergency: Emergency
    concerns: Mapping[Identifier, Concern]

    @model_validator(mode="after")
    def _has_words_for_the_nameless(self) -> Self:
        for code in ("help", "human"):
            if code not in self.concerns:
                raise ValueError(f"concerns lacks {code}, which stands in for a code without words; add it")
        return self

    @model_validator(mode="after")
    def _questions_are_distinct(self) -> Self:
        _distinct([question.id for question in self.questions()], "question")
        return self

    def questions(self) -> Iterator[Question]:
        """Every question of the script, follow-ups after the question they belong to."""
        of_modules = (question for module in self.modules for question in module.questions)
        for question in (*self.core, *of_modules, self.anything_else):
            yield question
            if question.follow_up is not None:
                yield question.follow_up

    def question(self, name: str) -> Question:
        """The question of that id. Raises KeyError."""
        for question in self.questions():
            if question.id == name:
                return question
        raise KeyError(name)

    def module(self, name: str) -> Module | None:
        """The module of that id, or None."""
        return next((module for module in self.modules if module.id == name), None)

    def agenda(self, module: str) -> tuple[CoreQuestion, ...]:
        """The questions of a call with that module, in order; follow-ups not counted."""
        chosen = self.module(module)
        return (*self.core, *(chosen.questions if chosen else ()), self.anything_else)
