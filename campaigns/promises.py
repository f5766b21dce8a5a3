"""Asking about what was promised: one more question, in the words of the script's own concerns. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ivr.script import Script
from ivr.script_questions import CoreQuestion
from records.promises import PROMISED

SHIPPED = Path(__file__).parent / "promises.yaml"
NEED = "need_"
"""How codes of wishes begin."""


def with_promise(script: Script, codes: Iterable[str]) -> Script:
    """The script with a question about the first wish among ``codes`` that it has words for.

    The question comes after the core questions, so that the elder's health is asked about first. A script
    that has no words for any of them, or a question of that name of its own, stays as it is.
    """
    wish = next((code for code in codes if code.startswith(NEED) and code in script.concerns), None)
    if wish is None or any(question.id == PROMISED for question in script.questions()):
        return script
    what = script.concerns[wish].what
    words = {"zh-CN": what.zh, "es": what.es, "en": what.en}
    question = _question({language: "".join(said) for language, said in words.items()})
    return script.model_copy(update={"core": (*script.core, question)})


def _question(what: dict[str, str]) -> CoreQuestion:
    document = dict(_document())
    for part in ("text", "short", "keys_hint"):
        document[part] = {
            language: text.replace("{promised}", what[language]) for language, text in document[part].items()
        }
    return CoreQuestion.model_validate(document)


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return document
