"""The product: panel in threads, dialer on the event loop, upkeep beside it; a process does all or some.

On SQLite one process does everything and holds the data folder. On PostgreSQL any number of processes share
the ledger: claims, leases and fences keep gateways apart, unique keys and row locks keepers.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from rich.console import Console
from sqlalchemy import func, select

from campaigns.dialer import Dialer
from campaigns.opening import pause_campaign
from ivr.clock import Clock, SystemClock
from ivr.lines import Line
from ivr.lines.simulated import SimulatedLine
from ivr.script import load_script
from records.nudges import Nudge, Work
from records.people import Worker
from records.sessions import Ledger
from records.visits import Campaign
from web.server import start_in_thread
from wenan.datafolder import only_process
from wenan.roles import ALL, Role
from wenan.settings import Settings, SettingsError
from wenan.village.exchange import Village
from wenan.village.personas import load_village
from wenan.wiring import (
    open_dialer,
    open_ledger,
    open_nudges,
    open_panel,
    open_prompts,
    open_rules,
    open_senses,
    open_upkeep,
    open_voice,
)

NO_LINE = "没有配置电话线路（WENAN_LINE），暂不拨打 / no telephone line is configured, nothing is dialled"


def run_product(settings: Settings, console: Console, roles: Collection[Role] = ALL) -> None:
    """Do the work of these roles until interrupted or told to stop (SIGTERM).

    Raises SettingsError for a process that is only a gateway and has no line, DataFolderError, LedgerError,
    ModelMissingError, PortInUseError: nothing is started then.
    """
    if set(roles) == {Role.GATEWAY} and settings.line == "none":
        raise SettingsError("A gateway needs a telephone line: set WENAN_LINE. See docs/settings.md.")
    with ExitStack() as held:
        if settings.is_embedded:
            held.enter_context(only_process(settings.data_dir))
        ledger = open_ledger(settings)
        held.callback(ledger.dispose)
        clock = SystemClock()
        if Role.WEB in roles:
            app = open_panel(settings, ledger, open_rules(settings), clock)
            serving = held.enter_context(start_in_thread(app, host=settings.host, port=settings.port))
            console.print(f"The panel: [bold]{serving.address}[/bold]")
            _first_steps(ledger, console)
        with suppress(KeyboardInterrupt):
            asyncio.run(_Process(settings, ledger, clock, console, frozenset(roles)).run())
        console.print("Stopped. Visits that are not over go on at the next start.")


def _first_steps(ledger: Ledger, console: Console) -> None:
    with ledger.reading() as session:
        workers = session.scalar(select(func.count()).select_from(Worker)) or 0
        campaigns = session.scalar(select(func.count()).select_from(Campaign)) or 0
    if not workers:
        console.print("Nobody may sign in yet: wenan worker add LOGIN --name NAME --role coordinator")
    if not campaigns:
        console.print("No campaign yet: wenan roster import FILE, then wenan campaign create NAME")


@dataclass(frozen=True, slots=True)
class _Process:
    """One process of the product on its event loop."""

    settings: Settings
    ledger: Ledger
    clock: Clock
    console: Console
    roles: frozenset[Role]

    async def run(self) -> None:
        """Work until asked to stop; what ends a part by itself stops the others and is raised on."""
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        calls = Role.GATEWAY in self.roles and self.settings.line != "none"
        wakes: dict[Work, Callable[[], object]] = {}
        async with AsyncExitStack() as ending:
            parts: list[asyncio.Task[Any]] = [asyncio.create_task(stopping.wait())]
            ending.push_async_callback(_cancel, parts[0])
            if Role.GATEWAY in self.roles and not calls:
                await self._hold_campaigns()
            if Role.KEEPER in self.roles:
                beside = ending.enter_context(ThreadPoolExecutor(2, "upkeep"))
                rules = open_rules(self.settings)
                upkeep = open_upkeep(self.settings, self.ledger, rules, self.clock, self.console)
                wakes[Work.MESSAGES] = partial(loop.call_soon_threadsafe, upkeep.nudged.set)
                parts.append(asyncio.create_task(upkeep.run(beside, sweeps=not calls)))
                ending.push_async_callback(_cancel, parts[-1])
            if calls:
                engines = ending.enter_context(ThreadPoolExecutor(2, "engines"))
                dialer = self._open_dialer(engines)
                wakes[Work.CALLS] = dialer.nudge
                parts.append(asyncio.create_task(dialer.run()))
                ending.push_async_callback(dialer.stop)
            self._hear_nudges(wakes)
            self.console.print(f"Running: {', '.join(sorted(self.roles))}")
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in done:
                part.result()

    def _hear_nudges(self, wakes: Mapping[Work, Callable[[], object]]) -> None:
        """Let commits of this process, and by Redis those of others, wake whoever does such work here."""

        def told(nudges: Sequence[Nudge]) -> None:
            for work in {each.work for each in nudges} & wakes.keys():
                with suppress(RuntimeError):  # the loop has ended, and with it the work
                    wakes[work]()

        self.ledger.watch(told)
        if wakes and (nudges := open_nudges(self.settings)):
            nudges.listen({work: partial(told, [Nudge(work, 0)]) for work in wakes})

    def _open_dialer(self, engines: ThreadPoolExecutor) -> Dialer:
        settings = self.settings
        voice = open_voice(settings)
        prompts = open_prompts(settings, voice)
        senses = open_senses(settings, prompts, engines)
        # The villagers know the robot's sentences from the very store that it speaks from.
        village = Village(load_village(), load_script("standard"), prompts, voice, settings.prompts_dir)
        line: Line = SimulatedLine(village.at, self.clock)
        rules = open_rules(settings)
        return open_dialer(
            settings, self.ledger, line, senses, self.clock, rules, take_over=settings.is_embedded
        )

    async def _hold_campaigns(self) -> None:
        """Without a line every running campaign is paused, with the reason, so that nobody waits in vain.

        Where others share the ledger, one of them may well have a line: their campaigns are left alone.
        """
        self.console.print(f"[yellow]{NO_LINE}[/yellow]")
        if self.settings.is_embedded:
            await asyncio.to_thread(_pause_all, self.ledger, self.clock)


async def _cancel(part: asyncio.Task[Any]) -> None:
    part.cancel()
    await asyncio.wait({part})


def _pause_all(ledger: Ledger, clock: Clock) -> None:
    with ledger.session() as session:
        for campaign_id in session.scalars(select(Campaign.id).where(Campaign.status == "running")).all():
            pause_campaign(session, campaign_id, NO_LINE, now=clock.now(), actor="serve")
