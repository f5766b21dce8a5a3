"""The telephone exchange: outside of all workers, it keeps the journal that proves what was dialled when.

A worker's call is one connection: it ends when the worker hangs up, and also when the worker dies.
"""

from __future__ import annotations

import asyncio
import json
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.chaos.clock import TownClock
from benchmarks.chaos.fates import Fate, Report, delay_of, plan_of, reports_of
from campaigns.rehearsal import RehearsedCall, Talk
from ivr.clock import Clock
from ivr.lines import Call, CallNotConnectedError, Disposition
from ivr.lines.twilio.news import CallNews, Progress
from records.provider_events import store_event
from records.sessions import Ledger, LedgerError
from web.twilio_door import event_of

ENDS: dict[Disposition, str] = {
    Disposition.BUSY: "busy",
    Disposition.NO_ANSWER: "no-answer",
    Disposition.INVALID_NUMBER: "failed",
}
"""The provider's words for calls that nobody answers."""
PATIENCE_S = 5.0
"""Seconds after the last report until the exchange is asked."""


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

    def __init__(self, path: Path, seed: int, clock: Clock, fate: Fate | None, ledger: Ledger) -> None:
        self._path = path
        self._ledger = ledger
        self._late: list[asyncio.Future[None]] = []
        self._seed = seed
        self._clock = clock
        self._fate = fate

    async def dial(self, number: str, *, reference: str, ring_seconds: float = 60.0) -> Call:  # noqa: ARG002 - the plan says how long it rings
        """Ring. Raises CallNotConnectedError as planned; waits for ever for a reply that is lost.

        What comes of the call is known by the provider's reports, folded as the product folds them; when the
        one that tells does not come, the exchange is asked.
        """
        reader, wire = await asyncio.open_unix_connection(str(self._path))
        try:
            wire.write(json.dumps({"reference": reference, "number": number}).encode() + b"\n")
            await wire.drain()
            if self._fate is not None:
                self._fate.dialled()
            told = json.loads(await reader.readline())
            plan = plan_of(self._seed, number)
            does = Disposition.BUSY if told["busy"] else plan[min(told["rung"], len(plan) - 1)]
            known = await self._follow(
                reference, told, "in-progress" if isinstance(does, Talk) else ENDS[does]
            )
            if known.over or not isinstance(does, Talk):
                came_to = next((each for each, status in ENDS.items() if status == known.status), None)
                raise CallNotConnectedError(came_to or Disposition.FAILED, "chaos")  # noqa: TRY301 - lets go of the wire
        except BaseException:
            wire.close()
            raise
        return _WiredCall(f"call-{reference}", does, wire=wire)

    async def _follow(self, reference: str, told: Mapping[str, Any], ends: str) -> Progress:
        """What is known of a call once it is known what came of it."""
        known, waited = Progress(), 0.0
        reports = reports_of(self._seed, reference, told["rung"], ends, told["delay"])
        for place, report in enumerate(reports):
            await self._clock.sleep(report.after_s - waited)
            waited = report.after_s
            known = known.with_news(await self._keep(reference, report))
            if known.over or known.status == "in-progress":
                self._late = [
                    *self._late,
                    asyncio.ensure_future(self._keep_late(reference, reports[place + 1 :])),
                ]
                return known
        await self._clock.sleep(PATIENCE_S)
        return known.with_news(await self._keep(reference, Report(0.0, ends, f"asked:{reference}:{ends}")))

    async def _keep_late(self, reference: str, reports: Sequence[Report]) -> None:
        for report in reports:
            await self._keep(reference, report)

    async def _keep(self, reference: str, report: Report) -> CallNews:
        """Put a report on record as the webhook does: what is there already is not kept twice."""
        news = CallNews(f"call-{reference}", reference, report.status)
        await asyncio.to_thread(self._store, news, report.token)
        return news

    def _store(self, news: CallNews, token: str) -> None:
        with suppress(LedgerError), self._ledger.session() as session:
            store_event(session, event_of(news, token=token, at=self._clock.now()))
