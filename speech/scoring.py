"""From coded answers to levels, with the reason for each: pure, explainable, never kinder than the answers.

Three rules stand above the weights: an emergency is red whatever else was said; what is unclear or was
not answered is never green; adding anything worse never makes a visit look better.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from speech.answered import CLEAR_ANSWERS, AnswerScored, QuestionPut
from speech.record_sheet import passed_over, place, record_sheet
from speech.weights import DIMENSIONS, Column, Dimension, Level, Points, Weights


@dataclass(frozen=True, slots=True)
class Contribution:
    """One reason for a level: the rule, what it is worth and the answer it came from."""

    rule: str
    """``code:chest_pain``, ``urgency:urgent``, ``answer:unclear``, ``unanswered``, ``withdrawn:fire``,
    ``outcome:partial``, ``manner:response_delay_s`` or ``several_concerns``."""
    dimension: Dimension
    points: Points
    level: Level
    code: str = ""
    because: str = ""
    """What lifted the points above the code's own: ``urgency:emergency`` or ``answer:problem``."""
    question: str = ""
    source: AnswerScored | None = None

    def as_json(self) -> dict[str, Any]:
        """JSON-ready data; the elder's words stay sealed with the turn that ``turn_id`` names."""
        data: dict[str, Any] = {
            "rule": self.rule,
            "points": self.points,
            "level": self.level.label,
            "code": self.code,
            "because": self.because,
            "question": self.question,
        }
        if self.source is not None:
            data |= {
                "answer": self.source.answer,
                "turn_id": self.source.turn_id,
                "span_s": list(self.source.span_s) if self.source.span_s else None,
                "key": self.source.key,
                "matched": [
                    {"code": match.code, "rule": match.rule, "via": match.via, "score": match.score}
                    for match in self.source.matched
                    if not self.code or match.code == self.code
                ],
                "confidence": self.source.confidence,
                "confirmed": self.source.confirmed.get(self.code, ""),
                "confirmed_by": self.source.confirmed_by,
                "by_proxy": self.source.by_proxy,
            }
        return data


@dataclass(frozen=True, slots=True)
class DimensionScore:
    """How one dimension stands; ``level`` is None when nothing about it was asked or said."""

    level: Level | None
    score: Points
    contributions: tuple[Contribution, ...]

    def as_json(self) -> dict[str, Any]:
        """JSON-ready data: level (``none`` when it was not touched), score and evidence, weightiest first."""
        return {
            "level": "none" if self.level is None else self.level.label,
            "score": self.score,
            "evidence": [contribution.as_json() for contribution in self.contributions],
        }


@dataclass(frozen=True, slots=True)
class Scores:
    """What a visit came to."""

    overall: Level
    score: Points
    dimensions: Mapping[Dimension, DimensionScore]
    record_sheet: Mapping[Column, str]
    """All nine columns; empty ones are empty strings."""
    weights_version: str

    @property
    def contributions(self) -> tuple[Contribution, ...]:
        """Every reason, over all dimensions, weightiest first."""
        every = [part for dimension in self.dimensions.values() for part in dimension.contributions]
        return _in_order(every)


def assess(
    answers: Sequence[AnswerScored],
    departures: Collection[str],
    weights: Weights,
    *,
    expected: Sequence[QuestionPut] = (),
    outcome: str = "completed",
    handled: Mapping[str, str] | None = None,
) -> Scores:
    """Score one visit.

    Args:
        answers: what stands for each question, in any order.
        departures: measures in which the elder spoke otherwise than usual (``speech.manner``).
        weights: what everything is worth.
        expected: the script's questions for this visit; those without an answer count as unanswered.
        outcome: the visit's outcome. A partial visit is never green, unless every expected question had
            been answered clearly before the line broke.
        handled: code -> what has been set going for it, for the record sheet ("已派单").
    """
    parts = [part for answer in answers for part in _of_answer(answer, weights)]
    parts += _unanswered(answers, expected, weights)
    parts += _of_outcome(outcome, answers, expected, weights)
    parts += [_part(f"manner:{measure}", "health", weights.manner, weights) for measure in departures]
    parts += _several_concerns(parts, weights)
    overall = max((part.level for part in parts), default=Level.GREEN)
    return Scores(
        overall=overall,
        score=_sum(parts, overall, weights),
        dimensions={name: _dimension(name, parts, weights) for name in DIMENSIONS},
        record_sheet=record_sheet(answers, weights, expected=expected, handled=handled or {}),
        weights_version=weights.version,
    )


