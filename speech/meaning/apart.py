"""The pieces in which a sentence is read once more, each in the company of the words that say whose it is.

A cry among calm talk must be found, so every piece is looked at by itself. Yet "he was found unconscious" is
an alarm only until one knows that the newspaper says it: words of television, of neighbours, of long ago and
of what might be (``scope`` in the lexicon) stay with the pieces after them, until the elder or the present is
named. Why: ``docs/adr/0035-pieces-in-company.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from speech.lexicon import load_lexicon
from speech.types import Language
from speech.understanding.people import PEOPLE, People
from speech.wording import Clause, clauses, spaced

_PIECES, _SHORTEST_CLAUSE = 10, 3
"""Pieces that are read by themselves, of so many characters (Chinese) or words at least."""
_STRETCH = {False: 8, True: 6}
"""Characters, or words, of a stretch; by whether the language parts its words."""
_DENYING: Mapping[Language, tuple[str, ...]] = {
    "zh-CN": ("没", "不", "莫", "未", "哪里"),
    "es": ("no", "nunca", "qué va", "nada"),
    "en": ("no", "never", "not", "nothing", "none"),
}
"""How a clause begins that denies what was asked."""
_REFUSING: Mapping[Language, tuple[str, ...]] = {
    "zh-CN": ("没有", "没的", "莫的", "哪有", "不是", "没这"),
    "es": ("no ", "qué va", "nada"),
    "en": ("no ", "not ", "none", "nothing"),
}
"""How it begins, folded, where the question mark was not heard."""
_ENDED_BY: Mapping[str, frozenset[str]] = {
    "story": frozenset({"self", "household"}),
    "others": frozenset({"self", "household", "kin"}),
    "past": frozenset({"now", "recent"}),
    "hypothetical": frozenset({"now", "recent"}),
}
"""Words that stay with what follows, and the words that end it: whose trouble it is, and when."""
_OTHERS = frozenset({"others", "kin"})
_KIND = {"story": "whose", "others": "whose", "past": "when", "hypothetical": "when"}
_WATCHED = (*PEOPLE, "now", "recent", "past", "hypothetical")


@dataclass(frozen=True, slots=True)
class _Word:
    """A scope word where it stands in the text as it was written."""

    start: int
    end: int
    group: str
    sentence: int


def pieces(text: str, language: Language) -> list[str]:
    """The clauses of a text, and stretches of what is too long for one: recognisers drop commas.

    "着火了今天天气真的不错呀" is looked at as "着火了今天天气真", "天天气真的不错呀" too, and of
    "邻居家出事了，着火了" the second half as "邻居着火了". A short text has no pieces.
    """
    longest = _STRETCH[spaced(language)]
    cut = clauses(text, language)
    words = list(_words(cut, language))
    found: list[str] = []
    for start, end, sentence in _with_their_answers(cut, words, language):
        units = list(re.finditer(r"\S+" if spaced(language) else r"(?s).", text[start:end]))
        if len(units) < _SHORTEST_CLAUSE:
            continue
        spans = [(start, end)]
        if len(units) > longest + _SHORTEST_CLAUSE:
            firsts = [*range(0, len(units) - longest, longest // 2), len(units) - longest]
            spans += [
                (start + units[first].start(), start + units[first + longest - 1].end()) for first in firsts
            ]
        found += [_company(text, span, sentence, words, language) + text[slice(*span)] for span in spans]
    return [piece for piece in dict.fromkeys(found) if piece != text.strip()][:_PIECES]


def _with_their_answers(
    cut: Sequence[Clause], words: Sequence[_Word], language: Language
) -> list[tuple[int, int, int]]:
    """Where each clause begins and ends as written, and its sentence.

    What the next clause denies, and what it sets the elder against, is one piece with it: "pain? not at all",
    "my sister has a fever, I am well".
    """
    found: list[tuple[int, int, int]] = []
    told = asked = False
    for clause in cut:
        start, end = clause.origin[0], clause.origin[-1] + 1
        persons = [word.group for word in words if start <= word.start < end and word.group in PEOPLE]
        same = bool(found) and found[-1][2] == clause.sentence
        denies = clause.text.startswith((_DENYING if asked else _REFUSING)[language])
        if found and (denies or (told and same and persons[:1] == ["self"])):
            start = found.pop()[0]
        found.append((start, end, clause.sentence))
        told = bool(persons) and persons[-1] in _OTHERS
        asked = clause.asked
    return found


def _words(cut: Sequence[Clause], language: Language) -> Iterator[_Word]:
    people = _people(language)
    for clause in cut:
        for said in people.mentions(clause.text, _WATCHED):
            yield _Word(
                clause.origin[said.start], clause.origin[said.end - 1] + 1, said.group, clause.sentence
            )


def _company(
    text: str, span: tuple[int, int], sentence: int, words: Sequence[_Word], language: Language
) -> str:
    """What was said earlier in the sentence of whose trouble a piece tells, and of when it was."""
    kept: dict[str, _Word] = {}
    for word in words:
        if word.sentence != sentence or word.start >= span[1]:
            continue
        kept = {kind: other for kind, other in kept.items() if word.group not in _ENDED_BY[other.group]}
        if word.group in _KIND and word.end <= span[0]:
            kept[_KIND[word.group]] = word
    between = " " if spaced(language) else ""
    return "".join(text[word.start : word.end].strip() + between for word in kept.values())


@cache
def _people(language: Language) -> People:
    return People(load_lexicon(language).scope, None)
