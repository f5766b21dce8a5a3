"""What comes after an attempt: another one, when and at which number, or the end of the visit.

Pure. The policy is data, kept with the campaign and snapshotted on every visit. Three kinds of attempts use
up nobody's patience and are counted apart from ``max_attempts``: those that our own side lost (a line that
failed, a program that stopped), those to a number that turned out not to be the elder's, and those the
elder asked us to make again later. What has never been dialled is no attempt at all and must not be handed
in here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from campaigns.spreading import Pause, not_before
from campaigns.windows import Windows, next_opening
from ivr.lines import Disposition
from ivr.report import CallOutcome
from speech.types import Urgency


class VisitOutcome(StrEnum):
    """How a visit ended."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    REFUSED = "refused"
    WRONG_PERSON = "wrong_person"
    UNREACHABLE = "unreachable"
    ESCALATED = "escalated"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class EndReason(StrEnum):
    """The rule that ended a visit."""

    TALK_FINISHED = "talk_finished"
    FLAGGED = "flagged"
    ASKED_FOR_PERSON = "asked_for_person"
    OPTED_OUT = "opted_out"
    REFUSED = "refused"
    WRONG_PERSON = "wrong_person"
    NO_USABLE_NUMBER = "no_usable_number"
    ATTEMPTS_USED_UP = "attempts_used_up"
    LINE_FAILED = "line_failed"
    PUT_OFF_TOO_OFTEN = "put_off_too_often"
    PERIOD_OVER = "period_over"
    NO_WINDOW = "no_window"
    NO_LONGER_VISITED = "no_longer_visited"


class Kind(StrEnum):
    """What an attempt came to, as far as trying again is concerned."""

    COMPLETED = "completed"
    REFUSED = "refused"
    WRONG_PERSON = "wrong_person"
    INVALID_NUMBER = "invalid_number"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    MACHINE = "machine"
    SILENT = "silent"
    PROXY = "proxy"
    PARTIAL = "partial"
    CALL_LATER = "call_later"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


_OURS = frozenset({Kind.FAILED, Kind.INTERRUPTED})
_NOT_THEIRS = frozenset({Kind.INVALID_NUMBER, Kind.WRONG_PERSON})
_NOBODY_SPOKE = frozenset({Kind.SILENT, Kind.MACHINE})
_ELSEWHERE_NEXT = frozenset({Kind.NO_ANSWER, Kind.REJECTED, Kind.MACHINE}) | _NOT_THEIRS
"""After these, another number of the same elder is worth a try."""

_DEFAULT_PAUSES: dict[Kind, tuple[Pause, ...]] = {
    Kind.BUSY: (15, 45, "other_half_day"),
    Kind.NO_ANSWER: (90, "other_half_day", "next_day"),
    Kind.REJECTED: (120, "other_half_day"),
    Kind.MACHINE: (120, "other_half_day", "next_day"),
    Kind.SILENT: (30, 120),
    Kind.PROXY: (180, "other_half_day", "next_day"),
    Kind.PARTIAL: (20,),
    Kind.CALL_LATER: (120,),
    Kind.FAILED: (10,),
    Kind.INTERRUPTED: (2, 10),
    Kind.INVALID_NUMBER: (5,),
    Kind.WRONG_PERSON: (5,),
}


class RetryPolicy(BaseModel):
    """How often and how soon to try again; JSON in the campaign's ``retries``.

    In ``pauses`` the first entry follows the first attempt of that kind, the last entry repeats. Kinds that
    are left out keep the shipped pauses.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_attempts: int = Field(default=3, ge=1, le=10)
    """How often an elder's own telephone may ring in vain."""
    max_failed: int = Field(default=5, ge=1, le=20)
    """How many attempts may be lost on our side before a person takes over."""
    max_put_off: int = Field(default=3, ge=0, le=10)
    """How often the elder may say "later"."""
    escalates_from: Literal["need", "urgent", "emergency"] = "urgent"
    """A flag of this urgency is handed to a person and ends the visit."""
    pauses: Mapping[Kind, Annotated[tuple[Pause, ...], Field(min_length=1)]] = Field(
        default=_DEFAULT_PAUSES, validate_default=True
    )

    @field_validator("pauses", mode="after")
    @classmethod
    def _fill_pauses(cls, pauses: Mapping[Kind, tuple[Pause, ...]]) -> Mapping[Kind, tuple[Pause, ...]]:
        unknown = [kind for kind in pauses if kind not in _DEFAULT_PAUSES]
        if unknown:
            raise ValueError(f"{unknown[0]} ends a visit: there is no pause after it")
        return {kind: pauses.get(kind, shipped) for kind, shipped in _DEFAULT_PAUSES.items()}

    def pause_after(self, kind: Kind, times: int) -> Pause:
        """The pause after the ``times``-th attempt of a kind, counted from 1."""
        pauses = self.pauses[kind]
        return pauses[min(times, len(pauses)) - 1]


