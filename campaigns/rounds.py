"""A round of the sweeper: bring back what was abandoned, end what is over, show a sign of life."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.orm import Session

from campaigns.absences import bring_back, returning
from campaigns.desk import Books, Desk, problem_of, settled
from campaigns.policies import put_in_force, versions_due
from campaigns.recovery import lapsed_visits, recover
from campaigns.sweeper import expire, expired_visits, tidy_up
from records.audit import beat

COMPONENT = "dialer"
"""Name of the heartbeat that health checks watch."""
BEAT_EVERY_S = 120.0
"""Seconds between two signs of life of a dialer that has nothing to do."""

log = structlog.get_logger(__name__)


async def sweep(books: Books, *, mine: Collection[int] = (), component: str = COMPONENT) -> list[int]:
    """Go over the ledger once; visits in ``mine`` are being called by this process and left alone.

    Any number of processes may sweep the same ledger; ``component`` is the name of this one's heartbeat.
    What goes wrong with one visit does not keep the others waiting; returns the ids of those that went wrong.
    Raises LedgerError when the ledger is out of reach.
    """
    now = books.clock.now()
    await _put_policies_in_force(books, now)
    await _bring_back(books, now)
    await books.write(partial(_tidy_and_beat, component=component, now=now, calls=len(mine)))
    aftercare = books.aftercare
    abandoned = [each for each in await books.read(partial(lapsed_visits, now=now)) if each not in mine]
    over = await books.read(partial(expired_visits, now=now))
    tasks: list[tuple[int, Callable[[Session], object]]] = [
        *((each, partial(recover, visit_id=each, aftercare=aftercare, now=now)) for each in abandoned),
        *((each, partial(expire, visit_id=each, aftercare=aftercare, now=now)) for each in over),
    ]
    return [visit_id for visit_id, work in tasks if not await _is_put_in_order(books, visit_id, work)]


async def _bring_back(books: Books, now: datetime) -> None:
    """Let those be called again whose absence is over; trouble with one keeps nobody else waiting."""
    for elder_id in await books.read(partial(returning, now=now)):
        back = await settled(books.write(partial(bring_back, elder_id=elder_id, now=now)))
        error = back.exception()
        if error is not None:
            log.error("an elder could not be brought back", elder=elder_id, problem=problem_of(error))


async def _put_policies_in_force(books: Books, now: datetime) -> None:
    """Let policies whose day has come say who belongs to which tier."""
    if not await books.read(partial(versions_due, now=now)):
        return
    error = (await settled(books.write(partial(put_in_force, now=now, actor=COMPONENT)))).exception()
    if error is not None:
        log.error("a policy could not be put in force", problem=problem_of(error))


async def _is_put_in_order(books: Books, visit_id: int, work: Callable[[Session], object]) -> bool:
    error = (await settled(books.write(work))).exception()
    if error is not None:
        log.error("a visit could not be put in order", visit=visit_id, problem=problem_of(error))
    return error is None


async def pass_time(desk: Desk, seconds: float, *, calls: int) -> None:
    """Let time pass, with a sign of life now and then however long it is."""
    while seconds > BEAT_EVERY_S:
        await desk.clock.sleep(BEAT_EVERY_S)
        seconds -= BEAT_EVERY_S
        await settled(desk.write(partial(beat, component=COMPONENT, at=desk.clock.now(), calls=calls)))
    await desk.clock.sleep(seconds)


def _tidy_and_beat(session: Session, *, component: str, now: datetime, calls: int) -> None:
    tidy_up(session, now)
    beat(session, component, now, calls=calls)
