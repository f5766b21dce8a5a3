"""What Twilio is asked to do with a call that stands; that it may refuse or not answer is no error here."""

from __future__ import annotations

from functools import partial

import structlog

from ivr.lines.twilio.account import Account, RefusedError, UnansweredError
from ivr.lines.twilio.placing import Request, why_refused

log = structlog.get_logger(__name__)


async def end(account: Account, request: Request, sid: str) -> None:
    """Have a call ended; what Twilio does not do now, its own time limit does."""
    try:
        await request(partial(account.end, sid))
    except (RefusedError, UnansweredError) as error:
        log.warning("a call could not be ended", sid=sid, why=str(error))


async def lead(account: Account, request: Request, sid: str, room: str) -> bool:
    """Have a call led into a room; False when Twilio refuses. Without an answer it may have been done."""
    try:
        await request(partial(account.lead, sid, room))
    except RefusedError as refused:
        log.warning("a call could not be led on", sid=sid, why=why_refused(refused))
        return False
    except UnansweredError as error:
        log.warning("whether a call was led on is not known", sid=sid, why=str(error))
    return True
