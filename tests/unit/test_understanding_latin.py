"""Spanish and English as elders speak it: how much of the written corpora is understood."""

import csv
from pathlib import Path

import pytest

from speech.lexicon import load_lexicon
from speech.types import Language, Urgency
from speech.understanding import from_text, understand

CORPORA = Path(__file__).parents[2] / "benchmarks" / "hearing" / "data"


@pytest.mark.parametrize("language", ["es", "en"])
def test_most_alarms_are_noticed_and_few_raised_for_nothing(language: Language) -> None:
    lexicon = load_lexicon(language)
    with (CORPORA / f"{language}.tsv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["split"] == "dev"]
    found = [understand(from_text(row["text"], language), row["question"], lexicon) for row in rows]
    pairs = list(zip(rows, found, strict=True))
    urgent = [
        (Urgency.parse(row["urgency"]), got)
        for row, got in pairs
        if row["urgency"] in {"urgent", "emergency"}
    ]
    calm = [got for row, got in pairs if row["urgency"] not in {"urgent", "emergency"}]
    right = sum(got.answer == row["answer"] for row, got in pairs)
    assert sum(got.urgency >= wanted for wanted, got in urgent) / len(urgent) >= 0.92
    assert sum(got.urgency >= Urgency.URGENT for got in calm) / len(calm) <= 0.03
    assert right / len(rows) >= 0.90


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("falls", "sí, me caí"),
        ("falls", "si, me caí"),
        ("falls", "si me caí"),
        ("falls", "si me caí ayer en el patio"),
        ("falls", "si me he caído dos veces"),
        ("wellbeing", "sí tengo fiebre"),
        ("wellbeing", "si tengo fiebre"),
        ("wellbeing", "si tengo fiebre desde ayer"),
        ("pain", "Sí me duele el pecho"),
    ],
)
def test_a_yes_that_lost_its_accent_supposes_nothing(question: str, text: str) -> None:
    found = understand(from_text(text, "es"), question, load_lexicon("es"))
    assert found.urgency >= Urgency.URGENT


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("falls", "si me caigo, llamo a mi hija"),
        ("falls", "si me caigo llamo a mi hija"),
        ("wellbeing", "si tengo fiebre llamo al médico"),
        ("falls", "si me cayera no sé qué haría"),
    ],
)
def test_a_real_supposition_raises_no_alarm(question: str, text: str) -> None:
    assert understand(from_text(text, "es"), question, load_lexicon("es")).urgency is Urgency.NONE


def test_a_word_that_alarms_within_a_denial_is_not_asked_about() -> None:
    found = understand(from_text("no pain in my chest at all", "en"), "pain", load_lexicon("en"))
    assert found.answer == "ok"
    assert not found.confirm


def test_whoever_answers_for_the_elder_may_tell_of_the_trouble() -> None:
    lexicon = load_lexicon("en")
    found = understand(from_text("This is her neighbour, she has just collapsed", "en"), "identity", lexicon)
    assert "unconscious" in found.codes


def test_calling_the_listener_daughter_makes_it_nobody_elses_trouble() -> None:
    found = understand(from_text("me duele, hija, el pecho me aprieta", "es"), "pain", load_lexicon("es"))
    assert "chest_pain" in found.codes


@pytest.mark.parametrize(
    ("language", "misheard"),
    [
        ("es", "me e caído y no me puedo lebantar"),
        ("es", "me duele el becho"),
        ("es", "no puedo despirar"),
        ("es", "me farta el aire"),
        ("es", "me quiero borir"),
        ("en", "I have fallen and I gant get up"),
        ("en", "bane in my chest"),
        ("en", "I'm short of breff"),
        ("en", "I took the wrong bills"),
        ("en", "my jest hurts"),
    ],
)
def test_a_misspelt_cry_is_at_least_asked_about(language: Language, misheard: str) -> None:
    found = understand(from_text(misheard, language), "wellbeing", load_lexicon(language))
    assert found.urgency is Urgency.EMERGENCY
