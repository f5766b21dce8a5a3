"""Whoever waits at a terminal sees that something goes on; whoever pipes the output sees the output only."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from wenan import display
from wenan.display import busy


@pytest.mark.parametrize("terminal", [True, False])
def test_work_in_one_piece_shows_what_it_is_to_those_who_look(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, terminal: bool
) -> None:
    seen = io.StringIO()

    def console(**asked: bool) -> Console:
        assert asked == {"stderr": True}
        return Console(file=seen, force_terminal=terminal, width=60)

    monkeypatch.setattr(display, "Console", console)
    with busy("Counting visit rates"):
        pass
    assert ("Counting visit rates" in seen.getvalue()) is terminal
    assert capsys.readouterr().out == ""
