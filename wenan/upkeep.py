"""What runs beside the dialer: ladders, messages, orders for visits at home, the auditor's rounds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import structlog

from escalation.aftercare import VisitAftercare
from escalation.auditor import Auditor
from escalation.climber import Climber
from escalation.deadman import DeadMansSwitch
from escalation.outbox import Outbox
from ivr.clock import Clock
from records.sessions import Ledger, LedgerError

log = structlog.get_logger(__name__)

OUTBOX_SECONDS = 2.0
LADDER_SECONDS = 5.0
HOMES_SECONDS = 60.0
AUDIT_SECONDS = 60.0
SIGN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The work to be done again and again, each on its own schedule."""

    outboxes: tuple[Outbox, ...]
    """One for each channel, so that none waits for another."""
    climber: Climber
    auditor: Auditor
    aftercare: VisitAftercare
    ledger: Ledger
    clock: Clock
    switch: DeadMansSwitch | None = None

    async def run(
        self,
        executor: Executor,
        *,
        audit_seconds: float = AUDIT_SECONDS,
        ladder_seconds: float = LADDER_SECONDS,
    ) -> None:
        """Work until cancelled."""
        rounds: tuple[tuple[str, Callable[[], object], float], ...] = (
            ("orders at home", self.order_in_home, HOMES_SECONDS),
            ("ladders", self.climber.make_round, ladder_seconds),
            *(("outbox", outbox.drain, OUTBOX_SECONDS) for outbox in self.outboxes),
            ("auditor", self.auditor.make_round, audit_seconds),
        )
        if self.switch is not None:
            rounds = (*rounds, ("sign of life", self.switch.signal, SIGN_SECONDS))
        async with asyncio.TaskGroup() as tasks:
            for what, work, seconds in rounds:
                tasks.create_task(self._again_and_again(what, work, seconds, executor))

    def deliver(self) -> None:
        """Send everything that is due on every channel."""
        for outbox in self.outboxes:
            outbox.drain()

    def order_in_home(self) -> int:
        """Give every visit that a person must make at home its work order; returns how many were new."""
        with self.ledger.session() as session:
            return self.aftercare.order_in_home(session, self.clock.now())

    async def _again_and_again(
        self, what: str, work: Callable[[], object], seconds: float, executor: Executor
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                await loop.run_in_executor(executor, work)
            except LedgerError as error:
                # The dialer gives up when the ledger stays away; until then the next round may succeed.
                log.warning("upkeep waits for the ledger", part=what, problem=str(error))
            await self.clock.sleep(seconds)
