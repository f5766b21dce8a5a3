"""The documents say what the program does."""

import ast
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tools.document_settings import page
from wenan.cli import app, errors

ROOT = Path(__file__).parent.parent.parent


def test_every_setting_is_documented_as_it_is() -> None:
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == page()


def test_every_command_is_documented() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        assert f"`wenan {command.name}" in text, command.name
    for group in app.registered_groups:
        assert f"`wenan {group.name} " in text, group.name


def test_every_exit_code_is_documented() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    codes = {value for name, value in vars(errors).items() if name.isupper() and isinstance(value, int)}
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    assert codes <= documented


def test_help_is_enough_to_find_the_way() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    for command in (
        "demo",
        "serve",
        "hear",
        "understand",
        "simulate",
        "roster",
        "campaign",
        "worker",
        "models",
    ):
        assert command in shown


PROOFS = {"escalation.md": 50, "campaigns.md": 100}
"""Documents that name a test for each demand, and how many names they have at least."""


@pytest.mark.parametrize("document", PROOFS)
def test_every_test_that_a_document_calls_a_proof_is_there(document: str) -> None:
    named = re.findall(r"`(tests/[\w/.:]+)`", (ROOT / "docs" / document).read_text(encoding="utf-8"))
    assert len(named) > PROOFS[document]
    for each in named:
        file, _, name = each.partition("::")
        found: ast.AST = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        for part in name.split("::") if name else ():
            inside = [node for node in ast.iter_child_nodes(found) if getattr(node, "name", None) == part]
            assert inside, f"{each}: there is no {part} in {getattr(found, 'name', file)}"
            found = inside[0]


@pytest.mark.parametrize("document", PROOFS)
def test_every_demand_has_its_proof(document: str) -> None:
    """A row of a table names a test, or says plainly that it is measured."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| demand")]
    assert [row for row in rows if "`tests/" not in row and "measured, not tested" not in row] == []
