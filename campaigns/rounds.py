"""A round of the sweeper: bring back what was abandoned, end what is over, show a sign of life."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.orm import Session

from campaigns.absences import bring_back, returning
from campaigns.desk import Desk, problem_of, settled
from campaigns.policies import put_in_force, versions_due
from campaigns.recovery import lapsed_visits, recover
from campaigns.sweeper import expire, expired_visits, tidy_up
from records.audit import beat

COMPONENT = "dialer"
"""Name of the heartbeat that health checks watch."""
BEAT_EVERY_S = 120.0
"""Seconds between two signs of life of a dialer that has nothing to do."""

log = structlog.get_logger(__name__)


async def sweep(desk: Desk, *, mine: Collection[int]) -> list[int]:
    """Go over the ledger once; visits in ``mine`` are being called by this process and left alone.

    What goes wrong with one visit does not keep the others waiting; returns the ids of those that went wrong.
    Raises LedgerError when the ledger is out of reach.
    """
    now = desk.clock.now()
    await _put_policies_in_force(desk, now)
    await _bring_back(desk, now)
    await desk.write(partial(_tidy_and_beat, now=now, calls=len(mine)))
    aftercare = desk.aftercare
    abandoned = [each for each in await desk.read(partial(lapsed_visits, now=now)) if each not in mine]
    over = await desk.read(partial(expired_visits, now=now))
    tasks: list[tuple[int, Callable[[Session], object]]] = [
        *((each, partial(recover, visit_id=each, aftercare=aftercare, now=now)) for each in abandoned),
        *((each, partial(expire, visit_id=each, aftercare=aftercare, now=now)) for each in over),
    ]
    return [visit_id for visit_id, work in tasks if not await _is_put_in_order(desk, visit_id, work)]


async def _bring_back(desk: Desk, now: datetime) -> None:
    """Let those be called again whose absence is over; trouble with one keeps nobody else waiting."""
    for elder_id in await desk.read(partial(returning, now=now)):
        back = await settled(desk.write(partial(bring_back, elder_id=elder_id, now=now)))
        error = back.exception()
        if error is not None:
            log.error("an elder could not be brought back", elder=elder_id, problem=problem_of(error))


async def _put_policies_in_force(desk: Desk, now: datetime) -> None:
    """Let policies whose day has come say who belongs to which tier."""
    if not await desk.read(partial(versions_due, now=now)):
        return
    error = (await settled(desk.write(partial(put_in_force, now=now, actor=COMPONENT)))).exception()
    if error is not None:
        log.error("a policy could not be put in force", problem=problem_of(error))


async def _is_put_in_order(desk: Desk, visit_id: int, work: Callable[[Session], object]) -> bool:
    error = (await settled(desk.write(work))).exception()
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


def _tidy_and_beat(session: Session, *, now: datetime, calls: int) -> None:
    tidy_up(session, now)
    beat(session, COMPONENT, now, calls=calls)