@dataclass(frozen=True, slots=True)
class Past:
    """One attempt that was dialled and is over."""

    disposition: Disposition
    phone: int
    """Id of the number that was rung."""
    outcome: CallOutcome | None = None
    interrupted: bool = False
    """Our own side broke it off: the program stopped, or the talk could not be carried on."""
    inbound: bool = False
    """They rang us. That uses up none of the attempts."""

    @property
    def came_to_nothing(self) -> bool:
        """They rang us and said nothing to us: as far as the visit goes, it has not happened."""
        return self.inbound and self.kind in _NOBODY_SPOKE

    @property
    def kind(self) -> Kind:
        """What it came to."""
        if self.interrupted:
            return Kind.INTERRUPTED
        if self.outcome is not None:
            return Kind(self.outcome.value)
        if self.disposition is Disposition.ANSWERED_HUMAN:
            return Kind.PARTIAL
        if self.disposition is Disposition.ANSWERED_MACHINE:
            return Kind.MACHINE
        return Kind(self.disposition.value)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the visit's calls brought to light, beside how they ended."""

    urgency: Urgency = Urgency.NONE
    """The highest of the visit's flags that were not clearly denied."""
    asked_for_person: bool = False
    do_not_call: bool = False
    call_later_minutes: int | None = None
    """The wish of the last call, minutes from now; None if no time was named."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again."""

    at: datetime
    """UTC, within the calling windows and the period."""
    phone: int
    """Id of the number to ring."""


@dataclass(frozen=True, slots=True)
class End:
    """The visit is over."""

    outcome: VisitOutcome
    reason: EndReason


def next_phone(past: Sequence[Past], phones: Sequence[int]) -> int | None:
    """Id of the number to ring next, or None when none is left.

    ``phones`` are the ids of the elder's usable numbers, in the order in which they are to be tried. A number
    is kept as long as it leads to the elder's home; when nobody answers there, the numbers take turns.
    """
    dead = {attempt.phone for attempt in past if attempt.kind in _NOT_THEIRS}
    usable = [phone for phone in phones if phone not in dead]
    if not past or not usable:
        return usable[0] if usable else None
    last = past[-1]
    if last.phone in usable and last.kind not in _ELSEWHERE_NEXT:
        return last.phone
    others = [phone for phone in usable if phone != last.phone] or usable
    return min(others, key=[attempt.phone for attempt in past].count)


def after(
    past: Sequence[Past],
    circumstances: Circumstances,
    *,
    phones: Sequence[int],
    policy: RetryPolicy,
    windows: Windows,
    moment: datetime,
    ends: datetime,
) -> Retry | End:
    """Decide what follows the last attempt of ``past`` (never empty), which ended at ``moment``.

    ``phones`` are the ids of the usable numbers in order; ``ends`` is the moment at which the period is over.
    Whatever ends a visit without a talk ends it with an outcome that brings a person in.
    """
    kind = past[-1].kind
    end = _end_at_once(kind, circumstances, policy) or _end_of_patience(past, policy)
    if end is not None:
        return end
    phone = next_phone(past, phones)
    if phone is None:
        stranger = any(attempt.kind is Kind.WRONG_PERSON for attempt in past)
        outcome = VisitOutcome.WRONG_PERSON if stranger else given_up(past)
        return End(outcome, EndReason.WRONG_PERSON if stranger else EndReason.NO_USABLE_NUMBER)
    pause = policy.pause_after(kind, sum(attempt.kind is kind for attempt in past))
    if kind is Kind.CALL_LATER and circumstances.call_later_minutes is not None:
        pause = max(circumstances.call_later_minutes, 1)
    at = next_opening(windows, not_before(pause, moment, windows))
    if at is None:
        return End(given_up(past), EndReason.NO_WINDOW)
    if at + timedelta(minutes=windows.min_remaining) > ends:
        return End(given_up(past), EndReason.PERIOD_OVER)
    return Retry(at, phone)


def given_up(past: Sequence[Past]) -> VisitOutcome:
    """The outcome of a visit that ends without having been talked to its end."""
    kinds = [attempt.kind for attempt in past]
    if not kinds:
        return VisitOutcome.EXPIRED
    talked = Kind.PARTIAL in kinds or kinds[-1] is Kind.CALL_LATER
    return VisitOutcome.PARTIAL if talked else VisitOutcome.UNREACHABLE


def _end_at_once(kind: Kind, circumstances: Circumstances, policy: RetryPolicy) -> End | None:
    if circumstances.urgency >= Urgency.parse(policy.escalates_from):
        return End(VisitOutcome.ESCALATED, EndReason.FLAGGED)
    if circumstances.do_not_call:
        return End(VisitOutcome.REFUSED, EndReason.OPTED_OUT)
    if kind is Kind.COMPLETED:
        return End(VisitOutcome.COMPLETED, EndReason.TALK_FINISHED)
    if kind is Kind.REFUSED:
        return End(VisitOutcome.REFUSED, EndReason.REFUSED)
    if circumstances.asked_for_person:
        return End(VisitOutcome.PARTIAL, EndReason.ASKED_FOR_PERSON)
    return None


def _end_of_patience(past: Sequence[Past], policy: RetryPolicy) -> End | None:
    """The end for which it was tried often enough; numbers not yet dead are always worth one more try."""
    kind = past[-1].kind
    if kind in _NOT_THEIRS:
        return None
    kinds = [attempt.kind for attempt in past]
    if kind in _OURS:
        lost = sum(each in _OURS for each in kinds)
        return End(given_up(past), EndReason.LINE_FAILED) if lost >= policy.max_failed else None
    if kind is Kind.CALL_LATER:
        put_off = kinds.count(Kind.CALL_LATER)
        return End(given_up(past), EndReason.PUT_OFF_TOO_OFTEN) if put_off > policy.max_put_off else None
    theirs = [attempt.kind for attempt in past if not attempt.inbound]
    tried = sum(each not in _OURS | _NOT_THEIRS and each is not Kind.CALL_LATER for each in theirs)
    return End(given_up(past), EndReason.ATTEMPTS_USED_UP) if tried >= policy.max_attempts else None
