"""Keeping our registration with the provider, and knowing whether we have it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from ivr.lines.health import LineHealth, LineState
from ivr.lines.sip.stack import StackEvent, UserAgent

log = structlog.get_logger(__name__)

_PATIENCE_S = 10.0
_FIRST_PAUSE_S = 2.0
_LONGEST_PAUSE_S = 60.0
_REFUSED_PAUSE_S = 300.0
"""A provider that does not want us is not pestered: many lock out whoever tries passwords."""
_REFUSALS = frozenset({401, 403, 404, 407})


def pause_after(failures: int, status: int | None = None) -> float:
    """Seconds until the next try after so many failures in a row (1 or more), the last with this status."""
    if status in _REFUSALS:
        return _REFUSED_PAUSE_S
    return float(min(_FIRST_PAUSE_S * 2 ** (min(failures, 10) - 1), _LONGEST_PAUSE_S))


class Registration:
    """Registers, notices when the registration is lost, and registers again until told to stop.

    The stack renews a registration by itself; this sees to the first one and to those that fail.
    """

    def __init__(self, agent: UserAgent, errors: type[Exception]) -> None:
        """``errors``: what the agent raises."""
        self.health = LineHealth(LineState.STARTING, "not registered yet")
        self._agent = agent
        self._errors = errors
        self._lost = asyncio.Event()
        self._settled = asyncio.Event()
        """We are registered, or the provider does not want us: waiting a little longer tells nothing more."""
        agent.on(self._note)

    async def keep(self) -> None:
        """Keep the registration until cancelled."""
        failures = 0
        while True:
            status = None
            self._lost.clear()
            self._settled.clear()
            try:
                await self._agent.register(timeout=_PATIENCE_S)
            except self._errors as error:
                status = getattr(error, "status", None)
                self._set(LineHealth(LineState.DOWN, f"not registered: {error}"))
                if status in _REFUSALS:
                    self._settled.set()
            else:
                failures = 0
                self._set(LineHealth(LineState.READY))
                await self._lost.wait()
            failures += 1
            await asyncio.sleep(pause_after(failures, status))

    async def wait_ready(self, seconds: float) -> bool:
        """Whether we are registered within so many seconds; a refusal, good for minutes, is told at once."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._settled.wait(), seconds)
        return self.health.state is LineState.READY

    def _note(self, event: StackEvent) -> None:
        """The stack renews by itself, and may fail or succeed in it at any time."""
        if event.event.name == "REGISTER_FAIL":
            self._set(LineHealth(LineState.DOWN, f"not registered: {event.text or 'no reason given'}"))
            self._lost.set()

    def _set(self, health: LineHealth) -> None:
        before, self.health = self.health, health
        if health.state is LineState.READY:
            self._settled.set()
        else:
            self._settled.clear()
        if health.state is not before.state:
            tell = log.info if health.state is LineState.READY else log.warning
            tell("telephone line", state=health.state.value, cause=health.cause)
