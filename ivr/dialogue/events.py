"""What happens to a dialogue: the media loop tells it, one event at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from speech.types import Understanding


@dataclass(frozen=True, slots=True)
class Answered:
    """The telephone was picked up; nobody has said anything yet."""


@dataclass(frozen=True, slots=True)
class PromptFinished:
    """What was to be said has been said, or was interrupted."""

    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class UtteranceHeard:
    """Somebody said something, and this is what it was taken for.

    May come at any time, also after the end of the call, when recognition was slower than the hang-up: a cry
    for help then still raises its flag.
    """

    understanding: Understanding
    response_delay_s: float | None = None
    """From the end of the prompt to the first sound, seconds; None if it is not known."""
    speech_s: float = 0.0
    """Seconds of speech in the utterance."""


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key: one of ``0123456789*#``."""

    digit: str


@dataclass(frozen=True, slots=True)
class NothingHeard:
    """Nobody said or pressed anything within the time that ``Listen.no_input_s`` gave."""


@dataclass(frozen=True, slots=True)
class MachineDetected:
    """A recording answered; it is now ready to take a message."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The other side ended the call, or the line did."""


@dataclass(frozen=True, slots=True)
class PersonRung:
    """After PutThrough: somebody on duty was found, and their telephone rings."""


@dataclass(frozen=True, slots=True)
class PersonThere:
    """After PutThrough: they have taken the order and wait on their line."""


@dataclass(frozen=True, slots=True)
class NobodyCame:
    """After PutThrough: nobody is rung any more."""

    taken: bool = False
    """Whether somebody has the order nevertheless."""


HowParted = Literal["left", "time", "never"]
"""The other side put the receiver down; the longest time for such talks is over; the other side was gone
before they met."""


@dataclass(frozen=True, slots=True)
class Parted:
    """After Join: the two do not hear each other any more."""

    how: HowParted


TransferEvent = PersonRung | PersonThere | NobodyCame | Parted

Event = (
    Answered
    | PromptFinished
    | UtteranceHeard
    | KeyPressed
    | NothingHeard
    | MachineDetected
    | HungUp
    | TransferEvent
)
