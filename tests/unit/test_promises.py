"""The next visit knows what was promised and asks about it, in the elder's language."""

from __future__ import annotations

import pytest
from support.dialogue import FINE, NO, STANDARD, YES, TelephoneCall

from campaigns.promises import with_promise
from ivr.script import sentences_for
from records.promises import PROMISED
from speech.types import Language

REPAIR = with_promise(STANDARD, ["fall_recent", "need_repair", "need_meals"])


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("zh-CN", "上次您说家里有东西要修，办好了吗？"),
        ("es", "La otra vez me dijo que hay algo que arreglar en casa."),
        ("en", "Last time you told me that something at home needs a repair."),
    ],
)
def test_it_is_asked_in_the_words_of_the_scripts_own_concern(language: Language, sentence: str) -> None:
    call = TelephoneCall(REPAIR, language=language)
    assert sentence in sentences_for(REPAIR, call.brief), "so that it is rendered before the call"


def test_health_comes_first_and_the_promise_after_the_core_questions() -> None:
    agenda = [question.id for question in REPAIR.agenda("")]
    usual = [question.id for question in STANDARD.agenda("")]
    assert agenda == [*usual[:-1], PROMISED, usual[-1]]


@pytest.mark.parametrize(("reply", "answer"), [(YES, "ok"), (NO, "problem"), (FINE, "ok")])
def test_a_plain_yes_or_no_is_an_answer(reply: object, answer: str) -> None:
    call = TelephoneCall(REPAIR, module="").reaches_the_elder()
    for _ in STANDARD.core:
        call.says(FINE)
    assert call.state.asking == PROMISED
    call.says(reply)  # type: ignore[arg-type]  # what the elder says, by name
    given = call.state.answer_to(PROMISED)
    assert given is not None
    assert given.answer == answer
    assert call.state.asking == "anything_else"


def test_silence_about_it_does_not_end_the_call() -> None:
    call = TelephoneCall(REPAIR, module="").reaches_the_elder()
    for _ in STANDARD.core:
        call.says(FINE)
    call.stays_silent(2)
    assert call.state.asking == "anything_else"


def test_what_the_script_has_no_words_for_is_not_asked_about() -> None:
    assert with_promise(STANDARD, ["fall_recent", "need_unheard_of"]) is STANDARD
    assert with_promise(STANDARD, []) is STANDARD
    assert with_promise(REPAIR, ["need_meals"]) is REPAIR, "one promise in a call"
