"""Dialling and talking, watched over: whatever happens to the call, a report comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from campaigns.attempts import Ready, mark_answered
from campaigns.claims import LEASE, Lease, LeaseLostError, renew
from campaigns.desk import Desk, problem_of, settled
from campaigns.history import INTERRUPTED
from campaigns.observing import LedgerObserver
from campaigns.progress import CallState
from ivr.lines import CallNotConnectedError, Disposition
from ivr.report import CallReport, FlagRaised, TurnTaken
from records.sessions import LedgerError

log = structlog.get_logger(__name__)

Tell = Callable[[CallState, str], None]
"""Told the state of the call and, with ``question``, which one was answered."""

STUCK_AFTER_S = 120.0
"""How much longer than ringing and talking may take a call is waited for."""
LEASE_LOST = "lease lost"
"""Why a call was broken off whose visit another process has taken over."""
LEAVE_S = 10.0
"""How long a call that is being ended may take to let go of the line."""


@dataclass(frozen=True, slots=True)
class _Told:
    """Passes on to the ledger what happens in the call, and then to the display."""

    observer: LedgerObserver
    tell: Tell

    def turn_taken(self, turn: TurnTaken, state: Mapping[str, Any]) -> None:
        self.observer.turn_taken(turn, state)
        self.tell("question", turn.question)

    def flag_raised(self, flag: FlagRaised) -> None:
        self.observer.flag_raised(flag)


async def hold_call(
    desk: Desk, ready: Ready, observer: LedgerObserver, *, halt: asyncio.Event, tell: Tell
) -> CallReport:
    """Dial, talk, and come back with a report.

    The call is ended from here when ``halt`` is set, when another process takes over the visit, and when it
    goes on far longer than a call may. Such a call, and one that an unforeseen error ended, is reported as
    failed with a cause that begins with ``interrupted``.
    """
    call = asyncio.create_task(_dial_and_talk(desk, ready, _Told(observer, tell)))
    lease = asyncio.create_task(_keep_lease(desk, ready.lease))
    halted = asyncio.create_task(halt.wait())
    limit = desk.options.ring_seconds + desk.options.call_seconds + STUCK_AFTER_S
    try:
        await asyncio.wait({call, lease, halted}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        why = "stopped" if halted.done() else LEASE_LOST if lease.done() else "no end"
        if not call.done():
            call.cancel()
            await asyncio.wait({call}, timeout=LEAVE_S)
    finally:
        for task in (call, lease, halted):
            task.cancel()
    if lease.done() and not lease.cancelled():
        lease.exception()  # Looked at, so that the loop does not report it as forgotten.
    return _report_of(call, why, ready)


def _report_of(call: asyncio.Task[CallReport], why: str, ready: Ready) -> CallReport:
    """The call's own report if it has one, else that our side broke it off and why."""
    if call.done() and not call.cancelled():
        error = call.exception()
        if error is None:
            return call.result()
        why = LEASE_LOST if isinstance(error, LeaseLostError) else problem_of(error)
    log.error("a call was broken off", attempt=ready.attempt_id, why=why)
    return CallReport(Disposition.FAILED, None, cause=f"{INTERRUPTED}: {why}")


async def _dial_and_talk(desk: Desk, ready: Ready, told: _Told) -> CallReport:
    try:
        call = await desk.line.dial(
            ready.phone_number, reference=ready.reference, ring_seconds=desk.options.ring_seconds
        )
    except CallNotConnectedError as failure:
        return CallReport(failure.disposition, None, cause=failure.cause)
    told.tell("talking", "")
    answered = partial(
        mark_answered, ready=ready, provider_call_id=call.provider_call_id, now=desk.clock.now()
    )
    noting = asyncio.create_task(settled(desk.write(answered)))
    try:
        converse = (
            desk.converse
            if desk.options.converse_in is None
            else desk.options.converse_in(ready.lease.visit_id)
        )
        return await converse(call, state=ready.state, script=ready.script, observer=told)
    finally:
        await call.hang_up()
        await noting


async def _keep_lease(desk: Desk, lease: Lease) -> None:
    """Renew the lease until cancelled; ends with LeaseLostError when somebody has taken over the visit."""
    while True:
        await desk.clock.sleep(LEASE.total_seconds() / 3)
        try:
            await desk.write(partial(renew, lease=lease, now=desk.clock.now()))
        except LedgerError as error:
            log.warning("a lease could not be renewed", visit=lease.visit_id, problem=str(error))
