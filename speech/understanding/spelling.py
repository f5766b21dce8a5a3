"""Finds concepts by the spelling of their patterns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from speech.lexicon import Concept, Lexicon, Rule
from speech.understanding.readings import Match, Utterance

_CACHED_CLAUSES = 4096
_LONGEST_CLAUSE = 240
"""Characters of a clause that are searched at once; longer ones (speech without punctuation) in pieces."""
_OVERLAP = 40

Span = tuple[int, int, tuple[str, ...]]


class Speller:
    """Searches clauses for the patterns of one lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._found = lru_cache(maxsize=_CACHED_CLAUSES)(self._search)

    def find(self, utterance: Utterance, question: str) -> Iterator[Match]:
        """Every concept that a clause names and that is believed under the question."""
        for number, clause in enumerate(utterance.clauses):
            for concept, rule, (start, end, gaps) in self._found(clause.text, question):
                yield Match(concept, rule, utterance, number, start, end, "text", 1.0, gaps)

    def _search(self, text: str, question: str) -> tuple[tuple[Concept, Rule, Span], ...]:
        found = (
            (concept, rule, span)
            for concept in self._lexicon.concepts.values()
            if believed(concept, question)
            for rule in concept.rules
            for span in _spans(rule, text)
        )
        excluded: dict[str, bool] = {}
        return tuple(item for item in found if not _is_excluded(item[0], text, excluded))


def believed(concept: Concept, question: str) -> bool:
    """Whether the concept is meant under the question at all."""
    return not concept.entry.questions or question in concept.entry.questions


def _is_excluded(concept: Concept, text: str, known: dict[str, bool]) -> bool:
    """Whether the clause says that the concept is not meant; looked up once for each concept."""
    if concept.unless is None:
        return False
    if concept.name not in known:
        known[concept.name] = concept.unless.search(text) is not None
    return known[concept.name]


def _spans(rule: Rule, text: str) -> Iterable[Span]:
    if len(text) <= _LONGEST_CLAUSE and rule.pattern.regex.search(text) is None:
        return ()
    return _spans_in_pieces(rule, text)


def _spans_in_pieces(rule: Rule, text: str) -> Iterator[Span]:
    if len(text) <= _LONGEST_CLAUSE:
        pieces = [(0, text)]
    else:
        step = _LONGEST_CLAUSE - _OVERLAP
        pieces = [(at, text[at : at + _LONGEST_CLAUSE]) for at in range(0, len(text), step)]
    for at, piece in pieces:
        for found in rule.pattern.regex.finditer(piece):
            yield at + found.start(), at + found.end(), tuple(gap or "" for gap in found.groups())
