"""The dialer: claims what is due and calls, several at once, until it is told to stop or nothing is open."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from campaigns.aftercare import Aftercare
from campaigns.breaker import Breaker
from campaigns.calls import Handled, make_call
from campaigns.claims import Lease, LeaseLostError, claim_due, reclaim_all
from campaigns.desk import Converse, Desk, DialerOptions, problem_of, settled
from campaigns.opening import pause_campaign
from campaigns.outlook import next_moment, nothing_to_call
from campaigns.pacing import Pace
from campaigns.progress import ProgressEvent
from campaigns.rounds import pass_time, sweep
from campaigns.settling import ACTOR
from campaigns.sharing import claimants, share_out
from ivr.clock import Clock
from ivr.lines import Line
from records.sessions import Ledger, LedgerError

__all__ = ["Converse", "Dialer", "DialerOptions", "new_owner"]

log = structlog.get_logger(__name__)

LEDGER_PATIENCE = 20
"""Rounds in a row that the ledger may fail before the dialer gives up."""
ENGINES_S = 1.0
"""How often it is asked whether the engines keep up with another call."""
VAIN_SWEEPS = 3
"""Sweeps failing on a visit before ``until_idle`` waits for it no longer; an auditor still sees it."""
_LEDGER_THREADS = {"sqlite": 1}
"""SQLite lets one writer in at a time and others wait in ever longer naps: better they queue here."""
_USUAL_LEDGER_THREADS = 4


def new_owner() -> str:
    """A name for this process that no earlier or other process has."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"


