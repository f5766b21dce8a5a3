"""The product in one process: the dialer on its event loop, upkeep beside it, the panel in threads."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

from rich.console import Console
from sqlalchemy import func, select

from campaigns.opening import pause_campaign
from escalation.telephone import PhoneNotifier
from ivr.clock import Clock, SystemClock
from ivr.lines import Line
from ivr.lines.simulated import SimulatedLine
from ivr.lines.sip import SipLine
from ivr.lines.twilio import Signatures, TwilioLine
from ivr.script import load_script
from records.people import Worker
from records.sessions import Ledger
from records.visits import Campaign
from web.server import start_in_thread
from web.twilio import TwilioDoor
from wenan.datafolder import only_process
from wenan.settings import Settings
from wenan.twilio_records import TwilioRecords
from wenan.village.exchange import Village
from wenan.village.personas import load_village
from wenan.wiring import (
    open_contact_caller,
    open_dialer,
    open_ledger,
    open_panel,
    open_prompts,
    open_rules,
    open_senses,
    open_upkeep,
    open_voice,
)

NO_LINE = "没有配置电话线路（WENAN_LINE），暂不拨打 / no telephone line is configured, nothing is dialled"
NO_TWILIO = "Twilio 线路缺少设置，暂不拨打 / nothing is dialled, not set yet: {}"


@dataclass(frozen=True, slots=True)
class _Telephones:
    """What rings, or why nothing does."""

    line: SipLine | TwilioLine | None = None
    """None: the village, unless nothing is dialled at all."""
    records: TwilioRecords | None = None
    door: TwilioDoor | None = None
    nothing_dialled: str = ""
    """Why; empty when something is."""


def run_product(settings: Settings, console: Console) -> None:
    """Serve and call until interrupted.

    Raises DataFolderError, LedgerError, ModelMissingError, PortInUseError, SettingsError,
    SipNotInstalledError, TwilioNotInstalledError: nothing is started then. SipStartError and
    TwilioStartError come later, and end what was started.
    """
    sip = SipLine(settings.sip) if settings.line == "sip" else None
    with only_process(settings.data_dir):
        ledger = open_ledger(settings)
        clock = SystemClock()
        telephones = _Telephones(sip) if sip is not None else _telephones(settings, ledger, clock)
        app = open_panel(settings, ledger, open_rules(settings), clock, twilio_door=telephones.door)
        with start_in_thread(app, host=settings.host, port=settings.port) as serving:
            console.print(f"The panel: [bold]{serving.address}[/bold]")
            _first_steps(ledger, console)
            with suppress(KeyboardInterrupt):
                asyncio.run(_run(settings, ledger, clock, console, telephones))
            console.print("Stopped. Visits that are not over go on at the next start.")
        ledger.dispose()


def _telephones(settings: Settings, ledger: Ledger, clock: Clock) -> _Telephones:
    """Raises SettingsError, TwilioNotInstalledError."""
    if settings.line == "none":
        return _Telephones(nothing_dialled=NO_LINE)
    if settings.line != "twilio":
        return _Telephones()
    if settings.twilio_missing:
        return _Telephones(nothing_dialled=NO_TWILIO.format(", ".join(settings.twilio_missing)))
    records = TwilioRecords(ledger, clock)
    line = TwilioLine(settings.twilio, clock=clock, keep=records.keep)
    return _Telephones(line, records, TwilioDoor(settings.twilio, Signatures(settings.twilio), line.hear))


def _first_steps(ledger: Ledger, console: Console) -> None:
    with ledger.reading() as session:
        workers = session.scalar(select(func.count()).select_from(Worker)) or 0
        campaigns = session.scalar(select(func.count()).select_from(Campaign)) or 0
    if not workers:
        console.print("Nobody may sign in yet: wenan worker add LOGIN --name NAME --role coordinator")
    if not campaigns:
        console.print("No campaign yet: wenan roster import FILE, then wenan campaign create NAME")


async def _run(
    settings: Settings, ledger: Ledger, clock: Clock, console: Console, telephones: _Telephones
) -> None:
    rules = open_rules(settings)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    work = open_upkeep(settings, ledger, rules, clock, console)
    threads = 2 + len(work.outboxes)  # a channel that hangs holds up neither the others nor the rounds
    with ThreadPoolExecutor(2, "engines") as engines, ThreadPoolExecutor(threads, "upkeep") as beside:
        upkeep = asyncio.create_task(work.run(beside))
        stopped = asyncio.create_task(stopping.wait())
        try:
            if telephones.nothing_dialled:
                await loop.run_in_executor(beside, _hold_campaigns, ledger, clock, telephones.nothing_dialled)
                console.print(f"[yellow]{telephones.nothing_dialled}[/yellow]")
                await asyncio.wait({stopped, upkeep}, return_when=asyncio.FIRST_COMPLETED)
            else:
                async with AsyncExitStack() as stack:
                    line = telephones.line
                    if line is not None:
                        await stack.enter_async_context(line)
                        console.print(f"The telephone line: {line.health.state} {line.health.cause}".rstrip())
                    if isinstance(line, TwilioLine) and telephones.records is not None:
                        reconciling = asyncio.create_task(telephones.records.reconcile_for_ever(line))
                        stack.callback(reconciling.cancel)
                    await _call(settings, ledger, clock, engines, stopped, upkeep, line, work.telephones)
        finally:
            for task in (upkeep, stopped):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


async def _call(
    settings: Settings,
    ledger: Ledger,
    clock: Clock,
    engines: ThreadPoolExecutor,
    stopped: asyncio.Task[bool],
    upkeep: asyncio.Task[None],
    line: Line | None,
    telephones: Sequence[PhoneNotifier] = (),
) -> None:
    """Place calls until asked to stop, in the village when no other line is given.

    What ends the dialer or the upkeep by itself is raised on.
    """
    voice = open_voice(settings)
    prompts = open_prompts(settings, voice)
    senses = open_senses(settings, prompts, engines)
    if line is None:
        # The villagers know the robot's sentences from the very store that it speaks from.
        village = Village(load_village(), load_script("standard"), prompts, voice, settings.prompts_dir)
        line = SimulatedLine(village.at, clock)
    dialer = open_dialer(settings, ledger, line, senses, clock, open_rules(settings))
    calling = asyncio.create_task(dialer.run())
    with ThreadPoolExecutor(1, "contacts") as books:
        contacts = open_contact_caller(settings, ledger, line, senses, clock, open_rules(settings), books)
        asking = asyncio.create_task(contacts.run())
        for telephone in telephones:
            telephone.connect(asyncio.get_running_loop(), line, senses)
        try:
            await asyncio.wait({calling, stopped, upkeep}, return_when=asyncio.FIRST_COMPLETED)
            if not calling.done():
                await dialer.stop()
        finally:
            for telephone in telephones:
                telephone.disconnect()
            asking.cancel()
            await asyncio.wait({asking})
    await calling
    if upkeep.done():
        await upkeep


def _hold_campaigns(ledger: Ledger, clock: Clock, reason: str) -> None:
    """Without a line every running campaign is paused, with the reason, so that nobody waits in vain."""
    with ledger.session() as session:
        for campaign_id in session.scalars(select(Campaign.id).where(Campaign.status == "running")).all():
            pause_campaign(session, campaign_id, reason, now=clock.now(), actor="serve")
