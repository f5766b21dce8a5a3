"""What simpler ways of understanding make of the same transcripts, for comparison."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from benchmarks.hearing.corpus import Row
from benchmarks.hearing.tally import Result
from speech.lexicon import Concept, Lexicon
from speech.types import Heard, Urgency
from speech.understanding import understand

KEYWORDS = "keywords in the transcript"
FIRST_TEXT = "first hypothesis, by spelling only"


@cache
def _silenced(lexicon: Lexicon) -> Lexicon:
    """The lexicon without anything that is known by its sound."""
    concepts = {
        name: Concept(
            concept.name, concept.entry.model_copy(update={"sound": False}), concept.rules, concept.unless
        )
        for name, concept in lexicon.concepts.items()
    }
    questions = {name: entry.model_copy(update={"expected": ()}) for name, entry in lexicon.questions.items()}
    return replace(lexicon, concepts=concepts, questions=questions)


def by_keywords(row: Row, heard: Heard, lexicon: Lexicon) -> Result:
    """An emergency if a safety phrase of the lexicon stands in the first hypothesis; else nothing."""
    first = heard.by_sound
    if first is not None and any(phrase in first.text for phrase in lexicon.safety_phrases):
        return Result(row, "problem", Urgency.EMERGENCY)
    return Result(row, "unclear")


def by_first_text(row: Row, heard: Heard, lexicon: Lexicon) -> Result:
    """The whole understanding, but of the first hypothesis only and by spelling only."""
    first = (heard.by_sound,) if heard.by_sound is not None else ()
    only = replace(heard, hypotheses=first, phrases={}, meanings={})
    taken = understand(only, row.question, _silenced(lexicon))
    return Result(row, taken.answer, taken.urgency, taken.codes, taken.confirm)
