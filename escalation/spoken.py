"""What is said in the calls to people around an elder, and what follows an answer. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from ivr.errand import CRY, Asked, Ended, Errand
from ivr.report import CallOutcome
from ivr.wording import speak_number
from speech.types import Language

Sentences = tuple[str, ...]
Note = Callable[[str, str], None]
"""Writes down an answer of ``ANSWERS`` and, where somebody said it, in which words."""

Waits = Literal["", "live", "live_caller", "cut_off"]
"""Whether somebody is on the line while a worker is rung: the elder, or somebody who calls for help."""
ANSWERS = ("well", "going", "not_yet", "unknown", "trouble", "wrong_person")
"""What somebody can say; see ``records.contact_calls``."""


class Spoken(BaseModel):
    """One language's sentences; see the head of ``spoken.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    who: Sentences
    who_keys: Sentences
    ask: Sentences
    ask_keys: Sentences
    sure: Sentences
    sure_keys: Sentences
    go: Sentences
    go_keys: Sentences
    follow_up: Sentences
    follow_up_keys: Sentences
    well: Sentences
    going: Sentences
    unknown: Sentences
    trouble: Sentences
    wrong_person: Sentences
    farewell: Sentences
    worker_keys: Sentences
    notice_keys: Sentences
    noted: Sentences
    accepted: Sentences
    declined: Sentences
    taken: Sentences
    live: Sentences
    live_keys: Sentences
    live_caller: Sentences
    live_caller_keys: Sentences
    cut_off: Sentences
    elsewhere: Sentences
    elsewhere_number: Sentences
    through: Sentences
    gone: Sentences
    parted_left: Sentences
    parted_time: Sentences
    parted_never: Sentences

    def filled(self, **values: str) -> Spoken:
        """The sentences with names in them; the number of a call back stays open."""
        values = {"number": "{number}", **values}
        plain = {name: [each.format(**values) for each in said] for name, said in self.model_dump().items()}
        return Spoken.model_validate(plain)


@cache
def spoken() -> dict[Language, Spoken]:
    """The shipped sentences."""
    data = yaml.safe_load((Path(__file__).parent / "spoken.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(dict[Language, Spoken]).validate_python(data)


def contact_errand(say: Spoken, purpose: str, note: Note) -> Errand:
    """The call to a contact: first who is there, then whether the elder is safe.

    A stranger learns nothing about the elder. That all is well is asked once more when it was spoken: a
    "yes" may have meant "go on". ``note`` is called once, before the words that go with the answer, and once
    more when they cry for help after it.
    """
    main = "follow_up" if purpose == "follow_up" else "ask"
    yes_no = {"1": "yes", "2": "no"}
    aloud = {"yes": "yes", "no": "no"}
    questions = {
        "who": Asked(say.who, say.who_keys, yes_no, aloud, listening_for="identity"),
        "ask": Asked(
            say.ask, say.ask_keys, {"1": "well", "2": "going", "3": "unknown"}, {"yes": "sure", "no": "doubt"}
        ),
        "follow_up": Asked(
            say.follow_up,
            say.follow_up_keys,
            {"1": "well", "2": "not_yet", "3": "trouble"},
            {"yes": "sure", "no": "not_yet"},
        ),
        "sure": Asked(say.sure, say.sure_keys, yes_no, aloud),
        "go": Asked(say.go, say.go_keys, yes_no, aloud),
    }
    words = {"not_yet": say.going, "well": say.well, "going": say.going, "unknown": say.unknown,
             "trouble": say.trouble, "wrong_person": say.wrong_person}  # fmt: skip
    leads = {
        ("who", "yes"): main,
        ("ask", "sure"): "sure",
        ("ask", "doubt"): "go",
        ("follow_up", "sure"): "sure",
        ("sure", "no"): "go" if main == "ask" else main,
    }
    means = {
        ("who", "no"): "wrong_person",
        ("sure", "yes"): "well",
        ("go", "yes"): "going",
        ("go", "no"): "unknown",
    }

    def decide(question: str, choice: str, heard: str) -> str | Ended:
        if (question, choice) in leads:
            return leads[question, choice]
        answer = "trouble" if choice == CRY else means.get((question, choice), choice)
        note(answer, heard)
        wrong = answer == "wrong_person"
        return Ended(words[answer], CallOutcome.WRONG_PERSON if wrong else CallOutcome.COMPLETED)

    def late(heard: str) -> Ended:
        note("trouble", heard)
        return Ended(say.trouble)

    return Errand(questions, "who", decide, farewell=say.farewell, late=late)


def worker_errand(
    language: Language,
    sentence: str,
    decide: Callable[[str], str],
    *,
    waits: Waits = "",
    call_back: str = "",
) -> Errand:
    """The call to a worker: one sentence about an order, then 1 to take it and 2 to hand it on; keys only.

    ``decide`` is called with accept or decline, writes it down, and names the words that follow. ``waits`` is
    said first, if it is known: that somebody waits on the line, or was cut off.
    ``call_back`` is the number that those hear who cannot be put through to them from here.
    """
    say = spoken()[language]
    number = speak_number(call_back, language)
    back = tuple(each.format(number=number) for each in say.elsewhere_number) if call_back else ()
    words = {"accepted": say.accepted, "declined": say.declined, "taken": say.taken,
             "through": say.through, "gone": say.gone, "elsewhere": (*say.elsewhere, *back)}  # fmt: skip
    before = {"": (), "live": say.live, "live_caller": say.live_caller, "cut_off": say.cut_off}[waits]
    keys = {"live": say.live_keys, "live_caller": say.live_caller_keys}.get(waits, say.worker_keys)
    question = Asked((*before, sentence), keys, {"1": "accept", "2": "decline"}, listening_for="any")

    def decided(asked: str, choice: str, _heard: str) -> str | Ended:
        return (asked or "order") if choice == CRY else Ended(words[decide(choice)])

    return Errand({"order": question}, "order", decided, farewell=say.farewell)


def notice_errand(language: Language, sentence: str, heard: Callable[[], None]) -> Errand:
    """The call to a worker who need not go any more: one sentence, and 1 by whoever has heard it."""
    say = spoken()[language]
    question = Asked((sentence,), say.notice_keys, {"1": "heard"}, listening_for="any")

    def decide(_asked: str, choice: str, _words: str) -> str | Ended:
        if choice != CRY:
            heard()
        return Ended(say.noted)

    return Errand({"notice": question}, "notice", decide, farewell=say.farewell)
