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
from escalation.rules import Rules
from escalation.switchboard import Switchboard
from escalation.telephone import PhoneNotifier
from escalation.worker_call import Bridges
from ivr.call import Senses
from ivr.clock import Clock, SystemClock
from ivr.lines import Line
from ivr.lines.simulated import SimulatedLine
from ivr.lines.twilio import TwilioLine
from ivr.script import load_script
from ivr.warming import warm_up
from records.nudges import Nudge, Work
from records.people import Worker
from records.sessions import Ledger
from records.visits import Campaign
from wenan.datafolder import only_process
from wenan.lines import Telephones, open_sip, open_twilio, why_nothing_is_dialled
from wenan.receiving import open_reception, take_calls, turn_away
from wenan.receiving_settings import ReceivingSettings, load_receiving_settings
from wenan.retention import with_retention
from wenan.roles import ALL, Role
from wenan.round_keeping import with_rounds
from wenan.settings import Settings, SettingsError
from wenan.signing_off import farewell_at_exit, parts_of
from wenan.spooling import open_spool, write_later
from wenan.tasks import end_task
from wenan.transfer import NOBODY_TO_RING, anybody_to_ring, open_switchboard
from wenan.village.exchange import Village
from wenan.village.personas import load_village
from wenan.wiring import (
    open_contact_caller,
    open_dialer,
    open_ledger,
    open_nudges,
    open_prompts,
    open_rules,
    open_senses,
    open_upkeep,
    open_voice,
)


def run_product(settings: Settings, console: Console, roles: Collection[Role] = ALL) -> None:
    """Do the work of these roles until interrupted or told to stop (SIGTERM).

    Raises SettingsError (also for a process that is only a gateway and has no line), DataFolderError,
    LedgerError, LadderError, ChannelError, ModelMissingError, PortInUseError, SipNotInstalledError,
    TwilioNotInstalledError: nothing is started then. SipStartError and TwilioStartError come later, and end
    what was started.
    """
    silent = why_nothing_is_dialled(settings)
    if set(roles) == {Role.GATEWAY} and silent:
        raise SettingsError(f"A gateway needs a telephone line. {silent}. See docs/lines.md.")
    receiving = load_receiving_settings()
    sip = open_sip(settings, roles)
    with ExitStack() as held:
        if settings.is_embedded:
            held.enter_context(only_process(settings.data_dir))
        ledger = open_ledger(settings)
        held.callback(ledger.dispose)
        clock = SystemClock()
        telephones = Telephones(sip) if sip else open_twilio(settings, ledger, clock, roles)
        rules = open_rules(settings)
        if Role.WEB in roles:
            from wenan.panel import open_panel, start_in_thread  # noqa: PLC0415 - only for those who have one

            app = open_panel(settings, ledger, rules, clock, twilio_door=telephones.door)
            serving = held.enter_context(start_in_thread(app, host=settings.host, port=settings.port))
            console.print(f"The panel: [bold]{serving.address}[/bold]")
            _first_steps(ledger, console)
        with suppress(KeyboardInterrupt):
            asyncio.run(
                _Process(
                    settings, ledger, clock, console, frozenset(roles), telephones, receiving, rules
                ).run()
            )
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
class _Calling:
    """What places calls."""

    line: Line
    senses: Senses
    dialer: Dialer
    switchboard: Switchboard | None

    @property
    def bridges(self) -> Bridges:
        """Through which of its calls people on duty talk with elders, by work order."""
        return {} if self.switchboard is None else self.switchboard.bridges


