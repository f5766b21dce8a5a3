"""The demo: a village of 24 is imported, phoned with real speech in both directions, and shown."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.briefing import Caller, brief_for
from campaigns.opening import open_campaign
from campaigns.planner import names_of, plan_visits
from campaigns.policy import load_policy
from campaigns.retries import RetryPolicy
from campaigns.roster import import_roster
from campaigns.snapshots import Snapshot
from campaigns.who import Who
from campaigns.windows import Windows
from ivr.brief import Brief
from ivr.clock import LoopClock, SystemClock
from ivr.lines.simulated import SimulatedLine
from ivr.script import load_script
from ivr.virtual_time import run_virtual
from records.audit import AuditEvent
from records.people import Area, Worker
from records.sessions import Ledger
from records.visits import CallAttempt, Campaign, Turn, Visit
from web.passwords import hash_password
from wenan.datafolder import only_process
from wenan.display import LiveCalls, bar, show_import, show_plan, show_results
from wenan.panel import open_panel, start_in_thread
from wenan.settings import Settings
from wenan.signing_off import retire_unused
from wenan.sip_demo import calls_at_once, phone_by_sip, show_gaps
from wenan.village.exchange import Village, visits_by_number
from wenan.village.expectations import result_of
from wenan.village.personas import load_village
from wenan.village.rounds import ROUNDS_SECONDS, SCRIPT, Round
from wenan.village.selection import SHOWN, roster_of
from wenan.wiring import (
    open_dialer,
    open_ledger,
    open_prompts,
    open_rules,
    open_senses,
    open_upkeep,
    open_voice,
)

ROSTER = Path(__file__).parent.parent / "examples" / "roster.xlsx"
CAMPAIGN = "本月电话探访（演示）"
ACCOUNTS = (
    ("coordinator", "wenan-demo-1", "陈主任", "coordinator"),
    ("worker", "wenan-demo-2", "小王", "social_worker"),
    ("grid", "wenan-demo-3", "老刘", "grid_worker"),
)
"""Login, password, name, role: shown on the sign-in page of the demo."""
VILLAGE_LOSS, VILLAGE_JITTER_MS = 0.002, 4.0
"""An ordinary landline of a village."""
NOTICE = "演示：人物和号码均为虚构。Demonstration: people and numbers are fictional."


class DemoLine(StrEnum):
    """What the village is phoned by."""

    VILLAGE = "village"
    """A simulated line on the village's own time."""
    SIP = "sip"
    """Real SIP calls over loopback, in real time."""


def run_demo(
    settings: Settings,
    console: Console,
    *,
    serve: bool,
    line: DemoLine = DemoLine.VILLAGE,
    everybody: bool = True,
) -> int:
    """Phone the village and show what came of it; the number of outcomes that are not as called for.

    Interrupted at any moment, the next run goes on where this one stopped; a finished village makes way for
    a fresh one. Without ``everybody`` only those in ``SHOWN`` are phoned. By SIP it raises
    SipNotInstalledError, SipStartError, TelephonesError.
    """
    if line is DemoLine.SIP:
        settings = settings.model_copy(update={"max_concurrent_calls": calls_at_once(settings)})
    personas = [each for each in load_village() if everybody or each.id in SHOWN]
    with only_process(settings.data_dir):
        _make_room(settings, console)
        ledger = open_ledger(settings)
        roster = ROSTER if everybody else roster_of(personas, ROSTER, settings.data_dir)
        round_ = _prepare(settings, ledger, console, roster)
        phone = phone_by_sip if line is DemoLine.SIP else _phone
        now = phone(settings, round_, console)
        with ledger.reading() as session:
            visits = visits_by_number(session, round_.campaign_id)
            results = [result_of(session, each, visits[each.number]) for each in personas]
            show_results(console, results)
            if line is DemoLine.SIP:
                show_gaps(console, session, round_.campaign_id)
        if serve:
            _serve(settings, ledger, now, console)
        return sum(not result.as_called_for for result in results)


def _make_room(settings: Settings, console: Console) -> None:
    """Put a finished village aside: its elders have said what they had to say."""
    if not (settings.data_dir / "ledger.sqlite").exists():
        return
    ledger = open_ledger(settings)
    with ledger.reading() as session:
        planned = session.scalar(select(func.count()).select_from(Visit)) or 0
        unfinished = (
            session.scalar(select(func.count()).select_from(Visit).where(Visit.status != "ended")) or 0
        )
    ledger.dispose()
    if not planned or unfinished:
        return
    previous = settings.data_dir / "previous"
    shutil.rmtree(previous, ignore_errors=True)
    previous.mkdir()
    for entry in settings.data_dir.iterdir():
        if entry.name not in ("previous", "wenan.lock"):
            entry.rename(previous / entry.name)
    console.print(f"The last village was finished; it is kept in {previous}. Here is a fresh one.")


