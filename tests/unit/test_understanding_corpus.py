"""The written corpus: how much of it is understood, and that it does not get worse."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from speech.lexicon import load_lexicon
from speech.types import Language, Understanding, Urgency
from speech.understanding import from_text, understand

DATA = Path(__file__).parent.parent / "data"
Row = dict[str, str]


def understood(split: str, language: Language = "zh-CN") -> Iterator[tuple[Row, Understanding]]:
    lexicon = load_lexicon(language)
    corpus = DATA / f"understanding_{language[:2]}.tsv"
    with corpus.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if row["split"] == split:
                yield row, understand(from_text(row["text"], language), row["question"], lexicon)


def test_every_emergency_and_urgent_problem_tuned_on_is_noticed() -> None:
    missed = [
        row["text"]
        for row, found in understood("dev")
        if found.urgency < min(Urgency.parse(row["urgency"]), 2)
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("split", "alarms", "answers", "needless"), [("dev", 0.99, 0.96, 0.02), ("test", 0.9, 0.88, 0.04)]
)
def test_the_corpus_is_understood(split: str, alarms: float, answers: float, needless: float) -> None:
    rows = list(understood(split))
    alarming = [(row, found) for row, found in rows if Urgency.parse(row["urgency"]) >= Urgency.URGENT]
    calm = [(row, found) for row, found in rows if Urgency.parse(row["urgency"]) < Urgency.URGENT]
    noticed = sum(found.urgency >= Urgency.parse(row["urgency"]) for row, found in alarming)
    right = sum(found.answer == row["answer"] for row, found in rows)
    asked = sum(found.confirm for _, found in calm)
    assert noticed / len(alarming) >= alarms
    assert right / len(rows) >= answers
    assert asked / len(calm) <= needless


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("split", ["dev", "test"])
def test_spanish_and_english_are_understood(split: str, language: Language) -> None:
    rows = list(understood(split, language))
    alarming = [(row, found) for row, found in rows if Urgency.parse(row["urgency"]) >= Urgency.URGENT]
    calm = [(row, found) for row, found in rows if Urgency.parse(row["urgency"]) < Urgency.URGENT]
    missed = [row["text"] for row, found in alarming if found.urgency < Urgency.parse(row["urgency"])]
    raised = [row["text"] for row, found in calm if found.urgency >= Urgency.URGENT]
    right = sum(found.answer == row["answer"] for row, found in rows)
    assert missed == []
    assert raised == []
    assert right / len(rows) >= 0.96
