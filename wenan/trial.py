"""A trial call: the whole visit with somebody of our own, before the first elder. Nothing is kept of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ivr.brief import Brief
from ivr.call import Senses, hold_conversation
from ivr.clock import SystemClock
from ivr.dialogue import begin
from ivr.gaps import summary
from ivr.lines import CallNotConnectedError
from ivr.lines.sip import SipLine, SipSettings
from ivr.lines.twilio import TwilioLine, TwilioSettings
from ivr.report import CallReport, FlagRaised, TurnTaken
from ivr.script_model import Script
from speech.types import Understanding

Show = Callable[[str], None]
SensesIn = Callable[[ThreadPoolExecutor], Senses]


@dataclass(frozen=True, slots=True)
class Trial:
    """Whom to call, and what about."""

    number: str
    """E.164."""
    script: Script
    brief: Brief
    ring_seconds: float = 60.0
    max_seconds: float = 600.0


def call_once(line: SipSettings | TwilioSettings, trial: Trial, senses_in: SensesIn, show: Show) -> bool:
    """Make the call, show what happens, and say whether somebody was talked to.

    ``senses_in`` gives ears and voice that compute in the executor. Raises SipNotInstalledError,
    SipStartError, TwilioNotInstalledError, TwilioStartError, ModelMissingError, ScriptError.
    """
    telephones = SipLine(line) if isinstance(line, SipSettings) else TwilioLine(line)
    with ThreadPoolExecutor(2, "engines") as engines:
        return asyncio.run(_call(telephones, trial, senses_in(engines), show))


async def _call(telephones: SipLine | TwilioLine, trial: Trial, senses: Senses, show: Show) -> bool:
    clock = SystemClock()
    state = begin(trial.script, trial.brief)
    async with telephones as line:
        show(f"the line is {line.health.state} {line.health.cause}".rstrip())
        rung_at = clock.now()
        try:
            call = await line.dial(trial.number, reference="trial", ring_seconds=trial.ring_seconds)
        except CallNotConnectedError as failure:
            show(f"nobody was reached: {failure}")
            return False
        show(f"answered after {(clock.now() - rung_at).total_seconds():.1f} s")
        report = await hold_conversation(
            call,
            state=state,
            script=trial.script,
            senses=senses,
            clock=clock,
            observer=_Shown(show),
            max_seconds=trial.max_seconds,
        )
    _show_end(report, show)
    return True


@dataclass(frozen=True, slots=True)
class _Shown:
    """Shows turns and flags as they come; implements ``CallObserver``."""

    show: Show

    def turn_taken(self, turn: TurnTaken, state: Mapping[str, Any]) -> None:
        del state
        self.show(f"robot: {' '.join(turn.prompt)}")
        self.show(f"  [{turn.question}] {_reply(turn)}")

    def flag_raised(self, flag: FlagRaised) -> None:
        self.show(f"  FLAG {flag.code} ({flag.urgency.label}), confirmed: {flag.confirmed.value}")


def _reply(turn: TurnTaken) -> str:
    if turn.key:
        return f"key {turn.key}"
    if turn.understanding is None:
        return "nothing heard"
    heard: Understanding = turn.understanding
    delay = f", after {turn.response_delay_s:.1f} s" if turn.response_delay_s is not None else ""
    level = f", {turn.speech_dbfs:.0f} dBFS" if turn.speech_dbfs is not None else ""
    return f"“{heard.transcript}” {heard.answer}, {heard.urgency.label}{delay}{level}"


def _show_end(report: CallReport, show: Show) -> None:
    outcome = report.outcome.value if report.outcome else report.disposition.value
    cause = f" ({report.cause})" if report.cause else ""
    if report.gaps:
        figures = summary(report.gaps)
        parts = (("wait", "waited on purpose"), ("delay", "our own"))
        shown = ", ".join(f"{figures[f'{part}_p50_s']:.1f} s {name}" for part, name in parts)
        show(f"from the last word to the robot's answer: {figures['total_p50_s']:.1f} s ({shown})")
    show(f"the call ended after {report.duration_s:.0f} s: {outcome}{cause}")
