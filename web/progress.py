"""How far a campaign has come, and who is about to be missed: pure counting and rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LATE_AFTER = timedelta(hours=1)
"""A call that was due longer ago than this and has not been made needs a look."""
MANY_ATTEMPTS = 2
"""Attempts without success after which an elder is shown as hard to reach."""


class Stage(StrEnum):
    """Where a visit stands, coarsely enough for one bar."""

    DONE = "done"  # every question asked
    PERSON = "person"  # a person has taken over
    PARTIAL = "partial"  # broken off
    MISSED = "missed"  # declined, wrong person, not reached, period over
    CALLING = "calling"  # on the telephone now
    WAITING = "waiting"  # still to be called


COVERED = frozenset({Stage.DONE, Stage.PERSON})
"""Stages that count as visited. A call broken off half-way does not: nobody is rounded up to "well"."""

_STAGES = {
    "completed": Stage.DONE,
    "escalated": Stage.PERSON,
    "partial": Stage.PARTIAL,
    "refused": Stage.MISSED,
    "wrong_person": Stage.MISSED,
    "unreachable": Stage.MISSED,
    "expired": Stage.MISSED,
}


def stage_of(outcome: str | None, *, calling: bool) -> Stage | None:
    """Where a visit stands; None for one that was cancelled and no longer counts."""
    if outcome == "cancelled":
        return None
    if outcome is None:
        return Stage.CALLING if calling else Stage.WAITING
    return _STAGES.get(outcome, Stage.MISSED)


@dataclass(frozen=True)
class Count:
    """How many visits share a mode, a tier and a stage."""

    mode: str
    tier: str
    stage: Stage
    visits: int


@dataclass(frozen=True)
class Progress:
    """The numbers of one campaign, or of one part of it."""

    stages: dict[Stage, int]

    @property
    def due(self) -> int:
        """Everybody who should be visited."""
        return sum(self.stages.values())

    @property
    def covered(self) -> int:
        """Those who were."""
        return sum(self.stages[stage] for stage in COVERED)

    @property
    def open(self) -> int:
        """Those who still may be."""
        return self.stages[Stage.WAITING] + self.stages[Stage.CALLING]

    @property
    def coverage(self) -> float | None:
        """Share of those due who were visited, 0..1; None when nobody is due (月探访率)."""
        return self.covered / self.due if self.due else None


def progress(counts: Iterable[Count], *, mode: str | None = None, tier: str | None = None) -> Progress:
    """Add up the counts of a mode and a tier; None means all."""
    stages = dict.fromkeys(Stage, 0)
    for count in counts:
        if mode in {None, count.mode} and tier in {None, count.tier}:
            stages[count.stage] += count.visits
    return Progress(stages)


class Risk(StrEnum):
    """Why somebody may be missed."""

    NO_NEXT_CALL = "no_next_call"
    AFTER_PERIOD = "after_period"
    LATE = "late"
    HARD_TO_REACH = "hard_to_reach"
    LAST_DAY = "last_day"


def risk(
    *, next_attempt_at: datetime | None, attempts_made: int, ends_on: date, timezone: str, now: datetime
) -> Risk | None:
    """Why an elder who still waits for a call may be missed, the gravest reason first; None if all is well.

    ``ends_on`` is the last day of the period in ``timezone``. In an unknown time zone nobody is ever called,
    so everybody who waits there is at risk.
    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return Risk.NO_NEXT_CALL
    if next_attempt_at is None:
        return Risk.NO_NEXT_CALL
    reasons = {
        Risk.AFTER_PERIOD: next_attempt_at.astimezone(zone).date() > ends_on,
        Risk.LATE: now - next_attempt_at > LATE_AFTER,
        Risk.HARD_TO_REACH: attempts_made >= MANY_ATTEMPTS,
        Risk.LAST_DAY: now.astimezone(zone).date() >= ends_on,
    }
    return next((reason for reason, applies in reasons.items() if applies), None)
