"""From matches and short answers to readings: what they mean under the question that was put."""

from __future__ import annotations

from collections.abc import Iterator

from speech.lexicon import NO_CODE, Concept, Lexicon
from speech.lexicon_file import ByTime, QuestionEntry
from speech.types import Urgency
from speech.understanding.readings import Judged, Match, Reading, Time, Utterance
from speech.understanding.scope import ScopeReader
from speech.understanding.short_answers import short_answers

_UNFIT = "nothing"
_CRY = "cry"
_CODE_OF_ANSWER = {"unknown": "unsure", "often": "scale", "sometimes": "scale", "never": "scale"}
_SHORT = 1
"""A cry of one syllable is too easily misheard to raise an alarm unasked."""


def code_of_answer(answer: str, lexicon: Lexicon) -> str:
    """The code that stands for a mere answer, such as unsure for unknown; empty if there is none."""
    code = _CODE_OF_ANSWER.get(answer, answer)
    return code if code in lexicon.codes else ""


class Interpreter:
    """Reads matches under one question."""

    def __init__(self, lexicon: Lexicon, scope: ScopeReader, question: str) -> None:
        self._lexicon = lexicon
        self._scope = scope
        self._question = question
        self.entry: QuestionEntry = lexicon.questions.get(question, lexicon.questions["any"])

    def read(self, match: Match) -> Reading | None:
        """What the match says, or None if it says nothing either way.

        A cry that is denied ("it is not I who calls for help") has a reading without an answer.
        """
        judged = self._scope.judge(match, self._question)
        concept = match.concept
        if judged.standing == "said":
            return self._said(match, judged, concept)
        if judged.standing != "denied":
            return self._reading(match, judged, self.entry.denied, "", concept)
        opposite = concept.entry.negated
        if opposite == _UNFIT:
            return self._reading(match, judged, "", "", concept) if concept.entry.about == _CRY else None
        if opposite in self._lexicon.concepts:
            return self._said(match, judged, self._lexicon.concepts[opposite])
        answer = self.entry.denied if opposite == "ok" else opposite
        return self._reading(match, judged, answer, "", concept)

    def _said(self, match: Match, judged: Judged, concept: Concept) -> Reading:
        code = self.code(concept, judged.time)
        if code == NO_CODE:
            if concept.answer is None:
                return self._reading(match, Judged("past", judged.time), self.entry.denied, "", concept)
            return self._reading(match, Judged("said", judged.time), self._fine(concept.answer), "", concept)
        answer = self.answer(concept, code)
        said = Judged("said", judged.time, doubtful=judged.doubtful)
        return self._reading(match, said, self._fine(answer), code, concept)

    def code(self, concept: Concept, time: Time) -> str:
        """The code of a concept at a time; ``none`` if it has none then."""
        code = concept.entry.code
        if code is None:
            return concept.name
        if not isinstance(code, ByTime):
            return code
        match time:
            case "now":
                return code.now
            case "recent":
                return code.recent
            case "past":
                return code.past
            case _:
                return code.unstated_under.get(self._question, code.unstated)

    def answer(self, concept: Concept, code: str) -> str:
        """The answer that a concept with this code gives."""
        return concept.answer or self._lexicon.codes[code].answer

    def _fine(self, answer: str) -> str:
        return self.entry.fine or answer if answer == "ok" else answer

    def _reading(self, match: Match, judged: Judged, answer: str, code: str, concept: Concept) -> Reading:
        return Reading(
            answer=answer,
            code=code,
            urgency=self._lexicon.urgency(code),
            standing=judged.standing,
            via=match.via,
            score=match.score,
            rank=match.utterance.rank,
            clause=match.clause,
            rule=match.rule.id,
            phrase=match.phrase or match.rule.pattern.source,
            found=match.utterance.written(match.clause, match.start, match.end),
            weak=judged.doubtful or match.rule.pattern.weak,
            concept=concept.name,
            span=(match.start, match.end),
            loose=sum(len(gap) for gap in match.gaps),
        )

    def read_short(self, utterance: Utterance) -> Iterator[Reading]:
        """What the short answers of an utterance mean under the question."""
        for clause, group in short_answers(utterance, self.entry, self._lexicon):
            meaning = self.entry.bare[group]
            answer, code = self._short(meaning, utterance)
            text = utterance.clauses[clause].text
            urgency = self._lexicon.urgency(code)
            yield Reading(
                answer=self._fine(answer),
                code=code,
                urgency=urgency,
                standing="said",
                via="text",
                score=1.0,
                rank=utterance.rank,
                clause=clause,
                rule=f"{self._lexicon.language}/bare/{group}",
                phrase=meaning,
                found=utterance.written(clause, 0, len(text)),
                bare=group,
                weak=urgency >= Urgency.URGENT and len(text) <= _SHORT,
                span=(0, len(text)),
            )

    def _short(self, meaning: str, utterance: Utterance) -> tuple[str, str]:
        concept = self._lexicon.concepts.get(meaning)
        if concept is not None:
            code = self.code(concept, self._scope.time_said(utterance))
            if code == NO_CODE:
                return concept.answer or self.entry.denied, ""
            return self.answer(concept, code), code
        if meaning in self._lexicon.codes:
            return self._lexicon.codes[meaning].answer, meaning
        return meaning, code_of_answer(meaning, self._lexicon)
