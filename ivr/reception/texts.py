"""The sentences for those who ring us, and scripts made of them. Pure."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from ivr.script import Script
from ivr.script_model import Introduction
from ivr.script_questions import CoreQuestion
from ivr.script_texts import Part, PersonalText, PublicText
from ivr.wording import fill, speak_number
from speech.types import Language

SHIPPED = Path(__file__).parent / "calling_in.yaml"


class Stranger(Part):
    """To numbers that are nobody's whom we know."""

    who: PublicText
    ask: PublicText
    sure: PublicText
    coming: PublicText
    where: PublicText
    noted: PublicText
    call_back: PublicText
    bye: PublicText


class WelcomeTexts(Part):
    """Everything that is said only to those who ring us; see the head of ``calling_in.yaml``."""

    greeting: PublicText
    greeting_back: PublicText
    introduction: PersonalText
    meanwhile: PersonalText
    why: CoreQuestion
    stranger: Stranger


@cache
def welcome_texts() -> WelcomeTexts:
    """The shipped sentences."""
    return WelcomeTexts.model_validate(yaml.safe_load(SHIPPED.read_text(encoding="utf-8")))


def greeting_of(*, back: bool) -> PublicText:
    """What is said first; ``back``: it is we who ring, since nobody had time for them before."""
    return welcome_texts().greeting_back if back else welcome_texts().greeting


def visit_of(script: Script, *, back: bool = False) -> Script:
    """The script of a visit with which somebody goes on who has rung us: only the greeting is another."""
    greeting = greeting_of(back=back)
    opening = script.opening.model_copy(update={"greeting": greeting, "greeting_again": greeting})
    return script.model_copy(update={"opening": opening})


def talk_of(script: Script, *, meanwhile: bool = False, back: bool = False) -> Script:
    """A talk with an elder for whom no visit is waiting: what is it about, and is there anything else?

    Everything else is the script's own: who is there, cries for help, people asked for. ``meanwhile``: the
    robot is just ringing them, too. ``back``: they rang us and heard the engaged tone; now we ring them.
    """
    texts = welcome_texts()
    first = texts.meanwhile if meanwhile and not back else texts.introduction
    return visit_of(script, back=back).model_copy(
        update={"introduction": Introduction(first=first, again=first), "core": (texts.why,), "modules": ()}
    )


def sentences(
    text: PublicText, language: Language, *, organisation: str, callback_number: str, medical: str
) -> tuple[str, ...]:
    """A public text as it is spoken; numbers in any usual spelling."""
    values = {
        "organisation": organisation,
        "callback_number": speak_number(callback_number, language),
        "medical": speak_number(medical, language),
    }
    return tuple(fill(sentence, values) for sentence in text.of(language))
