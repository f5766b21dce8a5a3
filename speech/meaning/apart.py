"""The stretches of an answer that are looked at one by one, each as the whole answer has it mean.

A cry among calm talk must be found, so every stretch is asked for what it tells of. Yet "he was found
unconscious" is an alarm only until one knows that the newspaper says it, so each is read where it stands.
Why: ``docs/adr/0038-stretches-are-read-where-they-stand.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from speech.meaning.encoder import Span
from speech.types import Language
from speech.wording import clauses, spaced

_MOST = 96
"""Stretches of one answer that are looked at."""
_WINDOW = {False: 8, True: 6}
"""Characters, or words, of a window; by whether the language parts its words."""
_LONGER = 3
"""By so much a clause must be longer than a window to be looked at in windows."""
_SHORTEST = {False: 2, True: 1}
"""Characters, or words, of a clause that is looked at: "救命" is a cry, "哎" may be anything."""


def stretches(text: str, language: Language) -> list[Span]:
    """Where the clauses of a text begin and end, and windows of what is too long for one clause.

    Recognisers drop commas: of "着火了今天天气真的不错呀" the windows "着火了今天天气真", "天天气真的不错呀"
    are looked at too. What is all of the text is none of its stretches.
    """
    whole = text.strip()
    return [span for span in dict.fromkeys(_cut(text, language)) if text[slice(*span)].strip() != whole][
        :_MOST
    ]


def _cut(text: str, language: Language) -> Iterator[Span]:
    window = _WINDOW[spaced(language)]
    for clause in clauses(text, language):
        start, end = clause.origin[0], clause.origin[-1] + 1
        units = list(re.finditer(r"\S+" if spaced(language) else r"(?s).", text[start:end]))
        if len(units) < _SHORTEST[spaced(language)]:
            continue
        yield start, end
        if len(units) > window + _LONGER:
            for first in [*range(0, len(units) - window, window // 2), len(units) - window]:
                yield start + units[first].start(), start + units[first + window - 1].end()
