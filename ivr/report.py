"""What a call leaves behind: its turns, how it ended, what it sounded like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ivr.gaps import Gap
from ivr.lines import Disposition
from speech.types import Understanding, Urgency


class CallOutcome(StrEnum):
    """What the conversation came to. The visit's own outcome is decided from this and the attempts."""

    COMPLETED = "completed"  # every question asked
    PARTIAL = "partial"  # ended before the last question
    REFUSED = "refused"  # does not want this call, or not any call
    WRONG_PERSON = "wrong_person"  # nobody of that name there
    PROXY = "proxy"  # a relative or another person spoke for the elder
    CALL_LATER = "call_later"  # asked to be called at another time
    MACHINE = "machine"  # voicemail or the like: not reached
    SILENT = "silent"  # connected, but nobody said or pressed anything


class Confirmed(StrEnum):
    """Who stands behind a red flag."""

    YES = "yes"  # the elder said or pressed yes
    NO = "no"  # the elder clearly said or pressed no
    UNCLEAR = "unclear"  # silence or an unclear reply: counts as yes for an emergency
    NOT_ASKED = "not_asked"  # evidence strong enough, or no time to ask


@dataclass(frozen=True, slots=True)
class FlagRaised:
    """Something a person must look at: a code of the lexicon with its urgency and who confirmed it."""

    code: str
    urgency: Urgency
    question: str
    turn: int
    confirmed: Confirmed
    words: str
    """What the elder was heard to say."""


@dataclass(frozen=True, slots=True)
class TurnTaken:
    """One exchange: what was asked, what came back, where it lies in the recording (seconds)."""

    index: int
    question: str
    prompt: tuple[str, ...]
    asked_at: datetime
    started_s: float
    ended_s: float
    understanding: Understanding | None = None
    """None when nothing was heard."""
    key: str = ""
    response_delay_s: float | None = None
    """From the end of the prompt to the first sound of the answer."""
    speech_s: float = 0.0
    pause_s: float | None = None
    """Seconds of silence between stretches of speech within the answer; None when nothing was measured."""
    speech_dbfs: float | None = None
    """Level of the answer's speech, as ``speech.voice`` measures it."""
    background_dbfs: float | None = None
    """Level of the line around it; None for a line that is silent in between."""
    longest_pause_s: float | None = None
    """The longest of these silences."""
    barge_in: bool = False
    gap: Gap | None = None
    """How long the elder had waited for this prompt since they last spoke; None if it answered nothing."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """That an elder and somebody on duty spoke with each other."""

    to: str
    """Login of the worker."""
    at: datetime
    seconds: float
    """0 when nobody knows: the network has connected them, and they went on without us."""


@dataclass(frozen=True, slots=True)
class CallReport:
    """Everything about one call that is over."""

    disposition: Disposition
    outcome: CallOutcome | None
    """None when nobody answered."""
    state: Mapping[str, Any] = field(default_factory=dict)
    """The dialogue's last state, as JSON, so that a later call can resume."""
    turns: tuple[TurnTaken, ...] = ()
    flags: tuple[FlagRaised, ...] = ()
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    duration_s: float = 0.0
    cause: str = ""
    ended_early: bool = False
    """Whether the robot had to end the call for a reason of its own, such as an engine that failed."""
    call_later_minutes: int | None = None
    """With CALL_LATER: the wish, in minutes from now; None if no time was named."""
    do_not_call: bool = False
    gaps: tuple[Gap, ...] = ()
    """Every time the robot replied: how long that took."""
    recording: NDArray[np.int16] | None = None
    """Shape (samples, 2): the robot, or whoever the elder was put through to, left, the elder right."""
    put_through: Transferred | None = None


class CallObserver(Protocol):
    """Is told what happens while the call goes on. Implementations commit before they return."""

    def turn_taken(self, turn: TurnTaken, state: Mapping[str, Any]) -> None:
        """After every turn, with the dialogue state as JSON-ready data."""

    def flag_raised(self, flag: FlagRaised) -> None:
        """As soon as a flag stands, while the elder is still on the line.

        Called once per code, and again if the same turns out to be more urgent.
        """


class Unobserved:
    """Keeps nothing of a conversation; implements ``CallObserver``."""

    def turn_taken(self, turn: TurnTaken, state: Mapping[str, Any]) -> None:
        """Keep nothing."""

    def flag_raised(self, flag: FlagRaised) -> None:
        """Keep nothing: such a conversation says by its outcome what is urgent."""
