"""The demo on real telephones: the village as SIP user agents, phoned by the product's own SIP line.

Calls take the time that calls take, several at once. Between them, while nobody is on the telephone, the
village's clock leaps to when somebody is due again.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from rich.console import Console
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.dialer import Dialer
from campaigns.outlook import next_moment
from ivr.gaps import Gap, summary
from ivr.lines.sip import SipLine, SipSettings
from ivr.warming import warm_up
from records.sessions import Ledger
from records.visits import CallAttempt, Turn, Visit
from speech.prompts import PromptStore
from wenan.display import LiveCalls, bar
from wenan.settings import Settings
from wenan.signing_off import retire_unused
from wenan.village.exchange import Village, past_of
from wenan.village.leaping import LeapingClock
from wenan.village.personas import load_village
from wenan.village.rounds import ROUNDS_SECONDS, SCRIPT, Round
from wenan.village.switchboard import Opening, Switchboard, ToldPrompts
from wenan.wiring import open_dialer, open_prompts, open_rules, open_senses, open_upkeep, open_voice

AT_ONCE = 6
"""Calls at the same time, where WENAN_MAX_CONCURRENT_CALLS names no other number: what two cores carry beside
the telephones themselves, which would not be on the same machine."""
LOOK_S = 0.5
NEARLY = timedelta(seconds=5)
"""Somebody due so soon is waited for: the dialer may be claiming the visit right now."""
TOGETHER = timedelta(hours=3)
"""Whoever is due so soon after the first is called along with them, so that nobody waits for us to wait."""


def calls_at_once(settings: Settings) -> int:
    """How many calls are made at once."""
    return settings.max_concurrent_calls if "max_concurrent_calls" in settings.model_fields_set else AT_ONCE


def phone_by_sip(settings: Settings, round_: Round, console: Console) -> datetime:
    """Make the calls of a round; returns what the village's clock shows at the end.

    Raises SipNotInstalledError, SipStartError, TelephonesError.
    """
    SipLine(SipSettings("127.0.0.1"))  # what is missing shall be said before voices are prepared for minutes
    personas = load_village()
    with round_.ledger.reading() as session:
        past = past_of(session, personas)
    opening = Opening(
        synthesizer=settings.synthesizer,
        models_dir=str(settings.models_path),
        prompts_dir=str(settings.prompts_dir),
        recorded_dir=str(settings.recorded_prompts or ""),
        script=SCRIPT,
        lines=settings.max_concurrent_calls + 2,
        past=past,
    )
    switchboard = Switchboard(asdict(opening))
    voice = open_voice(settings)
    prompts = open_prompts(settings, voice)
    village = Village(personas, round_.script, prompts, voice, settings.prompts_dir)
    with bar(console, "Preparing voices") as progress:
        village.rehearse(round_.briefs, progress, thoroughly=True)
    with switchboard:
        console.print(f"The village's telephones: sip:127.0.0.1:{switchboard.port}")
        return asyncio.run(_call(settings, round_, console, switchboard, prompts))


async def _call(
    settings: Settings, round_: Round, console: Console, switchboard: Switchboard, prompts: PromptStore
) -> datetime:
    clock = LeapingClock(round_.starts_at)
    with ThreadPoolExecutor(2, "engines") as engines, ThreadPoolExecutor(2, "upkeep") as beside:
        senses = open_senses(settings, prompts, engines)
        senses = replace(senses, prompts=ToldPrompts(prompts, switchboard))
        await warm_up(senses, settings.default_language)
        rules = open_rules(settings)
        async with SipLine(switchboard.line_settings) as line:
            with LiveCalls(console, len(round_.briefs)) as live:
                dialer = open_dialer(settings, round_.ledger, line, senses, clock, rules, on_event=live.note)
                upkeep = open_upkeep(settings, round_.ledger, rules, clock, live.console)
                retire_unused(round_.ledger, round_.starts_at)
                beside_calls = (
                    asyncio.create_task(
                        upkeep.run(beside, audit_seconds=ROUNDS_SECONDS, ladder_seconds=ROUNDS_SECONDS)
                    ),
                    asyncio.create_task(_leap(clock, dialer, round_.ledger)),
                )
                try:
                    await dialer.run(until_idle=True)
                finally:
                    for task in beside_calls:
                        task.cancel()
                        with suppress(asyncio.CancelledError):
                            await task
                await asyncio.get_running_loop().run_in_executor(beside, upkeep.deliver)
    return clock.now()


async def _leap(clock: LeapingClock, dialer: Dialer, ledger: Ledger) -> None:
    """Whenever nobody has been called for a moment, let it be the time at which somebody is due."""
    quiet = False
    while True:
        await asyncio.sleep(LOOK_S)
        was_quiet, quiet = quiet, not dialer.calls_under_way
        if quiet and was_quiet:
            moment = await asyncio.to_thread(_next_due, ledger, clock.now())
            if moment is not None:
                clock.leap(moment)
                dialer.nudge()


def _next_due(ledger: Ledger, now: datetime) -> datetime | None:
    """When the next calls are due; None when they nearly are, when somebody is called, or nothing is coming.

    A visit that has just been claimed counts as a call: its lease must not lapse in a leap.
    """
    with ledger.reading() as session:
        claimed = session.scalar(select(Visit.id).where(Visit.status == "in_progress").limit(1))
        first = next_moment(session, now)
        if claimed is not None or first is None or first <= now + NEARLY:
            return None
        due = session.scalars(
            select(Visit.next_attempt_at).where(Visit.mode == "telephone", Visit.status == "planned")
        )
        return max((at for at in due if at is not None and first <= at <= first + TOGETHER), default=first)


def show_gaps(console: Console, session: Session, campaign_id: int) -> None:
    """How long elders waited for a reply, in both parts."""
    turns = session.scalars(
        select(Turn)
        .join(CallAttempt)
        .join(Visit)
        .where(Visit.campaign_id == campaign_id, Turn.gap_wait_s.is_not(None))
    )
    figures = summary(Gap(turn.gap_wait_s or 0.0, turn.gap_delay_s or 0.0) for turn in turns)
    if figures["gaps"]:
        console.print(
            f"Replies: {figures['gaps']:.0f}. Elders waited p50 {figures['total_p50_s']:.2f} s, "
            f"p95 {figures['total_p95_s']:.2f} s; of that the machine's own delay "
            f"p50 {figures['delay_p50_s']:.2f} s, p95 {figures['delay_p95_s']:.2f} s."
        )
