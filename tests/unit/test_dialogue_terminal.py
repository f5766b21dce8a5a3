"""Holding the dialogue in a terminal."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from support.dialogue import GRANNY, STANDARD

from ivr.dialogue import DialogueState
from ivr.dialogue.terminal import HELP, simulate
from ivr.report import CallOutcome
from speech.lexicon import Lexicon, load_lexicon


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_lexicon("zh-CN")


class Terminal:
    """Somebody types these lines, then nothing more."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.prompts: list[str] = []
        self.shown: list[str] = []

    def ask(self, prompt: str) -> str:
        self.prompts.append(prompt)
        try:
            return next(self._lines)
        except StopIteration:
            raise EOFError from None

    def show(self, line: str) -> None:
        self.shown.append(line)

    @property
    def screen(self) -> str:
        return "\n".join(self.shown)


def typed(lexicon: Lexicon, *lines: str) -> tuple[DialogueState, Terminal]:
    terminal = Terminal(lines)
    return simulate(STANDARD, GRANNY, lexicon, terminal.ask, terminal.show), terminal


def test_the_robot_greets_and_says_how_to_use_the_terminal(lexicon: Lexicon) -> None:
    _, terminal = typed(lexicon)
    assert terminal.shown[0] == HELP
    assert terminal.shown[1].startswith("robot: 您好！")
    assert terminal.prompts == ["[identity] > "]


def test_typed_words_are_understood_and_what_they_were_taken_for_is_shown(lexicon: Lexicon) -> None:
    state, terminal = typed(lexicon, "对，是我")
    assert state.elder_known
    assert any(line.strip().startswith("understood: yes") for line in terminal.shown)


def test_digits_are_keys_one_by_one(lexicon: Lexicon) -> None:
    state, _ = typed(lexicon, "1", "11")
    assert [answer.question for answer in state.answers] == ["wellbeing"]
    assert state.asking == "falls"


def test_an_empty_line_is_silence(lexicon: Lexicon) -> None:
    state, terminal = typed(lexicon, "", "", "")
    assert state.outcome is CallOutcome.SILENT
    assert "(speed 0.9)" in terminal.screen


def test_the_end_of_input_hangs_up(lexicon: Lexicon) -> None:
    state, _ = typed(lexicon, "1")
    assert state.outcome is CallOutcome.PARTIAL


@pytest.mark.parametrize(("command", "outcome"), [("/hang up", "partial"), ("/machine", "machine")])
def test_commands(lexicon: Lexicon, command: str, outcome: str) -> None:
    state, terminal = typed(lexicon, *(["1"] if outcome == "partial" else []), command)
    assert state.outcome == outcome
    assert f"outcome: {outcome}" in terminal.shown


def test_an_unknown_command_shows_the_help_and_nothing_happens(lexicon: Lexicon) -> None:
    _, terminal = typed(lexicon, "/dance")
    assert terminal.shown.count(HELP) == 2
    assert terminal.prompts == ["[identity] > ", "[identity] > "]


def test_flags_and_the_end_are_shown(lexicon: Lexicon) -> None:
    state, terminal = typed(lexicon, "1", "我摔倒了，躺在地上起不来了", "1", "没有", "门没锁")
    assert state.outcome is CallOutcome.PARTIAL
    assert "FLAG fall_now (emergency)" in terminal.screen
    assert "the call ends: partial" in terminal.screen
    assert "flag fall_now: emergency" in terminal.screen


def test_wishes_for_further_calls_are_shown(lexicon: Lexicon) -> None:
    _, later = typed(lexicon, "1", "现在不方便，下午再打")
    assert "call again in 300 minutes" in later.shown
    _, never = typed(lexicon, "1", "别再打来了，烦不烦", "1")
    assert "do not call again" in never.shown
