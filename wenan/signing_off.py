"""The farewell of a process's parts: said when it is stopped as it should be, never when something fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from types import TracebackType

import structlog

from campaigns.rounds import COMPONENT as DIALER
from escalation.auditor import COMPONENT as AUDITOR
from escalation.climber import COMPONENT as LADDERS
from escalation.outbox import COMPONENT as OUTBOX
from escalation.retention import COMPONENT as RETENTION
from ivr.clock import Clock
from records.errors import LedgerError
from records.farewells import retire, sign_off
from records.sessions import Ledger
from wenan.roles import Role
from wenan.round_keeping import COMPONENT as ROUNDS
from wenan.upkeep import SWEEPER

log = structlog.get_logger(__name__)

Exit = Callable[[type[BaseException] | None, BaseException | None, TracebackType | None], Awaitable[None]]


def parts_of(roles: Collection[Role], *, calls: bool) -> tuple[str, ...]:
    """The names under which a process of these roles beats; ``calls``: whether it dials."""
    kept = (OUTBOX, LADDERS, AUDITOR, ROUNDS, RETENTION)
    keeping = (*kept, *(() if calls else (SWEEPER,))) if Role.KEEPER in roles else ()
    return (*keeping, *((DIALER,) if calls else ()))


def farewell_at_exit(ledger: Ledger, clock: Clock, parts: Collection[str]) -> Exit:
    """What an exit stack calls last, after everything that beats has ended."""

    def say() -> None:
        with ledger.session() as session:
            sign_off(session, parts, clock.now())

    async def leave(
        failed: type[BaseException] | None,
        error: BaseException | None,  # noqa: ARG001 - an exit stack's signature
        trace: TracebackType | None,  # noqa: ARG001 - an exit stack's signature
    ) -> None:
        if failed is not None:
            return
        try:
            await asyncio.to_thread(say)
        except LedgerError as problem:
            log.warning("no farewell could be said", parts=list(parts), problem=str(problem))

    return leave


def retire_unused(ledger: Ledger, at: datetime) -> None:
    """Have nobody miss what a demonstration does not run: it has one round, and keeps everything."""
    with ledger.session() as session:
        for part in (ROUNDS, RETENTION):
            retire(session, part, at=at, actor="demo", reason="not part of a demonstration")
