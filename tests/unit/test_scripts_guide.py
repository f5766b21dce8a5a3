"""The guide for coordinators says what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.dialogue import STANDARD

from ivr.script import document_of, script_from_document
from ivr.script_model import Concern, Script
from ivr.script_questions import OWN_TURNS, CoreQuestion, FollowUp, KeyMeaning
from ivr.script_texts import ALWAYS
from speech.weights import COLUMNS, DIMENSIONS

GUIDE = (Path(__file__).parents[2] / "docs" / "scripts.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example).split(":", 1)[0])
def test_every_example_fits_into_a_script(example: str) -> None:
    document = document_of(STANDARD)
    for section, value in yaml.safe_load(example).items():
        document[section] = merged(document[section], value)
    script_from_document(document, origin="docs/scripts.md")


def merged(present: Any, example: Any) -> Any:
    if isinstance(present, dict):
        return {**present, **example}
    return [*present, *example]


def test_there_is_an_example_for_texts_questions_and_concerns() -> None:
    assert {next(iter(yaml.safe_load(example))) for example in EXAMPLES} == {
        "introduction",
        "modules",
        "concerns",
    }


@pytest.mark.parametrize("model", [Script, CoreQuestion, FollowUp, KeyMeaning, Concern])
def test_every_field_is_described(model: type[Script]) -> None:
    missing = [name for name in model.model_fields if f"`{name}`" not in GUIDE and f"`{name}:" not in GUIDE]
    assert missing == []


def test_every_placeholder_is_described() -> None:
    for name in {*ALWAYS, "name", "address_as", "what"}:
        assert f"`{{{name}}}`" in GUIDE


def test_every_column_and_dimension_is_named() -> None:
    for name in (*COLUMNS, *DIMENSIONS):
        assert name in GUIDE


def test_ids_of_the_dialogue_cannot_be_taken_by_the_standard_script() -> None:
    assert not OWN_TURNS & {question.id for question in STANDARD.questions()}
