"""What a call sounded like: both sides, aligned by time, in bounded memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from speech.types import FRAME_SAMPLES, FRAME_SECONDS, Pcm

_FRAME_BYTES = 2 * FRAME_SAMPLES
_SLACK_FRAMES = 5
"""How far (100 ms) one side may lag behind the other before silence is put in its gap. The same line paces
both sides, so a longer lag is a real gap: a line that sends nothing in silence, a sender that stalled."""


class Track:
    """One side of a call, frame after frame."""

    def __init__(self, most_frames: int) -> None:
        """Frames after the first ``most_frames`` are not kept."""
        self._samples = bytearray()
        self._most_frames = most_frames
        self.frames = 0
        """Frames so far, kept or not."""

    def add(self, pcm: Pcm) -> None:
        """Append one frame of 160 samples."""
        if self.frames < self._most_frames:
            self._samples += pcm.tobytes()
        self.frames += 1

    def fill_up_to(self, frames: int) -> None:
        """Append silence until the track has so many frames."""
        missing = frames - self.frames
        if missing > 0:
            self._samples += bytes(_FRAME_BYTES * min(missing, max(0, self._most_frames - self.frames)))
            self.frames = frames

    def between(self, start: int, end: int) -> Pcm:
        """A copy of the frames from ``start`` up to but not including ``end``, as far as they were kept."""
        piece = self._samples[max(0, start) * _FRAME_BYTES : max(0, end) * _FRAME_BYTES]
        return np.frombuffer(bytes(piece), dtype=np.int16)


class Recording:
    """The robot and the elder; time in a call is measured by it."""

    def __init__(self, max_seconds: float) -> None:
        """What comes after ``max_seconds`` is not kept: 32 kB of memory per second at most."""
        most = round(max_seconds / FRAME_SECONDS)
        self._robot = Track(most)
        self._elder = Track(most)

    @property
    def frames(self) -> int:
        """How many frames the call has lasted so far."""
        return max(self._robot.frames, self._elder.frames)

    @property
    def seconds(self) -> float:
        """How long the call has lasted so far."""
        return self.frames * FRAME_SECONDS

    def add_robot(self, pcm: Pcm) -> None:
        """What the robot just sent: 160 samples."""
        self._robot.fill_up_to(self._elder.frames - _SLACK_FRAMES)
        self._robot.add(pcm)

    def add_elder(self, pcm: Pcm) -> int:
        """What the elder just sent, 160 samples; returns the index of this frame on the elder's side."""
        self._elder.fill_up_to(self._robot.frames - _SLACK_FRAMES)
        self._elder.add(pcm)
        return self._elder.frames - 1

    def elder(self, start: int, end: int) -> Pcm:
        """The elder from frame ``start`` up to but not including frame ``end``."""
        return self._elder.between(start, end)

    def stereo(self) -> NDArray[np.int16]:
        """The whole call, shape (samples, 2): the robot left, the elder right."""
        sides = [track.between(0, self.frames) for track in (self._robot, self._elder)]
        both = np.zeros((max(map(len, sides)), 2), np.int16)
        for channel, side in enumerate(sides):
            both[: len(side), channel] = side
        return both
