"""Counts what was heard against what should have been: shares, never judgements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.hearing.corpus import Row
from speech.types import Language, Urgency
from speech.wording import fold

_P95 = 0.95


@dataclass(frozen=True, slots=True)
class Result:
    """One utterance: what it should be taken for, and what it was."""

    row: Row
    answer: str
    urgency: Urgency = Urgency.NONE
    codes: tuple[str, ...] = ()
    confirm: bool = False
    texts: tuple[str, ...] = ()
    """Hypotheses, best first."""
    seconds: float = 0.0
    processor_s: float = 0.0
    spared: bool = False
    """Whether the first hearing was enough."""
    voice: str = ""

    @property
    def alarm(self) -> bool:
        """Whether it is acted on as urgent, or asked about."""
        return self.urgency >= Urgency.URGENT or self.confirm


Measure = tuple[str, Callable[[Result], bool], Callable[[Result], bool]]
"""A name, whom it is about, and what counts as a hit."""

MEASURES: tuple[Measure, ...] = (
    (
        "emergencies acted on or asked about",
        lambda it: it.row.urgency is Urgency.EMERGENCY,
        lambda it: it.urgency is Urgency.EMERGENCY,
    ),
    (
        "  raised at least as urgent",
        lambda it: it.row.urgency is Urgency.EMERGENCY,
        lambda it: it.alarm,
    ),
    (
        "urgent problems noticed",
        lambda it: it.row.urgency is Urgency.URGENT,
        lambda it: it.alarm,
    ),
    (
        "ordinary answers that trigger a question",
        lambda it: it.row.urgency < Urgency.URGENT,
        lambda it: it.confirm,
    ),
    (
        "ordinary answers taken for an alarm unasked",
        lambda it: it.row.urgency < Urgency.URGENT,
        lambda it: it.alarm and not it.confirm,
    ),
    ("answer code right", lambda _it: True, lambda it: it.answer == it.row.answer),
    (
        "needs and concerns named",
        lambda it: it.row.urgency < Urgency.URGENT and it.row.answer == "concern" and it.row.code != "none",
        lambda it: it.row.code in it.codes,
    ),
    ("short answers right", lambda it: it.row.short, lambda it: it.answer == it.row.answer),
    ("traps without alarm or question", lambda it: it.row.kind == "trap", lambda it: not it.alarm),
    ("  nothing acted on unasked", lambda it: it.row.kind == "trap", lambda it: not it.alarm or it.confirm),
)
"""Every measure is a share of the utterances it is about."""


def shares(results: Sequence[Result]) -> dict[str, tuple[int, int]]:
    """Hits and cases of each measure that has cases."""
    counted: dict[str, tuple[int, int]] = {}
    for name, about, hit in MEASURES:
        cases = [result for result in results if about(result)]
        if cases:
            counted[name] = (sum(map(hit, cases)), len(cases))
    return counted


def grouped(results: Iterable[Result], group: Callable[[Result], str]) -> dict[str, list[Result]]:
    """Results by what ``group`` says of them, in its alphabetical order."""
    found: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        found[group(result)].append(result)
    return dict(sorted(found.items()))


def figures(results: Sequence[Result], language: Language) -> dict[str, Any]:
    """Everything the table shows, as plain numbers."""
    times = sorted(result.seconds for result in results)
    by_question = grouped(results, lambda it: it.row.question)
    by_voice = grouped(results, lambda it: it.voice)
    counted = shares(results)
    return {
        "utterances": len(results),
        "shares": {name: hits / cases for name, (hits, cases) in counted.items()},
        "counts": {name: list(count) for name, count in counted.items()},
        "answer_by_question": {
            name: sum(it.answer == it.row.answer for it in each) / len(each)
            for name, each in by_question.items()
        },
        "character_error_rate": error_rate(results, language, hypotheses=1),
        "character_error_rate_of_the_best": error_rate(results, language),
        "character_error_rate_by_voice": {
            name: error_rate(each, language, hypotheses=1) for name, each in by_voice.items()
        },
        "processor_mean": sum(result.processor_s for result in results) / len(results) if results else 0.0,
        "spared": sum(result.spared for result in results) / len(results) if results else 0.0,
        "seconds_median": median(times) if times else 0.0,
        "seconds_p95": times[min(len(times) - 1, int(len(times) * _P95))] if times else 0.0,
    }


def error_rate(results: Sequence[Result], language: Language, *, hypotheses: int | None = None) -> float:
    """Edits per character between what was said and the nearest of so many hypotheses, punctuation apart."""
    edits = letters = 0
    for result in results:
        said = _plain(result.row.text, language)
        heard = [_plain(text, language) for text in result.texts[:hypotheses]] or [""]
        edits += min(_distance(said, text) for text in heard)
        letters += len(said)
    return edits / letters if letters else 0.0


def _plain(text: str, language: Language) -> str:
    return fold(text, language).replace(" ", "")


def _distance(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        before, row[0] = row[0], number
        for column, against in enumerate(other, 1):
            before, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, before + (letter != against)),
            )
    return row[-1]


def missed(results: Mapping[str, Sequence[Result]]) -> list[tuple[str, Result]]:
    """Condition and result of every emergency and urgent problem that raised nothing."""
    return [
        (condition, result)
        for condition, found in results.items()
        for result in found
        if result.row.urgency >= Urgency.URGENT and not result.alarm
    ]
