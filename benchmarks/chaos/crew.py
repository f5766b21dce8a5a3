"""The worker processes of a run: born, killed by their fate, frozen, misled, and born again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from benchmarks.chaos.clock import TownClock
from benchmarks.chaos.fates import Fate
from benchmarks.chaos.worker import Life, live

MISLED_S = 150.0
"""By how much a worker's clock may be wrong: more than a lease lasts."""


@dataclass(frozen=True)
class Terms:
    """Who works, where, and how often each is killed."""

    gateways: int
    keepers: int
    lives: int
    folder: Path
    seed: int
    redis_url: str
    sabotage: str
    seen: Counter[str] = field(default_factory=Counter)
    """How often each kind of harm was done: counted on."""


class Crew:
    """The worker processes of a run."""

    def __init__(self, terms: Terms, context: ForkServerContext, url: str, clock: TownClock) -> None:
        self._terms = terms
        self._context = context
        self._url = url
        self._clock = clock
        names = [f"gateway-{each}" for each in range(terms.gateways)]
        names += [f"keeper-{each}" for each in range(terms.keepers)]
        self._lived = dict.fromkeys(names, 0)
        self._skews: dict[str, Any] = {name: context.RawValue("d", 0.0) for name in names}
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
                self._terms.seen[f"{name.split('-')[0]} {how}"] += 1
            self._frozen.pop(name, None)
            mortal = lived < self._terms.lives
            life = Life(
                role=name.split("-", maxsplit=1)[0],
                url=self._url,
                folder=self._terms.folder,
                seed=self._terms.seed,
                clock=self._clock.with_skew(self._skews[name]),
                fate=Fate.of(self._terms.seed, name, lived) if mortal else None,
                redis_url=self._terms.redis_url,
                sabotage=self._terms.sabotage,
            )
            self._lived[name] = lived + 1
            born = self._context.Process(target=live, args=(life,), name=name, daemon=True)
            born.start()
            self._running[name] = born

    def mislead(self, dice: random.Random) -> None:
        """Set one worker's clock to another wrong time."""
        name = dice.choice(sorted(self._skews))
        self._skews[name].value = dice.uniform(-MISLED_S, MISLED_S)
        self._terms.seen["clock jumped"] += 1

    def freeze_one(self, dice: random.Random) -> None:
        """Stop one worker in the middle of whatever it does, for longer than its leases last."""
        name = dice.choice(sorted(self._running))
        if name not in self._frozen:
            self._signal(name, signal.SIGSTOP)
            self._frozen[name] = time.monotonic() + dice.uniform(120.0, 240.0) / self._clock.rate
            self._terms.seen["worker frozen"] += 1

    def _signal(self, name: str, number: int) -> None:
        process = self._running[name]
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, number)
