"""Finds concepts by the sound of their phrases, and in what the audio itself said for a phrase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from speech.lexicon import Concept, Lexicon, Rule
from speech.patterns import FAR, NEAR
from speech.phonetics import PhraseBook, Sounded, SoundMatch, sounds_of
from speech.phonetics.model import BREAK
from speech.types import Urgency
from speech.understanding.readings import Match, Utterance
from speech.understanding.spelling import believed
from speech.wording import fold, spaced

_LIMITS = ((6.0, 0.15), (5.0, 0.13), (4.0, 0.12), (3.0, 0.11), (2.0, 0.05))
"""Least weight of a phrase (a full syllable of Chinese weighs 1) and the dearest cost per unit allowed."""
_STANDS_ALONE = 2.9
"""Weight of a phrase that can be told apart within a longer clause."""
_COMPANY = 1.5
"""Weight of what else may stand in the clause of a shorter one."""
_LONG_ENOUGH = 3.9
"""Weight of a phrase that may raise an urgent problem which the question is not about."""
_FEWEST_UNITS, _MOST_UNITS = 2, 4
"""Syllables or words of an utterance that is compared as a whole with the expected answers: one alone sounds
like too many."""
_EXPLAINED = 0.6
"""Share of a phrase of alarm that a calm one must explain to be believed instead."""
_ANSWER_LIMIT = 0.16
_FAVOUR = 1.25
"""How much dearer a phrase may be under a question that favours its concept."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A spoken phrase of a rule, and the dearest cost per unit at which it is believed."""

    concept: Concept
    rule: Rule
    text: str
    limit: float
    weight: float
    urgency: Urgency


class Ear:
    """Compares transcripts with the spoken phrases of one lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._sounds = sounds_of(lexicon.language)
        self._alarming = frozenset(
            concept.name
            for concept in lexicon.concepts.values()
            if _urgency(concept, lexicon) >= Urgency.URGENT
        )
        self._phrases: list[_Phrase] = []
        sounded: list[Sounded] = []
        for concept in lexicon.concepts.values():
            if not concept.entry.sound:
                continue
            for rule in concept.rules:
                for pieces in rule.pattern.spoken:
                    phrase = self._phrase(concept, rule, pieces)
                    if phrase.limit > 0:
                        sounded.append(Sounded(pieces, phrase.limit * _FAVOUR))
                        self._phrases.append(phrase)
        self._book = PhraseBook(sounded, self._sounds)
        self._answers_of = lru_cache(maxsize=32)(self._open_answers)

    def find(self, utterances: Sequence[Utterance], question: str) -> list[Match]:
        """Concepts that some hypothesis sounds like, believed under the question.

        An alarming one is left out where a calm one is at least as near to what was heard.
        """
        found = list(self._matches(utterances, question))
        calm = [match for match in found if match.concept.name not in self._alarming]
        return [
            match
            for match in found
            if match.concept.name not in self._alarming or not any(_drowns(other, match) for other in calm)
        ]

    def _matches(self, utterances: Sequence[Utterance], question: str) -> Iterator[Match]:
        entry = self._lexicon.questions.get(question, self._lexicon.questions["any"])
        for match in self._book.find([utterance.folded for utterance in utterances]):
            phrase = self._phrases[match.phrase]
            favoured = phrase.concept.name in entry.favours
            limit = phrase.limit * (_FAVOUR if favoured else 1.0)
            if match.cost > limit or not believed(phrase.concept, question):
                continue
            if phrase.urgency == Urgency.URGENT and not favoured and phrase.weight < _LONG_ENOUGH:
                continue
            placed = _place(utterances[match.text], match)
            if placed is not None and self._fits(phrase, utterances[match.text].clauses[placed[0]].text):
                score = 1.0 - match.cost / limit
                told = utterances[match.text]
                yield Match(phrase.concept, phrase.rule, told, *placed, "sound", score, phrase=phrase.text)

    def short_answer(self, utterance: Utterance, question: str) -> str:
        """The expected answer that a short utterance, taken whole, sounds like; empty if none does."""
        units = [unit for unit, _, _ in self._sounds.spell(utterance.folded) if unit != BREAK]
        if not _FEWEST_UNITS <= len(units) <= _MOST_UNITS:
            return ""
        entry = self._lexicon.questions.get(question, self._lexicon.questions["any"])
        book = self._answers_of(entry.expected)
        whole = len(utterance.folded)
        near = [match for match in book.find([utterance.folded]) if match.start == 0 and match.end == whole]
        return entry.expected[min(near, key=lambda match: match.cost).phrase] if near else ""

    def _open_answers(self, expected: tuple[str, ...]) -> PhraseBook:
        phrases = (fold(phrase, self._lexicon.language) for phrase in expected)
        return PhraseBook([Sounded((phrase,), _ANSWER_LIMIT) for phrase in phrases], self._sounds)

    def _fits(self, phrase: _Phrase, clause: str) -> bool:
        """Not if the clause says that it is not meant, nor if a short phrase drowns in a long clause."""
        if phrase.concept.unless is not None and phrase.concept.unless.search(clause):
            return False
        if phrase.weight >= _STANDS_ALONE:
            return True
        whole = sum(self._sounds.weight(unit) for unit, _, _ in self._sounds.spell(clause))
        return whole - phrase.weight <= _COMPANY

    def _phrase(self, concept: Concept, rule: Rule, pieces: Sequence[str]) -> _Phrase:
        words = [piece for piece in pieces if piece not in {NEAR, FAR}]
        weight = sum(self._sounds.weight(unit) for word in words for unit, _, _ in self._sounds.spell(word))
        limit = next((limit for least, limit in _LIMITS if weight >= least), 0.0)
        text = " ".join(words) if spaced(self._lexicon.language) else "".join(words)
        return _Phrase(concept, rule, text, limit, weight, _urgency(concept, self._lexicon))


def _drowns(calm: Match, alarming: Match) -> bool:
    """Whether a calm concept explains the same piece of the same hypothesis no worse."""
    if calm.utterance is not alarming.utterance or calm.clause != alarming.clause:
        return False
    shared = min(calm.end, alarming.end) - max(calm.start, alarming.start)
    covers = shared >= _EXPLAINED * (alarming.end - alarming.start)
    return covers and calm.score >= alarming.score and len(calm.phrase) >= len(alarming.phrase)


def _urgency(concept: Concept, lexicon: Lexicon) -> Urgency:
    """The most urgent code a concept can have."""
    code = concept.entry.code
    if code is None:
        return lexicon.urgency(concept.name)
    if isinstance(code, str):
        return lexicon.urgency(code)
    return max(lexicon.urgency(name) for name in (code.now, code.recent, code.unstated))


def _place(utterance: Utterance, match: SoundMatch) -> tuple[int, int, int] | None:
    """The clause and the span in it where a match in the folded text mostly lies."""
    at = 0
    best: tuple[int, int, int] | None = None
    for number, clause in enumerate(utterance.clauses):
        start, end = max(match.start - at, 0), min(match.end - at, len(clause.text))
        if end > start and (best is None or end - start > best[2] - best[1]):
            best = (number, start, end)
        at += len(clause.text) + 1
    return best
