"""Telephone lines behind one Protocol: place a call, exchange 20 ms frames, press keys, hang up.

A frame is 160 samples of linear PCM (int16, 8 kHz). What the wire carries (G.711, SIP, a media stream) is
the line's own affair.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from speech.types import Pcm


class Disposition(StrEnum):
    """How one attempt to reach somebody by telephone ended."""

    ANSWERED_HUMAN = "answered_human"
    ANSWERED_MACHINE = "answered_machine"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """Twenty milliseconds from the far end; ``lost`` frames carry the line's concealment."""

    pcm: Pcm
    lost: bool = False


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A DTMF key: one of ``0123456789*#``."""

    digit: str


@dataclass(frozen=True, slots=True)
class FarEndHungUp:
    """The other side ended the call; ``cause`` is the line's own word for why."""

    cause: str = "normal"


LineEvent = AudioFrame | KeyPressed | FarEndHungUp


class Call(Protocol):
    """One connected call."""

    provider_call_id: str

    async def receive(self) -> LineEvent:
        """Wait for the next event. Audio comes in real (or virtual) time, one frame every 20 ms."""

    async def send(self, pcm: Pcm) -> None:
        """Play one frame of 160 samples to the far end; returns when the frame's 20 ms are paced out."""

    async def hang_up(self) -> None:
        """End the call; calling it again does nothing."""


@runtime_checkable
class Hushable(Protocol):
    """A call whose far end keeps sound in hand that it has not played yet."""

    def hush(self) -> None:
        """Have what was sent and not played yet forgotten: the robot is to fall silent at once."""


class CallNotConnectedError(Exception):
    """Nobody was reached; ``disposition`` says how, ``cause`` is the line's own word."""

    def __init__(self, disposition: Disposition, cause: str = "") -> None:
        super().__init__(f"{disposition}: {cause}" if cause else str(disposition))
        self.disposition = disposition
        self.cause = cause


class Line(Protocol):
    """Something that can ring a telephone."""

    name: str

    async def dial(self, number: str, *, reference: str, ring_seconds: float = 60.0) -> Call:
        """Ring ``number`` (E.164, extension after ``;ext=``); return the call once somebody answers.

        ``reference`` names the attempt for the provider's records and for reconciliation after a crash.
        Raises ``CallNotConnectedError``. Early media is not an answer.
        """
