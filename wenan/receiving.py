"""Puts the reception together: what takes the calls that come in, on the dialer's line."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from functools import partial

from campaigns.briefing import Caller
from campaigns.desk import Books, Desk, DialerOptions
from campaigns.dialer import new_owner
from campaigns.engaged import Engaged
from campaigns.reception import Reception
from campaigns.unwritten import Spool
from escalation.aftercare import VisitAftercare
from escalation.call_ins import CallInAftercare
from escalation.rules import Rules
from escalation.switchboard import Switchboard
from ivr.call import Senses, converse, hold_conversation
from ivr.clock import Clock
from ivr.lines import Line
from ivr.lines.incoming import Answerable
from ivr.report import Unobserved
from records.sessions import Ledger
from wenan.receiving_settings import ReceivingSettings
from wenan.settings import Settings
from wenan.spooling import open_spool
from wenan.tasks import end_task
from wenan.transfer import with_transfers

SHORT_CALL_S = 180.0
"""Longest talk with somebody of whom nothing is kept."""
FAREWELL_S = 10.0
"""How long a process that ends waits until whoever it has refused is on record."""


def open_reception(  # noqa: PLR0913 - what a process shares, each by name
    settings: Settings,
    receiving: ReceivingSettings,
    ledger: Ledger,
    line: Line,
    senses: Senses,
    clock: Clock,
    rules: Rules,
    executor: ThreadPoolExecutor,
    *,
    switchboard: Switchboard | None = None,
) -> Reception:
    """A reception for this process; ``executor``: where the ledger is written, beside the event loop.

    ``switchboard`` puts callers in an emergency through, whoever they are.
    """
    seconds = float(settings.call_seconds)
    talk = partial(hold_conversation, senses=senses, clock=clock, max_seconds=seconds)
    options = DialerOptions(
        caller=Caller(settings.organisation, settings.callback_number), call_seconds=seconds
    )
    desk = Desk(
        ledger=ledger,
        clock=clock,
        aftercare=VisitAftercare(rules),
        executor=executor,
        line=line,
        converse=talk,
        recordings_dir=settings.recordings_dir,
        options=with_transfers(options, talk, switchboard),
        spool=open_spool(settings),
    )
    return Reception(
        desk,
        CallInAftercare(rules),
        converse=talk,
        chat=partial(converse, senses=senses, clock=clock, observer=Unobserved(), max_seconds=SHORT_CALL_S),
        owner=new_owner(),
        most=receiving.calls,
        language=settings.default_language,
        operator_of=None if switchboard is None else switchboard.for_call_in,
    )


def take_calls(reception: Reception, line: Line, ending: AsyncExitStack) -> None:
    """Let the line's callers be answered until ``ending`` is closed; a line that nobody can call stays so."""
    if not isinstance(line, Answerable):
        return
    for work in (reception.run(), reception.ringing_back.run()):
        ending.push_async_callback(end_task, asyncio.create_task(work))
    ending.callback(line.take_calls, None)
    ending.push_async_callback(reception.stop)  # first: meanwhile callers hear that we are busy, on record
    line.take_calls(reception.take)


def turn_away(
    line: Line,
    ledger: Ledger,
    clock: Clock,
    rules: Rules,
    executor: ThreadPoolExecutor,
    ending: AsyncExitStack,
    *,
    spool: Spool | None = None,
) -> None:
    """Have whoever calls before the reception stands hear that we are busy, and be on record."""
    if not isinstance(line, Answerable):
        return
    engaged = Engaged(Books(ledger, clock, VisitAftercare(rules), executor, spool=spool), line.name)
    ending.push_async_callback(engaged.finish, FAREWELL_S)
    ending.callback(line.take_calls, None)
    line.take_calls(engaged.take)
