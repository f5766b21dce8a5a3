"""Elders at the far end of real calls: each number says by itself how whoever has it behaves."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from itertools import count

import numpy as np

from ivr.lines import Disposition
from ivr.lines.simulated import FarEndFrame, Ring
from speech.audio import level_dbfs
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, Pcm

LOUD_DBFS = -45.0
SILENT_FRAMES = 60
"""The robot has finished when it has been silent for 1.2 s; a breath between sentences is shorter."""
_PREFIX = "+86533555"
_CUT_SHORT_FRAMES = (150, 750)
"""Whoever hangs up half-way does so after three to fifteen seconds."""


class Manner(IntEnum):
    """What somebody does when the telephone rings."""

    TALKS = 0
    PRESSES_KEYS = 1
    HANGS_UP = 2
    IS_BUSY = 3
    IS_OUT = 4


EVERYBODY = (
    Manner.TALKS,
    Manner.IS_BUSY,
    Manner.HANGS_UP,
    Manner.IS_OUT,
    Manner.PRESSES_KEYS,
    Manner.TALKS,
    Manner.TALKS,
    Manner.PRESSES_KEYS,
    Manner.TALKS,
    Manner.TALKS,
)
"""Half of them talk."""


def numbers(manners: Sequence[Manner]) -> Iterator[str]:
    """Telephone numbers of such people in turn, no two the same."""
    for serial in count():
        yield f"{_PREFIX}{manners[serial % len(manners)]:d}{serial % 1000:03}"


def manner_of(number: str) -> Manner:
    """How whoever has this number behaves."""
    return Manner(int(number[len(_PREFIX)]))


def frames_of(pcm: Pcm) -> list[Pcm]:
    """A sound in frames of 20 ms."""
    return list(np.pad(pcm, (0, -len(pcm) % FRAME_SAMPLES)).reshape(-1, FRAME_SAMPLES))


@dataclass
class Elder:
    """Greets, and then answers whenever the robot has finished; a ``FarEnd``."""

    manner: Manner
    greeting: Sequence[Pcm]
    answers: Sequence[Sequence[Pcm]]
    dice: random.Random
    gaps_s: list[float] = field(default_factory=list)
    """From the last sound of an answer to the robot's next, as it is heard here."""
    _saying: list[FarEndFrame] = field(default_factory=list)
    _silent: int = 0
    _spoken_to: bool = False
    _patience: int = SILENT_FRAMES
    _frames: int = 0
    _since_answer: int | None = None
    _leaves_at: int | None = None

    def ring(self, number: str, moment: datetime) -> Ring:
        """Pick up after a moment, unless busy or out."""
        del number, moment
        if self.manner is Manner.IS_BUSY:
            return Ring(None, Disposition.BUSY, decides_after_s=0.5)
        if self.manner is Manner.IS_OUT:
            return Ring(None)
        self._saying = [FarEndFrame(frame) for frame in self.greeting]
        if self.manner is Manner.HANGS_UP:
            self._leaves_at = self.dice.randrange(*_CUT_SHORT_FRAMES)
        return Ring(answers_after_s=0.5)

    def frame(self, heard: Pcm) -> FarEndFrame:
        """Hear 20 ms and give 20 ms back."""
        self._frames += 1
        if self._leaves_at is not None and self._frames >= self._leaves_at:
            return FarEndFrame(hangs_up=True)
        loud = level_dbfs(heard) > LOUD_DBFS
        self._note_reply(loud=loud)
        self._spoken_to |= loud
        self._silent = 0 if loud else self._silent + 1
        if self._spoken_to and self._silent >= self._patience and not self._saying:
            self._spoken_to = False
            self._patience = SILENT_FRAMES + self.dice.randrange(60)
            self._saying = self._answer()
        if not self._saying:
            return FarEndFrame()
        said = self._saying.pop(0)
        if not self._saying:
            self._since_answer = 0
        return said

    def _answer(self) -> list[FarEndFrame]:
        if self.manner is Manner.PRESSES_KEYS:
            return [FarEndFrame(key="1"), *[FarEndFrame()] * 10]
        return [FarEndFrame(frame) for frame in self.dice.choice(self.answers)]

    def _note_reply(self, *, loud: bool) -> None:
        if self._since_answer is None:
            return
        self._since_answer += 1
        if loud:
            self.gaps_s.append(round(self._since_answer * FRAME_SECONDS, 2))
            self._since_answer = None
