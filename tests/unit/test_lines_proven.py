"""What docs/lines.md says is proven has a test of that name; what is promised of lines holds for each."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from campaigns.desk import DialerOptions
from ivr.lines import Line
from ivr.lines.simulated import SimulatedLine
from ivr.lines.sip import SipLine
from ivr.lines.twilio import TwilioLine

ROOT = Path(__file__).parents[2]
_TEST = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def rows() -> list[str]:
    text = (ROOT / "docs" / "lines.md").read_text(encoding="utf-8")
    (section,) = (part for part in text.split("\n## ") if part.startswith("What is proven"))
    return [line for line in section.splitlines() if line.startswith("| ") and "| proven by |" not in line]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split("|")[1].strip())
def test_what_is_said_to_be_proven_is_tested(row: str) -> None:
    named = _TEST.findall(row)
    assert named, "a row without a test proves nothing"
    for module, test in named:
        (path,) = (ROOT / "tests").rglob(module)
        assert re.search(rf"^def {test}\(", path.read_text(encoding="utf-8"), re.MULTILINE), (
            f"{module}::{test}"
        )


@pytest.mark.parametrize("line", [Line, SimulatedLine, SipLine, TwilioLine])
def test_a_telephone_rings_for_sixty_seconds_unless_told_otherwise(line: type) -> None:
    assert inspect.signature(line.dial).parameters["ring_seconds"].default == 60.0
    assert DialerOptions.__dataclass_fields__["ring_seconds"].default == 60.0
