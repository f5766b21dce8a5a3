"""Ordering calls: each in its turn, none twice, whatever Twilio answers or fails to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

import structlog

from ivr.clock import Clock
from ivr.lines import CallNotConnectedError, Disposition
from ivr.lines.twilio.account import Account, CallOrder, Found, RefusedError, UnansweredError
from ivr.lines.twilio.causes import OF_ERROR, WORTH_WAITING, words_for
from ivr.lines.twilio.frames import StartGate
from ivr.lines.twilio.ringing import Ringing

T = TypeVar("T")
log = structlog.get_logger(__name__)

REFUSAL_PATIENCE_S = 30.0
"""How long a call waits its turn at an account that is at its limits: that costs nobody an attempt."""
LOOK_AGAIN_S = (1.0, 3.0, 6.0)
"""When to look whether a call was placed whose order Twilio did not answer."""
CLOCKS_APART = timedelta(minutes=1)
"""How far Twilio's clock and ours may differ. The same number is not rung twice within two minutes."""
_TOO_MANY = 429


class Request(Protocol):
    """Does something that blocks in a thread."""

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]:
        """Raises what ``work`` raises."""


class Placing:
    """Orders calls of one account."""

    def __init__(
        self,
        account: Account,
        request: Request,
        clock: Clock,
        *,
        calls_per_second: float,
        send_off: Callable[[str], None],
        is_known: Callable[[str], bool],
    ) -> None:
        """``send_off`` ends the call with a SID; ``is_known`` tells SIDs of other calls of ours."""
        self._account = account
        self._request = request
        self._clock = clock
        self._gate = StartGate(calls_per_second)
        self._send_off = send_off
        self._is_known = is_known

    async def place(self, order: CallOrder, ringing: Ringing) -> str:
        """Order the call when its turn has come; returns its SID. Raises CallNotConnectedError."""
        loop = asyncio.get_running_loop()
        patient_until = loop.time() + REFUSAL_PATIENCE_S
        pause = 1.0
        while True:
            await asyncio.sleep(self._gate.wait_before(loop.time()))
            since = self._clock.now() - CLOCKS_APART
            try:
                return await self._order(order)
            except RefusedError as refused:
                if not _crowded(refused) or loop.time() + pause > patient_until:
                    raise CallNotConnectedError(_disposition(refused), why_refused(refused)) from refused
                await asyncio.sleep(pause)
                pause *= 2
            except UnansweredError as error:
                log.warning("an order was not answered", reference=order.reference, why=str(error))
                ringing.settle()
                if sid := await self._find(order, ringing, since):
                    return sid
                # Not ordered again: should it come to ring all the same, its callback has it ended, and the
                # next attempt is the dialer's, minutes from now.
                raise CallNotConnectedError(
                    Disposition.FAILED, f"Twilio did not answer ({error}) and knows of no such call"
                ) from error

    async def _order(self, order: CallOrder) -> str:
        placing = asyncio.ensure_future(self._request(partial(self._account.place, order)))
        try:
            # Shielded: a call that was ordered while we were told to stop must not ring unowned.
            return await asyncio.shield(placing)
        except asyncio.CancelledError:
            placing.add_done_callback(self._send_off_placed)
            raise

    async def _find(self, order: CallOrder, ringing: Ringing, since: datetime) -> str:
        """The SID of a call whose order was not answered, empty when there is none."""
        for pause in LOOK_AGAIN_S:
            await asyncio.sleep(pause)
            if ringing.progress.sid:
                break
            try:
                listed = await self._request(partial(self._account.calls_to, order.to))
            except (RefusedError, UnansweredError) as error:
                log.warning("calls could not be listed", why=str(error))
                continue
            ours = self._placed_since(listed, since)
            for other in ours[1:]:
                self._send_off(other.sid)
            if ours:
                return ours[0].sid
        return ringing.progress.sid

    def _placed_since(self, listed: Sequence[Found], since: datetime) -> list[Found]:
        """Those that must be ours: no other call to this number is under way. The newest first."""
        return [
            each
            for each in listed
            if not self._is_known(each.sid) and each.created_at is not None and each.created_at >= since
        ]

    def _send_off_placed(self, placing: asyncio.Future[str]) -> None:
        if not placing.cancelled() and placing.exception() is None:
            self._send_off(placing.result())


def why_refused(refused: RefusedError) -> str:
    """A refusal in our words."""
    return words_for("", None, refused.code) if refused.code else f"refused with HTTP {refused.status}"


def _crowded(refused: RefusedError) -> bool:
    return refused.code in WORTH_WAITING or refused.status == _TOO_MANY


def _disposition(refused: RefusedError) -> Disposition:
    known = OF_ERROR.get(refused.code)
    return known.disposition if known else Disposition.FAILED
