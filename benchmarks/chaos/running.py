"""The run: a town is settled, workers are born, killed, frozen and born again, until every visit is over."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from support.campaigning import WINDOWS, add_area, add_elder, number, open_monthly
from support.postgres import Server
from support.redis_server import RedisServer

from benchmarks.chaos.clock import TownClock
from benchmarks.chaos.disk import SmallDisk, create_on
from benchmarks.chaos.exchange import Exchange
from benchmarks.chaos.fates import Fate
from benchmarks.chaos.verdict import faults
from benchmarks.chaos.worker import Life, live
from campaigns.opening import resume_campaign
from campaigns.planner import plan_visits
from escalation.notifiers import FileNotifier
from escalation.outbox import Outbox
from escalation.policy import load_policy
from records.keyring import Keyring
from records.orders import Notification, WorkOrder
from records.people import Worker
from records.sessions import Ledger, LedgerError
from records.visits import Campaign, Visit

__all__ = ["Chaos", "Outcome"]

MORNING = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
"""Half past nine in China, a Monday."""
MISLED_S = 150.0
"""By how much a worker's clock may be wrong: more than a lease lasts."""
LOOK_EVERY_S = 0.25
CLOCK_JUMPS, FREEZES, RESTARTS = 0.08, 0.05, 0.08
"""Chances at each look of a clock that jumps, a process that stands still, a database that is restarted."""
FLUSHES, FILLS = 0.1, 0.06
"""Chances of a Redis that forgets everything, and of a disk without room."""
STAFF = ("grid_worker", "social_worker", "coordinator")


@dataclass
class Outcome:
    """What a run came to."""

    faults: list[str]
    seconds: float
    visits: int
    calls: int
    cries: int
    seen: Counter[str]
    """How often each kind of harm was done."""


