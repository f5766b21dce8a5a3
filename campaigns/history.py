"""How far a visit has come, read from its rows: the attempts so far and what the calls brought to light."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from campaigns.retries import Circumstances, Past
from campaigns.windows import end_of_day
from ivr.lines import Disposition
from ivr.report import CallOutcome, Confirmed
from records.visits import CallAttempt, Flag, Visit
from speech.types import Urgency

INBOUND = "in"
"""Direction of an attempt in which the elder rang us."""
NEVER_DIALLED = "never dialled"
"""Cause of an attempt that was intended and then given up before the telephone rang."""
INTERRUPTED = "interrupted"
"""Cause of an attempt that our own side broke off, alone or followed by a colon and why."""


def was_interrupted(attempt: CallAttempt) -> bool:
    """Whether our own side broke the attempt off."""
    ours = attempt.cause == INTERRUPTED or attempt.cause.startswith(f"{INTERRUPTED}:")
    return attempt.disposition == Disposition.FAILED and ours


def counts_as_dialled(attempt: CallAttempt) -> bool:
    """Whether a telephone may have rung: it was given to the line, and the line did not fail to try."""
    if attempt.dialled_at is None or attempt.direction == INBOUND:
        return False
    return attempt.disposition != Disposition.FAILED or was_interrupted(attempt)


def count_dialled(visit: Visit) -> None:
    """Bring the visit's number of attempts up to date."""
    visit.attempts_made = sum(counts_as_dialled(attempt) for attempt in visit.attempts)


def past_of(visit: Visit) -> list[Past]:
    """The attempts that were dialled and are over, in order."""
    return [
        Past(
            disposition=Disposition(attempt.disposition),
            phone=attempt.phone_id,
            outcome=CallOutcome(attempt.call_outcome) if attempt.call_outcome else None,
            interrupted=was_interrupted(attempt),
            inbound=attempt.direction == INBOUND,
        )
        for attempt in visit.attempts
        if attempt.status == "ended" and attempt.dialled_at is not None and attempt.disposition
    ]


def circumstances_of(visit: Visit) -> Circumstances:
    """What the visit's flags and its dialogue say beside how the calls ended."""
    state = visit.dialogue_state or {}
    minutes = state.get("call_later_minutes")
    last = visit.attempts[-1].call_outcome if visit.attempts else None
    return Circumstances(
        urgency=highest_urgency(visit.flags),
        asked_for_person=state.get("human_requested") is True,
        # A stranger who never wants to be called again does not speak for the elder.
        do_not_call=state.get("do_not_call") is True and last != CallOutcome.WRONG_PERSON,
        call_later_minutes=minutes if isinstance(minutes, int) else None,
    )


def highest_urgency(flags: Iterable[Flag]) -> Urgency:
    """The highest urgency of the flags that were not clearly denied."""
    standing = [Urgency.parse(flag.urgency) for flag in flags if flag.confirmed != Confirmed.NO]
    return max(standing, default=Urgency.NONE)


def end_of_period(visit: Visit) -> datetime:
    """The moment (UTC) at which the visit's period is over."""
    return end_of_day(visit.campaign.ends_on, visit.campaign.timezone)
