"""The run: a town is settled, workers are born, killed, frozen and born again, until every visit is over."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from support.campaigning import WINDOWS, add_area, add_elder, number, open_monthly
from support.postgres import Server
from support.redis_server import RedisServer

from benchmarks.chaos.clock import TownClock
from benchmarks.chaos.crew import MISLED_S, Crew, Terms
from benchmarks.chaos.disk import SmallDisk, create_on
from benchmarks.chaos.exchange import Exchange
from benchmarks.chaos.pacing import first_rate, lateness, rate_after
from benchmarks.chaos.sabotage import SABOTAGES
from benchmarks.chaos.verdict import Fault, faults
from benchmarks.chaos.watching import standing
from campaigns.opening import resume_campaign
from campaigns.planner import plan_visits
from escalation.notifiers import FileNotifier
from escalation.outbox import Outbox
from escalation.policy import load_policy
from records.keyring import Keyring
from records.orders import WorkOrder
from records.people import Worker
from records.sessions import Ledger, LedgerError
from records.visits import Visit

__all__ = ["Chaos", "Outcome"]

MORNING = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
"""Half past nine in China, a Monday."""
LOOK_EVERY_S = 0.25
TELL_EVERY_S = 10.0
"""Real seconds between two words on how the run stands."""
CLOCK_JUMPS, FREEZES, RESTARTS = 0.08, 0.05, 0.08
"""Chances at each look of a clock that jumps, a process that stands still, a database that is restarted."""
FLUSHES, FILLS = 0.1, 0.06
"""Chances of a Redis that forgets everything, and of a disk without room."""
STAFF = ("grid_worker", "social_worker", "coordinator")


@dataclass
class Outcome:
    """What a run came to."""

    faults: list[Fault]
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
    """Seconds in town for each real one, where the machine can follow."""
    patience_s: float = 600.0
    """Real seconds without any progress after which the run is given up, however long it takes as a whole."""
    redis: RedisServer | None = None
    """By which workers nudge each other; flushed now and then, and once dead for a while."""
    disk: SmallDisk | None = None
    """Where the database grows; now and then there is no room left."""
    sabotage: str = ""
    """What is broken on purpose (``benchmarks.chaos.sabotage``); empty for nothing."""
    tell: Callable[[str], None] = lambda _: None
    """Told now and then how the run stands."""
    seen: Counter[str] = field(default_factory=Counter)
    _told: float = 0.0
    _paced: datetime | None = None
    """When it was last decided how fast time runs, in town."""
    _moved: float = 0.0
    """When anything was last done, by the system's clock."""
    _progress: tuple[int, ...] = ()

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
            clock = TownClock.begin(context, self._begins, first_rate(self.rate))
            exchange = Exchange(self.seed, clock)
            with exchange.listening(self.folder / "exchange"):
                crew = Crew(self._terms(), context, self.server.url(database), clock)
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
                stalled = f"nothing was done for {self.patience_s:.0f} s, and not everything is over"
                found.insert(0, Fault("over in time", stalled))
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
            campaign = open_monthly(session, self._begins, max_concurrent=10_000)
            plan_visits(session, campaign, self._begins)

    def _terms(self) -> Terms:
        return Terms(
            gateways=self.gateways,
            keepers=self.keepers,
            lives=self.lives,
            folder=self.folder,
            seed=self.seed,
            redis_url=self.redis.url if self.redis else "",
            sabotage=self.sabotage,
            seen=self.seen,
        )

    @property
    def _begins(self) -> datetime:
        broken = SABOTAGES.get(self.sabotage)
        return broken.begins or MORNING if broken else MORNING

    def _storm(self, ledger: Ledger, clock: TownClock, crew: Crew) -> bool:
        """Do harm until everything is over; False when patience ends first."""
        dice = random.Random(f"{self.seed}/storm")
        restarts_left, full, self._moved = self.restarts, 0.0, time.monotonic()
        while time.monotonic() < self._moved + self.patience_s:
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
            now = standing(session)
            late = lateness(session, self._paced or self._begins, clock.now())
        if now.progress != self._progress:
            self._progress, self._moved = now.progress, time.monotonic()
        if late is not None:
            clock.run_at(rate_after(clock.rate, late, self.rate))
            self._paced = clock.now()
        for campaign in now.paused:
            with ledger.session() as session:
                resume_campaign(session, campaign, now=clock.now(), actor="coordinator")
            self.seen["campaign paused and resumed by hand"] += 1
        if time.monotonic() >= self._told + TELL_EVERY_S:
            self._told = time.monotonic()
            self.tell(f"{clock.now():%d %H:%M:%S} in town, {clock.rate:.0f} times as fast: {now}")
        if not now.under_way and now.coming is not None and now.coming > clock.now() + timedelta(minutes=2):
            clock.leap((now.coming - clock.now()).total_seconds())
        return now.is_over

    def _deliver_the_rest(self, ledger: Ledger, clock: TownClock) -> None:
        """What the auditor wrote last, or a keeper was just sending when it was told to stop."""
        clock.leap(3600)
        notifier = FileNotifier(self.folder / "messages.jsonl", clock.now)
        Outbox(ledger, {"file": notifier}, load_policy().delivery, clock).drain()

    def _outcome(self, ledger: Ledger, found: list[Fault], calls: int, seconds: float) -> Outcome:
        with ledger.reading() as session:
            visits = session.scalar(select(func.count(Visit.id))) or 0
            cries = session.scalar(select(func.count()).where(WorkOrder.urgency == "emergency")) or 0
        return Outcome(found, seconds, visits, calls, cries, self.seen)
