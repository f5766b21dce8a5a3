"""One visit from its claim to its outcome: intent, dialling, conversation, outcome, each committed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import partial

from campaigns.attempts import NotCalled, Ready, mark_dialling, prepare, withdraw
from campaigns.claims import Lease
from campaigns.desk import Desk
from campaigns.history import INTERRUPTED
from campaigns.observing import LedgerObserver
from campaigns.progress import CallState, ProgressEvent
from campaigns.retries import End, Retry
from campaigns.talking import LEASE_LOST, hold_call
from campaigns.wrapping_up import keep_recording, record
from ivr.lines import Disposition
from ivr.report import CallReport


@dataclass(frozen=True, slots=True)
class Handled:
    """A visit is out of our hands; ``trouble`` says what failed on our side, empty if nothing did."""

    campaign_id: int
    trouble: str = ""


async def make_call(desk: Desk, lease: Lease, halt: asyncio.Event) -> Handled:
    """Call the elder of a claimed visit and record what came of it; ``halt`` ends the call early.

    Raises LeaseLostError, LedgerError, ScriptError and pydantic.ValidationError when the call cannot even be
    begun: nothing has been dialled then.
    """
    found = await desk.write(
        partial(
            prepare,
            lease=lease,
            caller=desk.options.caller,
            aftercare=desk.aftercare,
            now=desk.clock.now(),
        )
    )
    if isinstance(found, NotCalled):
        desk.emit(
            ProgressEvent(
                at=desk.clock.now(),
                campaign_id=lease.campaign_id,
                state="not_called",
                visit_id=lease.visit_id,
                elder=found.elder_name,
                outcome=found.outcome,
                next_attempt_at=found.next_attempt_at,
            )
        )
        return Handled(lease.campaign_id)
    if halt.is_set():
        await desk.write(partial(withdraw, ready=found, now=desk.clock.now()))
        return Handled(lease.campaign_id)
    await desk.write(partial(mark_dialling, ready=found, line=desk.line.name, now=desk.clock.now()))
    display = _Display(desk, found)
    display.tell("ringing")
    observer = LedgerObserver(desk, lease, found.attempt_id)
    report = await hold_call(desk, found, observer, halt=halt, tell=display.tell)
    report = replace(report, flags=(*report.flags, *observer.unwritten_flags))
    recording = await keep_recording(desk, found, report)
    display.tell_end(report, await record(desk, found, report, recording))
    return Handled(lease.campaign_id, _trouble_of(report))


@dataclass(frozen=True, slots=True)
class _Display:
    """Tells the live display about one call."""

    desk: Desk
    ready: Ready

    def tell(self, state: CallState, question: str = "") -> None:
        self.desk.emit(self._event(state, question=question))

    def tell_end(self, report: CallReport, decision: Retry | End | None) -> None:
        event = self._event("ended")
        self.desk.emit(
            replace(
                event,
                disposition=report.disposition.value,
                outcome=decision.outcome.value if isinstance(decision, End) else "",
                next_attempt_at=decision.at if isinstance(decision, Retry) else None,
            )
        )

    def _event(self, state: CallState, question: str = "") -> ProgressEvent:
        return ProgressEvent(
            at=self.desk.clock.now(),
            campaign_id=self.ready.lease.campaign_id,
            state=state,
            visit_id=self.ready.lease.visit_id,
            elder=self.ready.elder_name,
            attempt=self.ready.attempt_number,
            question=question,
        )


def _trouble_of(report: CallReport) -> str:
    """What failed on our side; empty when the call went as calls go."""
    if report.cause == f"{INTERRUPTED}: {LEASE_LOST}":
        return ""
    if report.disposition is Disposition.FAILED or report.ended_early:
        return report.cause or report.disposition.value
    return ""
