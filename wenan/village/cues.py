"""Which sentence of the robot calls for which of a persona's answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ivr.script import Script
from ivr.script_texts import Ask, Text
from speech.types import Language

KEYS = "keys"
"""Cue: only which key means what was said; the question is the one before."""

_PLACEHOLDER = re.compile(r"\\\{[a-z_]+\\\}")


class Cues:
    """Finds the cue that a sentence gives: the id of a question, or one of the dialogue's own turns."""

    def __init__(self, script: Script, language: Language) -> None:
        """Learn the questions of a script in one language."""
        self._patterns = tuple(
            (_pattern(sentence), cue)
            for text, cue in _asked(script)
            for sentence in _questions(text.of(language))
        )
        self.names = frozenset(cue for _, cue in _asked(script)) - {KEYS}

    def of(self, sentence: str) -> str:
        """The cue of a sentence, or an empty string when it calls for no answer."""
        return next((cue for pattern, cue in self._patterns if pattern.fullmatch(sentence)), "")


def _asked(script: Script) -> Iterator[tuple[Text, str]]:
    """Every text that ends in a question, with its cue."""
    asks = [*_own_turns(script), *((question, question.id) for question in script.questions())]
    for ask, cue in asks:
        yield ask.text, cue
        yield ask.short, cue
    for ask, _ in asks:
        if ask.keys_hint is not None:
            yield ask.keys_hint, KEYS
    for concern in script.concerns.values():
        if concern.confirm is not None:
            yield concern.confirm, "confirm"
    yield script.requests.still_there, "still_there"
    yield script.emergency.still_there, "still_there"


def _questions(sentences: tuple[str, ...]) -> tuple[str, ...]:
    """Of a text, what asks; which key means what is said after many questions."""
    return tuple(it for it in sentences if it.endswith(("？", "?"))) or sentences[-1:]


def _own_turns(script: Script) -> Iterator[tuple[Ask, str]]:
    yield script.identity.ask, "identity"
    yield script.identity.fetch, "fetch"
    yield script.confirm.ask, "confirm"
    yield script.requests.when, "when"
    yield script.requests.opt_out_ask, "opt_out"
    yield script.requests.go_on, "go_on"
    yield script.requests.offer_person, "offer_person"
    yield script.emergency.what_happened, "what_happened"
    yield script.emergency.someone_there, "someone_there"
    yield script.emergency.last_words, "last_words"


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(_PLACEHOLDER.sub(".+", re.escape(template)))
