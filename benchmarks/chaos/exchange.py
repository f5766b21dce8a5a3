"""The telephone exchange: outside of all workers, it keeps the journal that proves what was dialled when.

A worker's call is one connection: it ends when the worker hangs up, and also when the worker dies.
"""

from __future__ import annotations

import asyncio
import json
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from benchmarks.chaos.clock import TownClock
from benchmarks.chaos.fates import Fate, delay_of, plan_of
from campaigns.rehearsal import RehearsedCall, Talk
from ivr.clock import Clock
from ivr.lines import Call, CallNotConnectedError, Disposition


@dataclass(frozen=True, slots=True)
class Dialled:
    """One call as the exchange saw it."""

    reference: str
    number: str
    at: datetime
    """The true time in town."""


@dataclass
class Exchange:
    """Connects calls, and writes down every one of them before it answers."""

    seed: int
    clock: TownClock
    journal: list[Dialled] = field(default_factory=list)
    engaged: Counter[str] = field(default_factory=Counter)
    """Calls under way by number: a telephone that is in use is busy to everybody else."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ring(self, reference: str, number: str) -> dict[str, object]:
        """Write the call down, and say what the worker is to be told."""
        with self._lock:
            rung = sum(call.number == number for call in self.journal)
            self.journal.append(Dialled(reference, number, self.clock.now()))
            self.engaged[number] += 1
            busy = self.engaged[number] > 1
        return {"rung": rung, "busy": busy, "delay": delay_of(self.seed, number, rung)}

    def hang_up(self, number: str) -> None:
        """The call is over."""
        with self._lock:
            self.engaged[number] -= 1

    @contextmanager
    def listening(self, path: Path) -> Iterator[None]:
        """Take calls on a socket until the context is left."""
        exchange = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                asked = self.rfile.readline()
                if not asked.endswith(b"\n"):
                    return  # whoever wanted to ring died within the word
                call = json.loads(asked)
                reply = exchange.ring(call["reference"], call["number"])
                try:
                    if reply["delay"] is not None:
                        self.wfile.write(json.dumps(reply).encode() + b"\n")
                    self.rfile.read()
                except OSError:
                    pass  # killed while it was told
                finally:
                    exchange.hang_up(call["number"])

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True
            request_queue_size = 128

        with Server(str(path), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


@dataclass(slots=True)
class _WiredCall(RehearsedCall):
    wire: asyncio.StreamWriter | None = None

    async def hang_up(self) -> None:
        await RehearsedCall.hang_up(self)
        if self.wire is not None:
            self.wire.close()


class ExchangeLine:
    """The ``Line`` of a worker: rings through the exchange."""

    name = "exchange"

    def __init__(self, path: Path, seed: int, clock: Clock, fate: Fate | None) -> None:
        self._path = path
        self._seed = seed
        self._clock = clock
        self._fate = fate

    async def dial(self, number: str, *, reference: str, ring_seconds: float = 60.0) -> Call:
        """Ring. Raises CallNotConnectedError as planned; waits for ever for a reply that is lost."""
        reader, wire = await asyncio.open_unix_connection(str(self._path))
        try:
            wire.write(json.dumps({"reference": reference, "number": number}).encode() + b"\n")
            await wire.drain()
            if self._fate is not None:
                self._fate.dialled()
            told = json.loads(await reader.readline())
            plan = plan_of(self._seed, number)
            does = Disposition.BUSY if told["busy"] else plan[min(told["rung"], len(plan) - 1)]
            await self._clock.sleep(min(told["delay"], ring_seconds))
            if not isinstance(does, Talk):
                raise CallNotConnectedError(does, "chaos")  # noqa: TRY301 - the wire is let go of on the way
        except BaseException:
            wire.close()
            raise
        return _WiredCall(f"call-{reference}", does, wire=wire)
