"""Putting elders through to whoever is on duty: the switchboard, and the dialer's calls that know of it."""

from __future__ import annotations

from collections.abc import Coroutine
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import Any

from campaigns.desk import Converse, DialerOptions
from escalation.rules import Rules
from escalation.switchboard import Switchboard
from ivr.bridge import LONGEST_TRANSFER_S
from ivr.call import Senses
from ivr.clock import Clock
from ivr.lines import Line
from ivr.report import CallReport
from records.sessions import Ledger
from wenan.settings import Settings


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
