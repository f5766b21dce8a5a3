"""Telephones for tests: people who do what a story says, frame by frame, and what they heard meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import datetime
from pathlib import Path

import numpy as np

from ivr.lines.simulated import SILENCE, FarEndFrame, Ring
from speech.audio import read_wav
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Pcm

VOICES = Path(__file__).parents[1] / "data" / "voices"
LOUD = 200.0
"""Root mean square above which a frame is sound and not the noise of a line."""

Behaviour = Generator[FarEndFrame, Pcm, None]
"""What somebody does: yields what they send, is sent what they hear."""


def voice(name: str) -> Pcm:
    """A recorded voice of tests/data/voices."""
    return read_wav(VOICES / f"{name}.wav")


def tone(seconds: float, hertz: float = 1000.0, level: float = 8000.0) -> Pcm:
    moments = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (level * np.sin(2 * np.pi * hertz * moments)).astype(np.int16)


def hum(seconds: float, hertz: float = 220.0) -> Pcm:
    """Something like a vowel: a fundamental with overtones, which is speech to ears that go by loudness."""
    overtones = ((1, 0.4), (2, 0.3), (3, 0.2), (5, 0.1))
    return sum(
        (tone(seconds, hertz * number, 12_000 * share) for number, share in overtones),
        start=np.zeros(round(seconds * SAMPLE_RATE), np.int16),
    )


def cough(seconds: float = 0.2) -> Pcm:
    """A burst of noise that dies away: loud, short, no words."""
    length = round(seconds * SAMPLE_RATE)
    noise = np.random.default_rng(7).normal(0, 6000, length) * np.linspace(1, 0.1, length)
    return np.clip(noise, -32768, 32767).astype(np.int16)


def is_loud(pcm: Pcm) -> bool:
    samples = pcm.astype(np.float64)
    return bool(np.dot(samples, samples) > LOUD**2 * max(1, len(samples)))


def frames_of(pcm: Pcm) -> Iterator[Pcm]:
    whole = np.pad(pcm, (0, -len(pcm) % FRAME_SAMPLES))
    for at in range(0, len(whole), FRAME_SAMPLES):
        yield whole[at : at + FRAME_SAMPLES]


def say(pcm: Pcm) -> Behaviour:
    for frame in frames_of(pcm):
        yield FarEndFrame(frame)


def quiet(seconds: float) -> Behaviour:
    for _ in range(round(seconds / FRAME_SECONDS)):
        yield FarEndFrame()


def press(*keys: str) -> Behaviour:
    for key in keys:
        yield FarEndFrame(key=key)
        yield from quiet(0.1)


def hang_up() -> Behaviour:
    yield FarEndFrame(hangs_up=True)


def until_robot_speaks(*, for_s: float = 0.0) -> Behaviour:
    """Keep quiet until the robot has been speaking for so long."""
    loud = 0
    while loud <= for_s / FRAME_SECONDS:
        heard = yield FarEndFrame()
        loud = loud + 1 if is_loud(heard) else 0


def until_robot_is_silent(*, for_s: float = 1.0) -> Behaviour:
    """Hear the robot out: wait until it has spoken and then been silent for so long."""
    yield from until_robot_speaks()
    silent = 0
    while silent < for_s / FRAME_SECONDS:
        heard = yield FarEndFrame()
        silent = 0 if is_loud(heard) else silent + 1


class Person:
    """Somebody at the far end of a simulated line, who behaves as told and then keeps quiet."""

    def __init__(
        self,
        behaviour: Callable[[], Behaviour] | None = None,
        *,
        ring: Ring | None = None,
        line: Mapping[str, float] | None = None,
    ) -> None:
        """``line`` is how bad their connection is: arguments of ``SimulatedLine``."""
        self.line = dict(line or {})
        self._behaviour = behaviour
        self._ring = ring or Ring(answers_after_s=3.0)
        self._doing: Behaviour | None = None
        self.rung_at: list[datetime] = []
        self.heard: list[Pcm] = []
        self.sent: list[Pcm] = []

    def ring(self, _number: str, moment: datetime) -> Ring:
        self.rung_at.append(moment)
        self._doing = None
        return self._ring

    def frame(self, heard: Pcm) -> FarEndFrame:
        self.heard.append(heard)
        reply = self._next(heard)
        self.sent.append(reply.pcm)
        return reply

    def _next(self, heard: Pcm) -> FarEndFrame:
        try:
            if self._doing is None:
                self._doing = self._behaviour() if self._behaviour else iter_nothing()
                return next(self._doing)
            return self._doing.send(heard)
        except StopIteration:
            self._doing = iter_nothing()
            return next(self._doing)

    def spoken_to_s(self) -> list[tuple[float, float]]:
        """When the robot was heard speaking: stretches parted by at least 100 ms of silence, in seconds."""
        return stretches([is_loud(frame) for frame in self.heard])

    def speaking_s(self) -> list[tuple[float, float]]:
        """When this person was speaking, likewise."""
        return stretches([is_loud(frame) for frame in self.sent])


def iter_nothing() -> Behaviour:
    while True:
        yield FarEndFrame(SILENCE)


def stretches(loud: list[bool], *, gap: int = 5) -> list[tuple[float, float]]:
    """Where something is loud, in seconds."""
    found: list[list[int]] = []
    for index, is_it in enumerate(loud):
        if is_it and found and index - found[-1][1] <= gap:
            found[-1][1] = index + 1
        elif is_it:
            found.append([index, index + 1])
    return [(start * FRAME_SECONDS, end * FRAME_SECONDS) for start, end in found]
