"""One life of a worker process: a gateway that calls or a keeper that looks after everything else."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError

from benchmarks.chaos.clock import TownClock
from benchmarks.chaos.exchange import ExchangeLine
from benchmarks.chaos.fates import Fate
from benchmarks.chaos.sabotage import SABOTAGES
from campaigns.briefing import Caller
from campaigns.desk import DialerOptions
from campaigns.dialer import Dialer, new_owner
from campaigns.rehearsal import Rehearsal
from escalation.aftercare import VisitAftercare
from escalation.auditor import Auditor
from escalation.climber import Climber
from escalation.notifiers import FileNotifier
from escalation.outbox import Outbox
from escalation.rules import Channel, Rules
from records.keyring import Keyring
from records.nudges import Work
from records.sessions import Ledger, LedgerError
from wenan.nudging import RedisNudges
from wenan.upkeep import Upkeep

CALL_SECONDS = 60.0
CALLS = 8
"""At the same time, for each gateway."""


@dataclass(frozen=True)
class Life:
    """What a process is born with."""

    role: str
    url: str
    folder: Path
    seed: int
    clock: TownClock
    fate: Fate | None
    redis_url: str = ""
    sabotage: str = ""
    """Name of what is broken on purpose; empty for nothing."""

    @property
    def messages(self) -> Path:
        """Where notifications arrive."""
        return self.folder / "messages.jsonl"


def live(life: Life) -> None:
    """Work until told to stop, or until fate strikes."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)  # RQ tells of every job that was flushed away under it
    ledger = Ledger(life.url, Keyring.at(life.folder / "wenan.key"))
    if life.fate is not None:
        life.fate.befall()
    broken = SABOTAGES[life.sabotage].committed() if life.sabotage else nullcontext()
    with broken, suppress(LedgerError, DBAPIError):  # the next life finds the database again
        asyncio.run(_keep(life, ledger) if life.role == "keeper" else _call(life, ledger))


def _nudge(life: Life, ledger: Ledger, wakes: Mapping[Work, Callable[[], object]]) -> None:
    """Send and hear nudges by RQ on Redis, as the product does."""
    if life.redis_url:
        nudges = RedisNudges(life.redis_url)
        ledger.watch(nudges.send)
        nudges.listen({work: partial(_quietly, wake) for work, wake in wakes.items()})


def _quietly(wake: Callable[[], object]) -> None:
    with suppress(RuntimeError):  # the loop has ended, and with it the work
        wake()


def chaos_rules() -> Rules:
    """The shipped rules; everybody is told by one file."""
    return Rules.load([Channel("file", "code")])


async def _call(life: Life, ledger: Ledger) -> None:
    dialer = Dialer(
        ledger,
        ExchangeLine(life.folder / "exchange", life.seed, life.clock, life.fate, ledger),
        Rehearsal(life.clock),
        life.clock,
        VisitAftercare(chaos_rules()),
        owner=new_owner(),
        recordings_dir=life.folder / "recordings",
        options=DialerOptions(
            caller=Caller("滨河社区", "0533-5181234"),
            max_calls=CALLS,
            call_seconds=CALL_SECONDS,
            poll_seconds=20.0,
        ),
    )
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGTERM, lambda: asyncio.ensure_future(dialer.stop())
    )
    _nudge(life, ledger, {Work.CALLS: dialer.nudge})
    await dialer.run()


async def _keep(life: Life, ledger: Ledger) -> None:
    rules, clock = chaos_rules(), life.clock
    aftercare = VisitAftercare(rules)
    outbox = Outbox(ledger, {"file": FileNotifier(life.messages, clock.now)}, rules.policy.delivery, clock)
    upkeep = Upkeep(
        outboxes=(outbox,),
        climber=Climber(ledger, rules, clock),
        auditor=Auditor(ledger, rules, aftercare, clock),
        aftercare=aftercare,
        ledger=ledger,
        clock=clock,
    )
    with ThreadPoolExecutor(upkeep.threads) as beside:
        loop = asyncio.get_running_loop()
        _nudge(life, ledger, {Work.MESSAGES: lambda: loop.call_soon_threadsafe(upkeep.nudge)})
        keeping = asyncio.ensure_future(upkeep.run(beside, sweeps=True))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, keeping.cancel)
        with suppress(asyncio.CancelledError):
            await keeping
