"""What is only supposed ("if I fall"), and what merely looks so: "si", heard without its accent, for "sí"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from speech.lexicon import Scope
from speech.understanding.readings import Match, Utterance


class Suppositions:
    """Finds the words of a lexicon that suppose something."""

    def __init__(
        self, scope: Scope, without: Callable[[str, str], str], times_in: Callable[[str], Sequence[str]]
    ) -> None:
        """``without`` blanks out a group of words in a text, ``times_in`` gives its words of time."""
        self._supposed, self._affirming = scope["hypothetical"], scope["affirming"]
        self._without, self._times_in = without, times_in

    def stand_in(
        self, utterance: Utterance, number: int, span: tuple[int, int], match: Match | None = None
    ) -> bool:
        """Whether words within the span of a clause suppose something.

        ``match`` is what they might suppose, if it stands in the same clause.
        """
        if self._supposed is None:
            return False
        left, right = span
        text = self._without("not_negators", utterance.clauses[number].text)
        return any(
            left <= found.start()
            and found.end() <= right
            and not self._affirms(utterance, number, found, match)
            for found in self._supposed.finditer(text)
        )

    def _affirms(
        self, utterance: Utterance, number: int, supposed: re.Match[str], match: Match | None
    ) -> bool:
        """Whether what looks like a supposition says yes: "sí tengo fiebre", with or without its accent.

        Without the accent it must open the answer, and the answer say no more than the trouble and its time.
        """
        word = self._affirming.match(supposed.group()) if self._affirming is not None else None
        if word is None:
            return False
        start = supposed.start()
        if _is_accented(utterance.written(number, start, start + len(word.group().rstrip()))):
            return True
        if match is None or number or start or len(utterance.clauses) > 1:
            return False
        rest = utterance.clauses[number].text[match.end :]
        return len(rest.split()) == sum(len(time.split()) for time in self._times_in(rest))


def _is_accented(written: str) -> bool:
    return any(unicodedata.combining(part) for part in unicodedata.normalize("NFD", written))
