"""The picture of a call: how loud each side was over time, as SVG paths. The robot above, the elder below."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BARS = 360
"""Columns of the picture."""
WIDTH = 1080.0
HALF = 50.0
"""Height of each side's half; the whole picture is twice as high."""
_FLOOR = 0.004
"""Loudness (RMS, 1 is full scale) that is drawn as the full half at least: line noise alone stays small."""
_SHAPE = 0.7
"""Exponent of the drawing: below 1, soft syllables show beside loud ones."""


class NoPictureError(Exception):
    """A recording cannot be drawn; the message names the file and says why."""


@dataclass(frozen=True)
class WavePicture:
    """Both sides of a call, ready to draw in a box of WIDTH x 2 HALF."""

    seconds: float
    robot: str
    """SVG path."""
    elder: str
    """SVG path; empty when the recording has one channel only."""

    def x(self, second: float) -> float:
        """Where a moment of the call lies, in the picture's units, never outside it."""
        if self.seconds <= 0:
            return 0.0
        return round(min(max(second / self.seconds, 0.0), 1.0) * WIDTH, 1)


def draw(path: Path) -> WavePicture:
    """Draw a 16-bit WAV file, the robot's channel first. Raises NoPictureError."""
    samples, rate = _read(path)
    if not len(samples):
        raise NoPictureError(f"{path.name} holds no sound")
    sides = [_path(_loudness(samples[:, side]), up=side == 0) for side in range(min(2, samples.shape[1]))]
    return WavePicture(len(samples) / rate, sides[0], sides[1] if len(sides) > 1 else "")


def _read(path: Path) -> tuple[NDArray[np.int16], int]:
    try:
        with wave.open(str(path), "rb") as file:
            if file.getsampwidth() != 2:  # noqa: PLR2004 - bytes of a 16-bit sample
                raise NoPictureError(f"{path.name} is not 16-bit audio")
            data = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
            return data.reshape(-1, file.getnchannels()), file.getframerate()
    except (OSError, EOFError, wave.Error, ValueError) as error:
        raise NoPictureError(f"{path.name} cannot be read: {error}") from error


def _loudness(side: NDArray[np.int16]) -> NDArray[np.float64]:
    """Loudness of each column, 0..1, against the side's own loudest: a soft voice shows like a loud one."""
    bars = min(BARS, len(side))
    edges = np.linspace(0, len(side), bars + 1).astype(np.int64)
    energy = np.add.reduceat((side.astype(np.float32) / 32768.0) ** 2, edges[:-1], dtype=np.float64)
    loudness: NDArray[np.float64] = np.sqrt(energy / np.diff(edges))
    heights: NDArray[np.float64] = (loudness / max(float(loudness.max()), _FLOOR)) ** _SHAPE
    return heights


def _path(heights: NDArray[np.float64], *, up: bool) -> str:
    step = WIDTH / len(heights)
    sign = -1 if up else 1
    pieces = [
        f"M{(index + 0.5) * step:.1f} {HALF + sign * 2:.0f}v{sign * height * (HALF - 4):.1f}"
        for index, height in enumerate(heights)
        if height > 0.04  # noqa: PLR2004 - below this a bar would be thinner than its line
    ]
    return "".join(pieces)