class Dialer:
    """Calls the elders of all running campaigns.

    ``owner`` is unique to this process and start (``new_owner``). ``line`` and ``converse`` are injected, and
    so is ``aftercare``, which is told within the transactions that record flags and outcomes.
    """

    def __init__(
        self,
        ledger: Ledger,
        line: Line,
        converse: Converse,
        clock: Clock,
        aftercare: Aftercare,
        *,
        owner: str,
        recordings_dir: Path,
        options: DialerOptions,
    ) -> None:
        threads = _LEDGER_THREADS.get(ledger.engine.dialect.name, _USUAL_LEDGER_THREADS)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="ledger")
        self._desk = Desk(
            ledger=ledger,
            clock=clock,
            aftercare=aftercare,
            executor=self._executor,
            line=line,
            converse=converse,
            recordings_dir=recordings_dir,
            options=options,
            spool=options.spool,
        )
        self._owner = owner
        self._breaker = Breaker(options.most_failures)
        self._pace = Pace(options.calls_per_second)
        self._calls: dict[asyncio.Task[Handled], Lease] = {}
        self._held_back = False  # whether there are lines for more calls than the engines keep up with
        self._swept_at: datetime | None = None
        self._vain: Counter[int] = Counter()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._halt = asyncio.Event()
        self._nudged = asyncio.Event()
        self._finished = asyncio.Event()

    @property
    def calls_under_way(self) -> int:
        """How many elders are being called right now."""
        return len(self._calls)

    def nudge(self) -> None:
        """Look at the ledger at once; may be called from any thread. A lost nudge only costs time."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._nudged.set)

    async def stop(self, grace_seconds: float | None = None) -> None:
        """Place no more calls, let those under way come to their end, and end those that do not.

        ``grace_seconds`` overrides the option of that name. Returns when ``run`` is over.
        """
        self._stopping.set()
        grace = self._desk.options.grace_seconds if grace_seconds is None else grace_seconds
        if self._loop is not None:
            await asyncio.wait({asyncio.ensure_future(self._finished.wait())}, timeout=grace)
            self._halt.set()
            await self._finished.wait()

    async def run(self, *, until_idle: bool = False) -> None:
        """Call until ``stop``; with ``until_idle``, until no running campaign has an open telephone visit.

        A dialer runs once. Raises LedgerError when the ledger stays out of reach.
        """
        self._loop = asyncio.get_running_loop()
        try:
            if self._desk.options.take_over:
                await self._desk.write(partial(reclaim_all, now=self._desk.clock.now()))
            await self._work(until_idle=until_idle)
        finally:
            await self._end_calls()
            self._finished.set()
            self._executor.shutdown(wait=False)

    async def _work(self, *, until_idle: bool) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._nudged.clear()
            try:
                await self._round()
                if until_idle and not self._calls and await self._nothing_to_call():
                    return
                seconds = await self._seconds_to_wait(until_idle=until_idle)
                failures = 0
            except LedgerError as error:
                failures += 1
                if failures >= LEDGER_PATIENCE:
                    raise
                log.warning("the dialer waits for the ledger", problem=str(error))
                seconds = self._desk.options.poll_seconds
            await self._wait(seconds)

    @property
    def _mine(self) -> set[int]:
        """The visits being called."""
        return {lease.visit_id for lease in self._calls.values()}

    @property
    def _hopeless(self) -> set[int]:
        """The visits that cannot be put in order here, so that waiting for them would have no end."""
        return {visit_id for visit_id, times in self._vain.items() if times >= VAIN_SWEEPS}

    async def _nothing_to_call(self) -> bool:
        return await self._desk.read(partial(nothing_to_call, hopeless=self._hopeless))

    async def _round(self) -> None:
        now = self._desk.clock.now()
        every = timedelta(seconds=self._desk.options.sweep_seconds)
        if self._swept_at is None or now >= self._swept_at + every:
            self._vain.update(await sweep(self._desk, mine=self._mine))
            self._swept_at = now
        await self._start_calls()

    async def _start_calls(self) -> None:
        """Fill the free lines; what one campaign leaves of its share goes to the others."""
        waiting = await self._desk.read(partial(claimants, now=self._desk.clock.now()))
        while waiting and (room := self._free_lines()) > 0 and not self._stopping.is_set():
            shares = share_out(room, waiting)
            still = {each.campaign_id: each for each in waiting}
            for campaign_id, lines in shares.items():
                begun = await self._begin(campaign_id, lines)
                if begun < lines or self._stopping.is_set():
                    del still[campaign_id]  # nothing more is due there, or its own limits are reached
                else:
                    one = still[campaign_id]
                    still[campaign_id] = replace(one, under_way=one.under_way + begun)
            waiting = list(still.values())

    def _free_lines(self) -> int:
        """How many more calls there are lines for, and engines that keep up with them."""
        options, calls = self._desk.options, len(self._calls)
        lines = options.max_calls - calls
        engines = lines if options.keeps_up is None or lines <= 0 else options.keeps_up(calls)
        self._held_back = engines < lines
        return min(lines, engines, self._pace.room(self._desk.clock.now()))

    async def _begin(self, campaign_id: int, lines: int) -> int:
        """Claim up to so many visits and call; how many there were."""
        claiming = partial(
            claim_due, campaign_id=campaign_id, owner=self._owner, now=self._desk.clock.now(), limit=lines
        )
        leases = await self._desk.write(claiming)
        self._pace.begun(len(leases), self._desk.clock.now())
        for lease in leases:
            task = asyncio.create_task(make_call(self._desk, lease, self._halt))
            self._calls[task] = lease
        return len(leases)

    async def _seconds_to_wait(self, *, until_idle: bool) -> float:
        """Until something is due; not so long that what others write would go unseen."""
        options = self._desk.options
        now = self._desk.clock.now()
        coming = await self._desk.read(partial(next_moment, now=now, mine=self._mine | self._hopeless))
        paced = self._pace.seconds_until_room(now)
        if paced > 0 and coming is not None and coming <= now and len(self._calls) < options.max_calls:
            return paced
        if self._held_back and coming is not None and coming <= now:
            return ENGINES_S
        seconds = (coming - now).total_seconds() if coming is not None else 0.0
        if until_idle:
            # Nobody else is expected to write: with calls under way their ends wake us anyway.
            return seconds if seconds > 0 else options.sweep_seconds
        return min(seconds, options.poll_seconds) if seconds > 0 else options.poll_seconds

    async def _wait(self, seconds: float) -> None:
        """Until a call is over, something is nudged or stopped, or the time has passed."""
        waiting = {
            asyncio.ensure_future(pass_time(self._desk, seconds, calls=len(self._calls))),
            asyncio.ensure_future(self._stopping.wait()),
            asyncio.ensure_future(self._nudged.wait()),
        }
        try:
            await asyncio.wait({*waiting, *self._calls}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
        await self._collect()

    async def _collect(self) -> None:
        """Take note of the calls that are over."""
        for task in [task for task in self._calls if task.done()]:
            lease = self._calls.pop(task)
            if task.cancelled():
                continue
            error = task.exception()
            trouble = problem_of(error) if error is not None else task.result().trouble
            if error is not None:
                log.error("a visit could not be called", visit=lease.visit_id, problem=trouble)
            if isinstance(error, LeaseLostError | LedgerError):
                continue  # the ledger's trouble, not the line's: no reason to pause a campaign
            reason = self._breaker.note(lease.campaign_id, trouble)
            if reason:
                await self._pause(lease.campaign_id, reason)

    async def _pause(self, campaign_id: int, reason: str) -> None:
        now = self._desk.clock.now()
        log.error("calls fail on our side", campaign=campaign_id, reason=reason)
        pausing = partial(pause_campaign, campaign_id=campaign_id, reason=reason, now=now, actor=ACTOR)
        paused = await settled(self._desk.write(pausing))
        error = paused.exception()
        if error is not None:
            log.error("a campaign could not be paused", campaign=campaign_id, problem=problem_of(error))
        elif paused.result():
            self._desk.emit(ProgressEvent(now, campaign_id, "campaign_paused", reason=reason))

    async def _end_calls(self) -> None:
        """Wait for the calls under way; ``stop`` or the end of this task ends those that take too long."""
        if not self._stopping.is_set():
            # Not asked to stop: nothing is under way, or the dialer itself fails and leaves no call behind.
            self._halt.set()
        while self._calls:
            await asyncio.wait(self._calls)
            await self._collect()
