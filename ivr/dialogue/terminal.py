"""Holding the dialogue in a terminal: what is typed is what the elder says, digits are keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ivr.brief import Brief
from ivr.dialogue.actions import Action, HangUp, Listen, RaiseFlag, Say
from ivr.dialogue.events import (
    Answered,
    Event,
    HungUp,
    KeyPressed,
    MachineDetected,
    NothingHeard,
    UtteranceHeard,
)
from ivr.dialogue.machine import begin, step
from ivr.dialogue.state import DialogueState
from ivr.script_model import Script
from speech.lexicon import Lexicon
from speech.types import Understanding
from speech.understanding import from_text, understand

HELP = (
    "Type what the elder says. Digits, * and # are keys; an empty line is silence; "
    "/hang up, /machine and /help do what they say."
)
_COMMANDS: dict[str, Event] = {
    "/hang up": HungUp(),
    "/hangup": HungUp(),
    "/hang": HungUp(),
    "/machine": MachineDetected(),
}
_KEYS = frozenset("0123456789*#")


def simulate(
    script: Script,
    brief: Brief,
    lexicon: Lexicon,
    ask: Callable[[str], str],
    show: Callable[[str], None],
) -> DialogueState:
    """Hold one call in text, to its end, and return the dialogue's last state.

    Args:
        script: what to ask.
        brief: whom to pretend to call.
        lexicon: understands what is typed; of the brief's language.
        ask: prompts for a line and returns it. Raising EOFError hangs up.
        show: prints a line.

    Raises ScriptError when the brief wants a module that the script does not have.
    """
    show(HELP)
    state, actions = step(begin(script, brief), Answered(), script)
    _show(actions, show)
    while not state.over:
        for event in _typed(state, lexicon, ask, show):
            state, actions = step(state, event, script)
            _show(actions, show)
            if state.over:
                break
    _show_end(state, show)
    return state


def _typed(
    state: DialogueState, lexicon: Lexicon, ask: Callable[[str], str], show: Callable[[str], None]
) -> Iterator[Event]:
    """The events that one typed line stands for."""
    try:
        line = ask(f"[{state.asking}] > ").strip()
    except EOFError:
        yield HungUp()
        return
    if not line:
        yield NothingHeard()
    elif line in _COMMANDS:
        yield _COMMANDS[line]
    elif line.startswith("/"):
        show(HELP)
    elif set(line) <= _KEYS:
        yield from (KeyPressed(digit) for digit in line)
    else:
        understanding = understand(from_text(line, lexicon.language), state.listening_for, lexicon)
        show(f"    understood: {_in_short(understanding)}")
        yield UtteranceHeard(understanding)


def _in_short(understanding: Understanding) -> str:
    parts = [understanding.answer, understanding.urgency.label]
    parts += [", ".join(understanding.codes)] if understanding.codes else []
    parts += ["to be confirmed"] if understanding.confirm else []
    return " | ".join(parts)


def _show(actions: tuple[Action, ...], show: Callable[[str], None]) -> None:
    for action in actions:
        match action:
            case Say(sentences=sentences):
                show(f"robot: {' '.join(sentences)}{_manner(action)}")
            case RaiseFlag(flag=flag):
                show(f"    FLAG {flag.code} ({flag.urgency.label}), confirmed: {flag.confirmed.value}")
            case HangUp(outcome=outcome):
                show(f"    the call ends: {outcome.value}")
            case Listen():
                pass


def _manner(say: Say) -> str:
    """How it is spoken, where that is not as usual."""
    manner = [f"speed {say.speed:g}"] if say.speed != 1.0 else []
    manner += [f"{say.gain_db:+g} dB"] if say.gain_db else []
    return f"  ({', '.join(manner)})" if manner else ""


def _show_end(state: DialogueState, show: Callable[[str], None]) -> None:
    show("")
    show(f"outcome: {state.outcome.value if state.outcome else 'none'}")
    if state.call_later_minutes is not None:
        show(f"call again in {state.call_later_minutes} minutes")
    if state.do_not_call:
        show("do not call again")
    for answer in state.answers:
        codes = f" [{', '.join(answer.codes)}]" if answer.codes else ""
        words = f' "{answer.transcript}"' if answer.transcript else ""
        show(f"  {answer.question}: {answer.answer}, {answer.urgency.label}{codes}{words}")
    for flag in state.flags:
        show(f"  flag {flag.code}: {flag.urgency.label}, confirmed {flag.confirmed.value}")