@dataclass(frozen=True, slots=True)
class _Process:
    """One process of the product on its event loop."""

    settings: Settings
    ledger: Ledger
    clock: Clock
    console: Console
    roles: frozenset[Role]
    telephones: Telephones
    receiving: ReceivingSettings
    rules: Rules

    async def run(self) -> None:
        """Work until asked to stop; what ends a part by itself stops the others and is raised on."""
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        silent = why_nothing_is_dialled(self.settings)
        calls = Role.GATEWAY in self.roles and not silent
        wakes: dict[Work, Callable[[], object]] = {}
        telephones: Sequence[PhoneNotifier] = ()
        async with AsyncExitStack() as ending:
            parts: list[asyncio.Task[Any]] = [asyncio.create_task(stopping.wait())]
            ending.push_async_callback(end_task, parts[0])
            said = farewell_at_exit(self.ledger, self.clock, parts_of(self.roles, calls=calls))
            ending.push_async_exit(said)
            write_later(self.settings, self.ledger, self.clock, self.rules, ending)
            if Role.GATEWAY in self.roles and not calls:
                await self._hold_campaigns(silent)
            if Role.KEEPER in self.roles:
                upkeep = open_upkeep(self.settings, self.ledger, self.rules, self.clock, self.console)
                upkeep = with_retention(with_rounds(upkeep, self.settings, self.rules), self.settings)
                telephones = upkeep.telephones
                beside = ending.enter_context(ThreadPoolExecutor(upkeep.threads, "upkeep"))
                wakes[Work.MESSAGES] = partial(loop.call_soon_threadsafe, upkeep.nudge)
                parts.append(asyncio.create_task(upkeep.run(beside, sweeps=not calls)))
                ending.push_async_callback(end_task, parts[-1])
            if calls:
                engines = ending.enter_context(ThreadPoolExecutor(2, "engines"))
                await self._open_line(ending)
                calling = self._open_calling(engines, ending)
                await warm_up(calling.senses, self.settings.default_language)
                self._reach_people(calling, telephones, ending)
                wakes[Work.CALLS] = calling.dialer.nudge
                parts.append(asyncio.create_task(calling.dialer.run()))
                ending.push_async_callback(calling.dialer.stop)
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

    async def _open_line(self, ending: AsyncExitStack) -> None:
        """Open a real line, to be closed at the end. Raises SipStartError, TwilioStartError."""
        line, records = self.telephones.line, self.telephones.records
        if line is None:
            return
        await ending.enter_async_context(line)
        first = ending.enter_context(ThreadPoolExecutor(1, "refusals"))
        spool = open_spool(self.settings)
        turn_away(line, self.ledger, self.clock, self.rules, first, ending, spool=spool)
        self.console.print(f"The telephone line: {line.health.state} {line.health.cause}".rstrip())
        if isinstance(line, TwilioLine) and records is not None:
            reconciling = asyncio.create_task(records.reconcile_for_ever(line))
            ending.push_async_callback(end_task, reconciling)

    def _open_calling(self, engines: ThreadPoolExecutor, ending: AsyncExitStack) -> _Calling:
        """A dialer on the real line, in the village where there is none."""
        settings = self.settings
        voice = open_voice(settings)
        prompts = open_prompts(settings, voice)
        senses = open_senses(settings, prompts, engines)
        line: Line | None = self.telephones.line
        if line is None:
            # The villagers know the robot's sentences from the very store that it speaks from.
            village = Village(load_village(), load_script("standard"), prompts, voice, settings.prompts_dir)
            line = SimulatedLine(village.at, self.clock)
        rules = self.rules
        books = ending.enter_context(ThreadPoolExecutor(1, "transfers"))
        switchboard = open_switchboard(settings, self.ledger, line, senses, self.clock, rules, books)
        if switchboard is not None:
            ending.push_async_callback(switchboard.close)
            if not anybody_to_ring(self.ledger):
                self.console.print(f"[yellow]{NOBODY_TO_RING}[/yellow]")
        dialer = open_dialer(
            settings,
            self.ledger,
            line,
            senses,
            self.clock,
            rules,
            take_over=settings.is_embedded,
            switchboard=switchboard,
        )
        return _Calling(line, senses, dialer, switchboard)

    def _reach_people(
        self, calling: _Calling, telephones: Sequence[PhoneNotifier], ending: AsyncExitStack
    ) -> None:
        """Ring the people around elders, and workers whose channel is the telephone, on the dialer's line."""
        books = ending.enter_context(ThreadPoolExecutor(1, "contacts"))
        rules = self.rules
        contacts = open_contact_caller(
            self.settings,
            self.ledger,
            calling.line,
            calling.senses,
            self.clock,
            rules,
            books,
            calling.switchboard,
        )
        ending.push_async_callback(end_task, asyncio.create_task(contacts.run()))
        answering = ending.enter_context(ThreadPoolExecutor(1, "reception"))
        reception = open_reception(
            self.settings,
            self.receiving,
            self.ledger,
            calling.line,
            calling.senses,
            self.clock,
            rules,
            answering,
            switchboard=calling.switchboard,
        )
        self.telephones.welcome.reception = reception
        take_calls(reception, calling.line, ending)
        for telephone in telephones:
            telephone.connect(asyncio.get_running_loop(), calling.line, calling.senses, calling.bridges)
            ending.callback(telephone.disconnect)

    async def _hold_campaigns(self, reason: str) -> None:
        """Without a line every running campaign is paused, with the reason, so that nobody waits in vain.

        Where others share the ledger, one of them may well have a line: their campaigns are left alone.
        """
        self.console.print(f"[yellow]{reason}[/yellow]")
        if self.settings.is_embedded:
            await asyncio.to_thread(_pause_all, self.ledger, self.clock, reason)


def _pause_all(ledger: Ledger, clock: Clock, reason: str) -> None:
    with ledger.session() as session:
        for campaign_id in session.scalars(select(Campaign.id).where(Campaign.status == "running")).all():
            pause_campaign(session, campaign_id, reason, now=clock.now(), actor="serve")