def _part(rule: str, dimension: Dimension, points: Points, weights: Weights) -> Contribution:
    return Contribution(rule=rule, dimension=dimension, points=points, level=weights.bands.level(points))


def _of_answer(answer: AnswerScored, weights: Weights) -> list[Contribution]:
    """What one answer contributes: its codes, the heaviest lifted to what urgency and answer demand."""
    question = place(answer.question, weights)
    parts = _of_codes(answer, question.dimension, weights)
    by_answer = weights.answer_points(question, answer.answer) if question.scored else 0.0
    by_urgency = weights.urgency[answer.urgency.label]
    floor = max(by_answer, by_urgency)
    rule = f"urgency:{answer.urgency.label}" if by_urgency > by_answer else f"answer:{answer.answer}"
    if not parts:
        if passed_over(answer) or (not question.scored and floor == 0.0):
            return []
        part = _part(rule, question.dimension, floor, weights)
        return [replace(part, question=answer.question.id, source=answer)]
    heaviest = max(range(len(parts)), key=lambda place: parts[place].points)
    if floor > parts[heaviest].points:
        lifted = replace(parts[heaviest], points=floor, level=weights.bands.level(floor), because=rule)
        parts[heaviest] = lifted
    return parts


def _of_codes(answer: AnswerScored, dimension: Dimension, weights: Weights) -> list[Contribution]:
    """One contribution a code: what stands counts its weight, what was taken back asks for a look."""
    parts: list[Contribution] = []
    for code in sorted(set(answer.codes) - weights.control):
        known = weights.codes.get(code)
        if code in answer.withdrawn:
            rule, points = f"withdrawn:{code}", weights.withdrawn
        else:
            rule, points = f"code:{code}", known.points if known else weights.unanswered
        part = _part(rule, known.dimension if known else dimension, points, weights)
        parts.append(replace(part, code=code, question=answer.question.id, source=answer))
    return parts


def _unanswered(
    answers: Sequence[AnswerScored], expected: Sequence[QuestionPut], weights: Weights
) -> list[Contribution]:
    """Questions of the script that have no answer at all."""
    asked = {answer.question.id for answer in answers}
    parts: list[Contribution] = []
    for put in expected:
        question = place(put, weights)
        if put.id not in asked and question.scored and not put.optional:
            part = _part("unanswered", question.dimension, weights.unanswered, weights)
            parts.append(replace(part, question=put.id))
    return parts


def _of_outcome(
    outcome: str, answers: Sequence[AnswerScored], expected: Sequence[QuestionPut], weights: Weights
) -> list[Contribution]:
    """What the visit as a whole is worth; nothing for a call that broke off after its last question."""
    points = weights.outcome_points(outcome)
    answered = {answer.question.id for answer in answers if answer.answer in CLEAR_ANSWERS}
    wanted = {put.id for put in expected if not put.optional}
    if points == 0.0 or (outcome == "partial" and wanted and wanted <= answered):
        return []
    return [_part(f"outcome:{outcome}", "other", points, weights)]


def _several_concerns(parts: Sequence[Contribution], weights: Weights) -> list[Contribution]:
    """Many small things at once weigh more than each of them."""
    codes = {part.code for part in parts if part.rule == f"code:{part.code}"}
    concerns = [code for code in codes if code in weights.codes and weights.codes[code].concern]
    if len(concerns) < weights.several_concerns.count:
        return []
    return [_part("several_concerns", "health", weights.several_concerns.points, weights)]


def _dimension(name: Dimension, parts: Sequence[Contribution], weights: Weights) -> DimensionScore:
    own = [part for part in parts if part.dimension == name]
    if not own:
        return DimensionScore(level=None, score=0.0, contributions=())
    level = max(part.level for part in own)
    return DimensionScore(level=level, score=_sum(own, level, weights), contributions=_in_order(own))


def _sum(parts: Sequence[Contribution], level: Level, weights: Weights) -> Points:
    """Add points as chances add, within the band of the worst; the same thing heard twice counts once."""
    once: dict[tuple[str, str], Points] = {}
    for part in parts:
        thing = (part.rule, "" if part.code else part.question)
        once[thing] = max(once.get(thing, 0.0), part.points)
    total = 100.0 * (1.0 - prod(1.0 - points / 100.0 for points in sorted(once.values())))
    return round(min(max(total, weights.bands.floor(level)), weights.bands.ceiling(level)), 1)


def _in_order(parts: Sequence[Contribution]) -> tuple[Contribution, ...]:
    return tuple(sorted(parts, key=lambda part: (-part.points, part.rule, part.question)))
