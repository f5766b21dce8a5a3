"""The ledger's codes in plain words, in the panel's languages."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Flask
from flask_babel import get_locale

from speech.types import Language
from speech.weights import Weights, load_weights
from web.cadence_words import cadence_words
from web.word_lists import WORDS

_SPEECH_LANGUAGES: dict[str, Language] = {"zh": "zh-CN", "en": "en"}


def word(code: str | None, group: str) -> Any:
    """A code of the ledger in words; a code nobody has words for is shown as it is, never hidden."""
    return WORDS[group].get(code or "", code or "–")


def code_words(code: str) -> str:
    """What a code of the lexicon (``fall_now``) means, in the language of the page."""
    if code in WORDS["control"]:
        return str(WORDS["control"][code])
    return weights().label(code, _SPEECH_LANGUAGES.get(str(get_locale()), "zh-CN"))


def departure_words(measure: str) -> str:
    """What it means that a measure departed from the usual ("slower to answer"), in the page's language."""
    rule = {str(name): rule for name, rule in weights().manner_rules.measures.items()}.get(measure)
    if rule is None:
        return str(word(measure, "measure"))
    return rule.label.of(_SPEECH_LANGUAGES.get(str(get_locale()), "zh-CN"))


def weighted_codes() -> list[str]:
    """Codes a worker may choose from when correcting an answer, gravest first."""
    codes = weights().codes
    return sorted(codes, key=lambda code: -codes[code].points)


@cache
def weights() -> Weights:
    """The shipped weights, which know every code's label."""
    return load_weights()


def install(app: Flask) -> None:
    """Give templates the filters ``word`` and ``code_words``."""
    app.add_template_filter(word)
    app.add_template_filter(code_words)
    app.add_template_filter(cadence_words)