def _prepare(settings: Settings, ledger: Ledger, console: Console, roster: Path) -> Round:
    script = load_script(SCRIPT)
    now = _village_time(settings, ledger)
    report = import_roster(ledger, roster, now=now, default_area_code="0533")
    with ledger.session() as session:
        _employ(session)
        campaign = session.scalar(select(Campaign).where(Campaign.name == CAMPAIGN)) or open_campaign(
            session,
            script=script,
            now=now,
            name=CAMPAIGN,
            who=Who(),
            windows=Windows(timezone=settings.timezone),
            retries=RetryPolicy(),
            starts_on=now.astimezone(ZoneInfo(settings.timezone)).date(),
            ends_on=now.astimezone(ZoneInfo(settings.timezone)).date() + timedelta(days=6),
            max_concurrent=settings.max_concurrent_calls,
        )
        # The village shows all topics of the script, whatever the season it is visited in.
        plan = plan_visits(session, campaign, now, policy=load_policy().model_copy(update={"seasons": {}}))
        campaign_id = campaign.id
    show_import(console, report)
    with ledger.reading() as session:
        show_plan(console, plan, names_of(session, (*plan.in_home, *plan.left_out)))
        briefs = {
            visit.elder.phones[0].number: _brief(settings, visit, now)
            for visit in _open_visits(session, campaign_id)
        }
    return Round(ledger, campaign_id, script, now, briefs)


def _village_time(settings: Settings, ledger: Ledger) -> datetime:
    """Nine in the morning of today, or a little after the last thing that happened in the village."""
    with ledger.reading() as session:
        columns = (AuditEvent.at, Turn.asked_at, CallAttempt.intended_at, CallAttempt.ended_at)
        moments: list[datetime] = [
            moment for column in columns if (moment := session.scalar(select(func.max(column))))
        ]
    if moments:
        return max(moments) + timedelta(seconds=1)
    today = SystemClock().now().astimezone(ZoneInfo(settings.timezone)).date()
    return datetime.combine(today, time(9), ZoneInfo(settings.timezone)).astimezone(UTC)


def _employ(session: Session) -> None:
    """Give the village its workers, once."""
    if session.scalar(select(Worker.id).limit(1)) is not None:
        return
    top = session.scalars(select(Area).where(Area.parent_id.is_(None)).order_by(Area.id)).first()
    for login, password, name, role in ACCOUNTS:
        session.add(
            Worker(
                login=login,
                password_hash=hash_password(password),
                name=name,
                role=role,
                area_id=top.id if top else 0,
            )
        )


def _open_visits(session: Session, campaign_id: int) -> Sequence[Visit]:
    return session.scalars(
        select(Visit).where(
            Visit.campaign_id == campaign_id, Visit.mode == "telephone", Visit.status != "ended"
        )
    ).all()


def _brief(settings: Settings, visit: Visit, now: datetime) -> Brief:
    """The brief that the dialer will give, as far as it decides what is spoken."""
    elder = visit.elder
    return brief_for(
        name=elder.name,
        sex=elder.sex,
        language=elder.language,
        preferences=elder.speech_preferences,
        module=Snapshot.model_validate(visit.snapshot).module,
        caller=Caller(settings.organisation, settings.callback_number),
        moment=now,
        timezone=settings.timezone,
    )


def _phone(settings: Settings, round_: Round, console: Console) -> datetime:
    """Make the calls on the village's own time; returns what its clock shows then."""
    voice = open_voice(settings)
    prompts = open_prompts(settings, voice)
    village = Village(load_village(), round_.script, prompts, voice, settings.prompts_dir)
    with round_.ledger.reading() as session:
        village.remember(session)
    with bar(console, "Preparing voices") as progress:
        village.rehearse(round_.briefs, progress)

    async def main(clock: LoopClock) -> datetime:
        with ThreadPoolExecutor(2, "engines") as engines, ThreadPoolExecutor(2, "upkeep") as beside:
            senses = open_senses(settings, prompts, engines)
            rules = open_rules(settings)
            line = SimulatedLine(village.at, clock, jitter_ms=VILLAGE_JITTER_MS, loss=VILLAGE_LOSS)
            with LiveCalls(console, len(round_.briefs)) as live:
                dialer = open_dialer(settings, round_.ledger, line, senses, clock, rules, on_event=live.note)
                upkeep = open_upkeep(settings, round_.ledger, rules, clock, live.console)
                retire_unused(round_.ledger, round_.starts_at)
                beside_calls = asyncio.create_task(
                    upkeep.run(beside, audit_seconds=ROUNDS_SECONDS, ladder_seconds=ROUNDS_SECONDS)
                )
                try:
                    await dialer.run(until_idle=True)
                finally:
                    beside_calls.cancel()
                    with suppress(asyncio.CancelledError):
                        await beside_calls
                await asyncio.get_running_loop().run_in_executor(beside, upkeep.deliver)
        return clock.now()

    return run_virtual(main, round_.starts_at)


def _serve(settings: Settings, ledger: Ledger, now: datetime, console: Console) -> None:
    """Serve the panel on the village's time, which from here on passes as ours does."""
    clock = VillageClock(now - SystemClock().now())
    accounts = [(login, password) for login, password, _, _ in ACCOUNTS]
    app = open_panel(settings, ledger, open_rules(settings), clock, demo_accounts=accounts, notice=NOTICE)
    with start_in_thread(app, host=settings.host, port=settings.port) as serving:
        console.print(f"\nThe panel: [bold]{serving.address}[/bold]")
        for login, password in accounts:
            console.print(f"  sign in as {login:<12} password {password}")
        console.print("Stop with Ctrl-C.")
        serving.wait()


class VillageClock(SystemClock):
    """The real clock, moved to where the village's time stands."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        """The village's present."""
        return super().now() + self._ahead
