"""A villager's ears: which sentences has the robot just said?

The far end gets nothing but sound. It compares the loudness contour of what came down the line with the
contours of the sentences that the robot's voice is known to have, from the end backwards, so that a
persona answers the question that was really played, through G.711, jitter and loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speech.prompts import Prompt
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, Pcm

LOUD = 200.0
"""Root mean square (of 32768) above which a frame counts as sound: well over comfort noise."""
SAME = 0.85
"""Correlation of two contours above which they are the same sentence."""
LEAST_FRAMES = 8
"""Shorter pieces (160 ms) carry too little contour to be told apart."""
SLIP = 2
"""Frames of misalignment that jitter may cause."""


@dataclass(frozen=True, slots=True)
class _Known:
    text: str
    contour: NDArray[np.float64]
    """Shape (frames,): log loudness per 20 ms, standardised."""


class PromptEar:
    """Listens to the robot, frame by frame."""

    def __init__(self, prompts: Callable[[], Iterable[Prompt]]) -> None:
        """``prompts`` gives all sentences the robot's voice has rendered so far."""
        self._prompts = prompts
        self._known: dict[tuple[str, int], _Known] = {}
        self._levels: list[float] = []
        self._last_loud = -1

    @property
    def robot_has_spoken(self) -> bool:
        """Whether there is anything to make out since the last turn was taken."""
        return self._last_loud >= 0

    @property
    def silence_s(self) -> float:
        """Seconds since the robot's last sound, or since listening began."""
        return (len(self._levels) - 1 - self._last_loud) * FRAME_SECONDS

    def feed(self, frame: Pcm) -> None:
        """Hear one frame of 20 ms."""
        level = _rms(frame)
        self._levels.append(level)
        if level > LOUD:
            self._last_loud = len(self._levels) - 1

    def take_turn(self) -> tuple[str, ...]:
        """The sentences heard since the last call, in order; what cannot be made out is left out."""
        levels = np.array(self._levels[: self._last_loud + 1])
        self._levels.clear()
        self._last_loud = -1
        self._learn()
        heard: list[str] = []
        while len(levels) >= LEAST_FRAMES:
            found = self._ends_with(levels)
            if found is None:
                levels = _drop_last_stretch(levels)
                continue
            heard.append(found.text)
            levels = _trim_quiet_end(levels[: -len(found.contour)])
        return tuple(reversed(heard))

    def _learn(self) -> None:
        for prompt in self._prompts():
            key = (prompt.text, len(prompt.pcm))
            if key not in self._known:
                levels = _levels(prompt.pcm)
                if len(levels) >= LEAST_FRAMES:
                    self._known[key] = _Known(prompt.text, _contour(levels))

    def _ends_with(self, levels: NDArray[np.float64]) -> _Known | None:
        best: tuple[float, _Known] | None = None
        for known in self._known.values():
            score = max(
                (_likeness(levels, known.contour, slip) for slip in range(-SLIP, SLIP + 1)), default=0.0
            )
            # Of two that fit, the longer is the whole sentence, the shorter a chance likeness of its end.
            weight = score + 0.0005 * len(known.contour)
            if score >= SAME and (best is None or weight > best[0]):
                best = (weight, known)
        return best[1] if best else None


def _rms(frame: Pcm) -> float:
    samples = frame.astype(np.float64)
    return float(np.sqrt(np.dot(samples, samples) / max(1, len(samples))))


def _levels(pcm: Pcm) -> NDArray[np.float64]:
    """Loudness per frame from the first to the last loud one."""
    whole = len(pcm) // FRAME_SAMPLES * FRAME_SAMPLES
    frames = pcm[:whole].reshape(-1, FRAME_SAMPLES).astype(np.float64)
    levels = np.asarray(np.sqrt((frames**2).mean(axis=1)), np.float64)
    loud = np.flatnonzero(levels > LOUD)
    return levels[loud[0] : loud[-1] + 1] if len(loud) else levels[:0]


def _contour(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    logs = np.log(np.maximum(levels, LOUD / 4))
    spread = float(logs.std())
    return np.asarray((logs - logs.mean()) / (spread or 1.0), np.float64)


def _likeness(levels: NDArray[np.float64], contour: NDArray[np.float64], slip: int) -> float:
    """Correlation of the contour with the end of the levels, moved by ``slip`` frames."""
    end = len(levels) - max(0, slip)
    start = end - len(contour) + min(0, slip)
    if start < 0:
        return 0.0
    piece = _contour(levels[start : start + len(contour)])
    return float(np.dot(piece, contour) / len(contour))


def _trim_quiet_end(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    loud = np.flatnonzero(levels > LOUD)
    return levels[: loud[-1] + 1] if len(loud) else levels[:0]


def _drop_last_stretch(levels: NDArray[np.float64], gap_frames: int = 8) -> NDArray[np.float64]:
    """Leave out the last stretch of sound (up to a pause of 160 ms): something nobody can make out."""
    loud = np.flatnonzero(levels > LOUD)
    breaks = np.flatnonzero(np.diff(loud) > gap_frames)
    return levels[: loud[breaks[-1]] + 1] if len(breaks) else levels[:0]
