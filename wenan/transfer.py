"""Putting elders through to whoever is on duty: the switchboard, and the dialer's calls that know of it."""

from __future__ import annotations

from collections.abc import Coroutine
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import select

from campaigns.desk import Converse, DialerOptions
from escalation.asking import FIELD_ROLES
from escalation.rules import Rules
from escalation.switchboard import Switchboard
from ivr.bridge import LONGEST_TRANSFER_S
from ivr.call import Senses
from ivr.clock import Clock
from ivr.lines import Line
from ivr.report import CallReport
from records.people import Worker
from records.sessions import Ledger
from wenan.settings import Settings

NOBODY_TO_RING = (
    "No worker has a telephone number: in an emergency nobody is rung for an elder who waits, and none is "
    "promised. Enter them with: wenan worker reach LOGIN number NUMBER"
)


def anybody_to_ring(ledger: Ledger) -> bool:
    """Whether any worker who takes orders could be rung at all. Raises LedgerError."""
    with ledger.reading() as session:
        wanted = select(Worker).where(Worker.active, Worker.role.in_(FIELD_ROLES))
        return any(worker.number for worker in session.scalars(wanted))


def open_switchboard(
    settings: Settings,
    ledger: Ledger,
    line: Line,
    senses: Senses,
    clock: Clock,
    rules: Rules,
    executor: Executor,
) -> Switchboard | None:
    """Who rings people on duty for elders who wait; None where that is not wanted or no real telephone rings.

    ``executor``: where the ledger is written, beside the event loop.
    """
    if not settings.transfer or settings.line not in ("sip", "twilio"):
        return None
    return Switchboard(ledger, rules, line, senses, clock, executor, by=settings.transfer_by)


def with_transfers(
    options: DialerOptions, talk: partial[Coroutine[Any, Any, CallReport]], switchboard: Switchboard | None
) -> DialerOptions:
    """A dialer's options with calls that can be put through by ``switchboard``, and the time these take.

    ``talk`` is ``hold_conversation`` with everything but the operator.
    """
    if switchboard is None:
        return options

    def converse_in(visit_id: int) -> Converse:
        return partial(talk, operator=switchboard.for_visit(visit_id))

    return replace(options, converse_in=converse_in, call_seconds=options.call_seconds + LONGEST_TRANSFER_S)
