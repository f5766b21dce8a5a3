"""Handing calls over by REFER (RFC 3515): what is sent, what the reports mean, and how to go on without it.

RFC 5589: attended transfers name the other call in a Replaces header (RFC 3891), blind ones a number.
"""

from __future__ import annotations

import asyncio

import structlog

from ivr.lines import Disposition
from ivr.lines.dialplan import BadNumberError
from ivr.lines.handing_over import Referred
from ivr.lines.sip.causes import not_connected
from ivr.lines.sip.settings import SipSettings
from ivr.lines.sip.stack import NativeCall, address_of

log = structlog.get_logger(__name__)

HAND_OVER_S = 8.0
"""How long the network may take to connect two who have answered already: both hear nothing meanwhile."""
REPORT_S = 5.0
"""How much longer than the ringing the report of a blind transfer may take."""
_RESUME_AGAIN_S = (0.2, 0.5, 1.0, 2.0)
"""When to try again to take a call off hold, while the stack is still negotiating."""
_NOT_REACHED = frozenset({Disposition.BUSY, Disposition.NO_ANSWER})


async def hand_over(elder: NativeCall, worker: NativeCall, errors: type[Exception]) -> bool:
    """Connect the far ends of two calls; True when they are. Else both are taken off hold again."""
    try:
        await elder.attended_transfer(worker, timeout=HAND_OVER_S)
    except errors as error:
        log.warning("a call could not be handed over", sip_call_id=elder.call_id, why=_why(error))
        await asyncio.gather(*(_resume(each, errors) for each in (elder, worker)))
        return False
    return True


async def refer(
    native: NativeCall, number: str, settings: SipSettings, errors: type[Exception], *, ring_seconds: float
) -> Referred:
    """Send the far end to a number, and wait for the report of what came of it."""
    try:
        user = settings.dial_plan.dialled(number).user
        await native.transfer(address_of(user, settings), timeout=ring_seconds + REPORT_S)
    except BadNumberError:
        return Referred.NOT_REACHED
    except (errors, ValueError) as error:
        log.warning("a call could not be referred", sip_call_id=native.call_id, why=_why(error))
        return meaning(getattr(error, "status", None))
    return Referred.CONNECTED


def meaning(status: int | None) -> Referred:
    """What a failed REFER means by the status reported; None: there was none.

    A status that says that the person is busy or does not answer comes from there; all others, a refusal
    too, may be the exchange's own, which does not refer at all.
    """
    reached = not_connected(f"{status} ") in _NOT_REACHED if status is not None else False
    return Referred.NOT_REACHED if reached else Referred.IMPOSSIBLE


async def _resume(native: NativeCall, errors: type[Exception]) -> None:
    """Let a call be heard again; one that is gone stays so."""
    for pause in (*_RESUME_AGAIN_S, None):
        if native.state.name == "CLOSED":
            return
        try:
            await native.resume()
        except errors as error:
            if pause is None:
                log.warning("a call stays on hold", sip_call_id=native.call_id, why=_why(error))
            else:
                await asyncio.sleep(pause)
        else:
            return


def _why(error: Exception) -> str:
    """The status, or else the error's name: its message may hold a number."""
    status = getattr(error, "status", None)
    return str(status or type(error).__name__)
