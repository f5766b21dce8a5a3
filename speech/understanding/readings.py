"""What the steps of understanding hand to one another: matches, standings and readings."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from speech.lexicon import Concept, Rule
from speech.types import Language, Urgency
from speech.wording import Clause, clauses, spaced

Via = Literal["text", "sound", "audio", "likeness"]
Time = Literal["now", "recent", "past", "unstated"]
Standing = Literal["said", "denied", "elsewhere", "past", "imagined", "cured"]
"""What a clause does with a concept that it names: says it of the elder, says that it is not so, tells it
of somebody else, of long ago, of what might be, or of what is over."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One reading of what was said, cut into folded clauses."""

    rank: int
    """0 for the best hypothesis."""
    raw: str
    clauses: tuple[Clause, ...]
    language: Language

    @classmethod
    def of(cls, rank: int, raw: str, language: Language) -> Utterance:
        """Fold and cut a transcript."""
        return cls(rank, raw, clauses(raw, language), language)

    def parted(self, opening: re.Pattern[str] | None) -> Utterance:
        """With a short answer that opens a clause, as ``opening`` matches it, made a clause of its own."""
        if opening is None:
            return self
        parts: list[Clause] = []
        for clause in self.clauses:
            found = opening.match(clause.text)
            if found is None:
                parts.append(clause)
                continue
            end = found.end()
            parts.append(replace(clause, text=clause.text[:end], origin=clause.origin[:end], asked=False))
            parts.append(replace(clause, text=clause.text[end:], origin=clause.origin[end:]))
        return replace(self, clauses=tuple(parts))

    @property
    def folded(self) -> str:
        """All clauses, parted by single spaces."""
        return " ".join(clause.text for clause in self.clauses)

    def written(self, clause: int, start: int, end: int) -> str:
        """The characters ``start:end`` of a clause as they stand in the transcript."""
        origin = self.clauses[clause].origin[start:end]
        return self.raw[origin[0] : origin[-1] + 1] if origin else ""

    def words(self) -> int:
        """Number of characters of Chinese, of words elsewhere."""
        text = self.folded
        return len(text.split()) if spaced(self.language) else len(text.replace(" ", ""))


@dataclass(frozen=True, slots=True)
class Match:
    """A pattern found in a clause."""

    concept: Concept
    rule: Rule
    utterance: Utterance
    clause: int
    start: int
    end: int
    via: Via
    score: float
    """0..1; 1 for a match by spelling."""
    gaps: tuple[str, ...] = ()
    """What stands in the gaps of the pattern."""
    phrase: str = ""
    """The spoken phrase it resembles, when found by sound or in the audio."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How a concept stands in its clause."""

    standing: Standing
    time: Time = "unstated"
    doubtful: bool = False
    """Whether words further away might change its meaning."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that an utterance says, in the terms of the question."""

    answer: str
    code: str
    """Empty when the answer says it all."""
    urgency: Urgency
    standing: Standing
    via: Via
    score: float
    rank: int
    clause: int
    rule: str
    phrase: str
    found: str
    bare: str = ""
    """Group of short answers it came from."""
    weak: bool = False
    """Worth asking about, not enough to act on."""
    concept: str = ""
    span: tuple[int, int] = (0, 0)
    loose: int = 0
    """Characters of the span that merely stand in gaps of the pattern."""
    asked_from: float = 1.0
    """Score of a likeness from which it is asked about with nothing beside it."""
