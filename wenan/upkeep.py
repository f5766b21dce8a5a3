"""What runs beside the dialer: ladders, messages, orders for visits at home, auditor's rounds, calendar.

A keeper without a dialer also sweeps: what a gateway that died has left is put in order, and visits whose
period is over end, whether anybody dials or not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial

import structlog
from sqlalchemy.orm import Session

from campaigns.absences import bring_back, returning
from campaigns.desk import Books
from campaigns.opening import CampaignError
from campaigns.policies import put_in_force, versions_due
from campaigns.policy import PolicyError
from campaigns.rounds import sweep
from escalation.aftercare import VisitAftercare
from escalation.auditor import Auditor
from escalation.climber import Climber
from escalation.deadman import DeadMansSwitch
from escalation.outbox import Outbox
from escalation.telephone import PhoneNotifier
from ivr.clock import Clock
from ivr.script import ScriptError
from records.sessions import Ledger, LedgerError
from wenan.tallies import keep_tallies

log = structlog.get_logger(__name__)

OUTBOX_SECONDS = 2.0
LADDER_SECONDS = 5.0
HOMES_SECONDS = 60.0
AUDIT_SECONDS = 60.0
CALENDAR_SECONDS = 300.0
ROUNDS_SECONDS = 600.0
TALLY_SECONDS = 60.0
RETENTION_SECONDS = 600.0
SIGN_SECONDS = 60.0
SWEEP_SECONDS = 30.0
SWEEPER = "sweeper"
"""Name of the heartbeat of a keeper that sweeps."""


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
    telephones: tuple[PhoneNotifier, ...] = ()
    """Channels that ring workers; they wait for a line to be connected."""
    rounds: Callable[[], object] | None = None
    """Opens the rounds of visits that are called for; None where that is not this process's part."""
    forgets: Callable[[], object] | None = None
    """Deletes what is no longer to be kept; None where that is not this process's part."""
    _waiting: set[asyncio.Event] = field(default_factory=set)
    """One for each outbox that is at work, so that a nudge is news to all of them."""

    @property
    def threads(self) -> int:
        """Enough that a channel that hangs holds up neither the others nor the rounds nor the sweeper."""
        return 4 + len(self.outboxes)

    def nudge(self) -> None:
        """Messages were written: deliver them at once, on every channel. Called on the event loop."""
        for event in self._waiting:
            event.set()

    async def run(
        self,
        executor: Executor,
        *,
        audit_seconds: float = AUDIT_SECONDS,
        ladder_seconds: float = LADDER_SECONDS,
        sweeps: bool = False,
    ) -> None:
        """Work until cancelled; ``sweeps`` where no dialer of this process does it."""
        rounds: tuple[tuple[str, Callable[[], object], float], ...] = (
            ("orders at home", self.order_in_home, HOMES_SECONDS),
            ("ladders", self.climber.make_round, ladder_seconds),
            ("auditor", self.auditor.make_round, audit_seconds),
            ("calendar", self.follow_the_calendar, CALENDAR_SECONDS),
            ("tallies", partial(keep_tallies, self.ledger, self.clock), TALLY_SECONDS),
        )
        if self.rounds is not None:
            rounds = (*rounds, ("rounds", self.rounds, ROUNDS_SECONDS))
        if self.forgets is not None:
            rounds = (*rounds, ("retention", self.forgets, RETENTION_SECONDS))
        if self.switch is not None:
            rounds = (*rounds, ("sign of life", self.switch.signal, SIGN_SECONDS))
        async with asyncio.TaskGroup() as tasks:
            for what, work, seconds in rounds:
                tasks.create_task(self._again_and_again(what, work, seconds, executor))
            for outbox in self.outboxes:
                tasks.create_task(self._deliver_again_and_again(outbox, executor))
            if sweeps:
                tasks.create_task(self._sweep_again_and_again(executor))

    def deliver(self) -> None:
        """Send everything that is due on every channel."""
        for outbox in self.outboxes:
            outbox.drain()

    def order_in_home(self) -> int:
        """Give every visit that a person must make at home its work order; returns how many were new."""
        with self.ledger.session() as session:
            return self.aftercare.order_in_home(session, self.clock.now())

    def follow_the_calendar(self) -> int:
        """Let policies come into force and absences end whose day has come, also where nothing is dialled.

        Returns how many elders came back. A policy that cannot be read is logged and keeps nothing else
        waiting.
        """
        now = self.clock.now()
        with self.ledger.reading() as session:
            back, due = returning(session, now), bool(versions_due(session, now))
        came = sum(self._try(partial(bring_back, elder_id=each, now=now)) for each in back)
        if due:
            self._try(partial(put_in_force, now=now, actor="calendar"))
        return came

    def _try(self, work: Callable[[Session], object]) -> bool:
        try:
            with self.ledger.session() as session:
                return bool(work(session))
        except (CampaignError, PolicyError, ScriptError) as error:
            log.error("the calendar could not be followed", problem=str(error))  # noqa: TRY400 - it is said
            return False

    async def _deliver_again_and_again(self, outbox: Outbox, executor: Executor) -> None:
        loop = asyncio.get_running_loop()
        nudged = asyncio.Event()
        self._waiting.add(nudged)
        try:
            while True:
                nudged.clear()
                await self._attempt("outbox", loop.run_in_executor(executor, outbox.drain))
                await self._until_nudged(nudged)
        finally:
            self._waiting.discard(nudged)

    async def _until_nudged(self, nudged: asyncio.Event) -> None:
        """Or until it is time to look again anyway."""
        waiting = {
            asyncio.ensure_future(self.clock.sleep(OUTBOX_SECONDS)),
            asyncio.ensure_future(nudged.wait()),
        }
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()

    async def _attempt(self, what: str, work: Awaitable[object]) -> None:
        try:
            await work
        except LedgerError as error:
            # The dialer gives up when the ledger stays away; until then the next round may succeed.
            log.warning("upkeep waits for the ledger", part=what, problem=str(error))

    async def _again_and_again(
        self, what: str, work: Callable[[], object], seconds: float, executor: Executor
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._attempt(what, loop.run_in_executor(executor, work))
            await self.clock.sleep(seconds)

    async def _sweep_again_and_again(self, executor: Executor) -> None:
        books = Books(self.ledger, self.clock, self.aftercare, executor)
        while True:
            await self._attempt(SWEEPER, sweep(books, component=SWEEPER))
            await self.clock.sleep(SWEEP_SECONDS)