@dataclass
class Chaos:
    """One run. The seed decides what telephones do, where lives end and when harm is done."""

    server: Server
    folder: Path
    seed: int
    elders: int = 60
    gateways: int = 2
    keepers: int = 2
    lives: int = 3
    """How often each worker is killed from the inside before it may live on."""
    restarts: int = 1
    """How often the database is restarted."""
    fills: int = 2
    """How often the disk is full."""
    rate: float = 30.0
    patience_s: float = 900.0
    """Real seconds after which the run is given up."""
    redis: RedisServer | None = None
    """By which workers nudge each other; flushed now and then, and once dead for a while."""
    disk: SmallDisk | None = None
    """Where the database grows; now and then there is no room left."""
    seen: Counter[str] = field(default_factory=Counter)

    def run(self) -> Outcome:
        """Settle, call, harm, and look what came of it."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["benchmarks.chaos.worker"])
        begun = time.monotonic()
        database = f"chaos_{self.seed}"
        if self.disk is None:
            self.server.create(database)
        else:
            create_on(self.disk, database)
        ledger = Ledger(self.server.url(database), Keyring.at(self.folder / "wenan.key"))
        try:
            ledger.migrate()
            self._settle(ledger)
            clock = TownClock.begin(context, MORNING, self.rate)
            exchange = Exchange(self.seed, clock)
            with exchange.listening(self.folder / "exchange"):
                crew = _Crew(self, context, self.server.url(database), clock)
                with crew.at_work():
                    over = self._storm(ledger, clock, crew)
            self._deliver_the_rest(ledger, clock)
            found = faults(
                ledger,
                exchange.journal,
                self.folder / "messages.jsonl",
                seed=self.seed,
                windows=WINDOWS,
                misled_s=MISLED_S,
            )
            if not over:
                found.insert(0, f"not over after {self.patience_s:.0f} s")
            return self._outcome(ledger, found, len(exchange.journal), time.monotonic() - begun)
        finally:
            ledger.dispose()
            self.server.drop(database)

    def _settle(self, ledger: Ledger) -> None:
        """Elders move in, every twentieth as the spouse of the one before; workers are employed."""
        (self.folder / "messages.jsonl").touch()
        with ledger.session() as session:
            area = add_area(session)
            session.add_all(Worker(login=role, name=role, role=role, area_id=area.id) for role in STAFF)
            for index in range(1, self.elders + 1):
                add_elder(session, index, area, phones=[number(index - (index % 20 == 0))])
            campaign = open_monthly(session, MORNING, max_concurrent=10_000)
            plan_visits(session, campaign, MORNING)

    def _storm(self, ledger: Ledger, clock: TownClock, crew: _Crew) -> bool:
        """Do harm until everything is over; False when patience ends first."""
        dice = random.Random(f"{self.seed}/storm")
        restarts_left, ends, full = self.restarts, time.monotonic() + self.patience_s, 0.0
        while time.monotonic() < ends:
            time.sleep(LOOK_EVERY_S)
            crew.replace_the_dead()
            if dice.random() < CLOCK_JUMPS:
                crew.mislead(dice)
            if dice.random() < FREEZES:
                crew.freeze_one(dice)
            self._flush(dice)
            full = self._fill(dice, full)
            if restarts_left and not full and dice.random() < RESTARTS:
                restarts_left -= 1
                self.server.crash_and_restart()
                self.seen["database restarted"] += 1
            with suppress(LedgerError):
                if self._look(ledger, clock):
                    self._make_room()
                    return True
        self._make_room()
        return False

    def _flush(self, dice: random.Random) -> None:
        """Have Redis forget everything."""
        if self.redis is not None and dice.random() < FLUSHES:
            self.redis.client().flushall()
            self.seen["Redis flushed"] += 1

    def _fill(self, dice: random.Random, full: float) -> float:
        """Let the disk be full for a while; until when (real time), 0 for not."""
        if self.disk is None:
            return 0.0
        if full:
            if time.monotonic() < full:
                return full
            self._make_room()
            return 0.0
        if self.fills and dice.random() < FILLS:
            self.fills -= 1
            self.disk.fill()
            self.seen["disk full" if self.disk.refuses(f"chaos_{self.seed}") else "disk nearly full"] += 1
            return time.monotonic() + dice.uniform(1.0, 4.0)
        return 0.0

    def _make_room(self) -> None:
        if self.disk is not None:
            self.disk.free()

    def _look(self, ledger: Ledger, clock: TownClock) -> bool:
        """Whether everything is over; lets time leap to the next thing where nothing is under way."""
        with ledger.reading() as session:
            calls = Visit.mode == "telephone"
            under_way = session.scalar(select(func.count()).where(Visit.status == "in_progress"))
            coming = session.scalar(
                select(func.min(Visit.next_attempt_at)).where(calls, Visit.status == "planned")
            )
            waiting = session.scalar(select(func.count()).where(Notification.status == "pending"))
            unordered = session.scalar(
                select(func.count(Visit.id))
                .outerjoin(WorkOrder, WorkOrder.visit_id == Visit.id)
                .where(~calls, Visit.status != "ended", WorkOrder.id.is_(None))
            )
            paused = session.scalars(select(Campaign.id).where(Campaign.status == "paused")).all()
        for campaign in paused:
            with ledger.session() as session:
                resume_campaign(session, campaign, now=clock.now(), actor="coordinator")
            self.seen["campaign paused and resumed by hand"] += 1
        if not under_way and coming is None:
            return not waiting and not unordered
        if not under_way and coming is not None and coming > clock.now() + timedelta(minutes=2):
            clock.leap((coming - clock.now()).total_seconds())
        return False

    def _deliver_the_rest(self, ledger: Ledger, clock: TownClock) -> None:
        """What the auditor wrote last, or a keeper was just sending when it was told to stop."""
        clock.leap(3600)
        notifier = FileNotifier(self.folder / "messages.jsonl", clock.now)
        Outbox(ledger, {"file": notifier}, load_policy().delivery, clock).drain()

    def _outcome(self, ledger: Ledger, found: list[str], calls: int, seconds: float) -> Outcome:
        with ledger.reading() as session:
            visits = session.scalar(select(func.count(Visit.id))) or 0
            cries = session.scalar(select(func.count()).where(WorkOrder.urgency == "emergency")) or 0
        return Outcome(found, seconds, visits, calls, cries, self.seen)


class _Crew:
    """The worker processes of a run."""

    def __init__(self, chaos: Chaos, context: ForkServerContext, url: str, clock: TownClock) -> None:
        self._chaos = chaos
        self._context = context
        self._url = url
        self._clock = clock
        names = [f"gateway-{each}" for each in range(chaos.gateways)]
        names += [f"keeper-{each}" for each in range(chaos.keepers)]
        self._lived = dict.fromkeys(names, 0)
        self._skews: dict[str, Any] = {name: context.Value("d", 0.0) for name in names}
        self._running: dict[str, BaseProcess] = {}
        self._frozen: dict[str, float] = {}

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Everybody is born; in the end everybody is told to stop."""
        try:
            self.replace_the_dead()
            yield
        finally:
            for process in self._running.values():
                if process.pid is not None and process.is_alive():
                    os.kill(process.pid, signal.SIGCONT)
                    process.terminate()
            for process in self._running.values():
                process.join(20)
                process.kill()
                process.join()

    def replace_the_dead(self) -> None:
        """Whoever died is born again; whoever froze long enough thaws."""
        for name, until in list(self._frozen.items()):
            if time.monotonic() >= until:
                self._signal(name, signal.SIGCONT)
                del self._frozen[name]
        for name, lived in self._lived.items():
            process = self._running.get(name)
            if process is not None and process.is_alive():
                continue
            if process is not None:
                how = "killed" if process.exitcode == -signal.SIGKILL else "left"
                self._chaos.seen[f"{name.split('-')[0]} {how}"] += 1
            self._frozen.pop(name, None)
            mortal = lived < self._chaos.lives
            life = Life(
                role=name.split("-", maxsplit=1)[0],
                url=self._url,
                folder=self._chaos.folder,
                seed=self._chaos.seed,
                clock=TownClock(
                    self._clock.start,
                    self._clock.zero,
                    self._clock.rate,
                    self._clock.leapt,
                    self._skews[name],
                ),
                fate=Fate.of(self._chaos.seed, name, lived) if mortal else None,
                redis_url=self._chaos.redis.url if self._chaos.redis else "",
            )
            self._lived[name] = lived + 1
            born = self._context.Process(target=live, args=(life,), name=name, daemon=True)
            born.start()
            self._running[name] = born

    def mislead(self, dice: random.Random) -> None:
        """Set one worker's clock to another wrong time."""
        name = dice.choice(sorted(self._skews))
        self._skews[name].value = dice.uniform(-MISLED_S, MISLED_S)
        self._chaos.seen["clock jumped"] += 1

    def freeze_one(self, dice: random.Random) -> None:
        """Stop one worker in the middle of whatever it does, for longer than its leases last."""
        name = dice.choice(sorted(self._running))
        if name not in self._frozen:
            self._signal(name, signal.SIGSTOP)
            self._frozen[name] = time.monotonic() + dice.uniform(120.0, 240.0) / self._clock.rate
            self._chaos.seen["worker frozen"] += 1

    def _signal(self, name: str, number: int) -> None:
        process = self._running[name]
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, number)
