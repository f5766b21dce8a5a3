"""The picture of a call: how loud each side was over time, as SVG paths. The robot above, the elder below."""

from __future__ import annotations

import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from records.keyring import KeyringError
from web.voice_spans import BLOCK_S

BARS = 360
"""Columns of the picture."""
WIDTH = 1080.0
HALF = 50.0
"""Height of each side's half; the whole picture is twice as high."""
_FLOOR = 0.004
"""Loudness (RMS, 1 is full scale) that is drawn as the full half at least: line noise alone stays small.
Nothing softer counts as a voice either (-48 dB)."""
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
    loud: tuple[bool, ...] = ()
    """Whether the elder's side was loud, block after block of ``voice_spans.BLOCK_S``."""

    def x(self, second: float) -> float:
        """Where a moment of the call lies, in the picture's units, never outside it."""
        if self.seconds <= 0:
            return 0.0
        return round(min(max(second / self.seconds, 0.0), 1.0) * WIDTH, 1)


def draw(path: Path, opened: Callable[[Path], BinaryIO] = lambda path: path.open("rb")) -> WavePicture:
    """Draw a 16-bit WAV file, the robot's channel first. ``opened`` opens it. Raises NoPictureError."""
    samples, rate = _read(path, opened)
    if not len(samples):
        raise NoPictureError(f"{path.name} holds no sound")
    sides = [_path(_loudness(samples[:, side]), up=side == 0) for side in range(min(2, samples.shape[1]))]
    if len(sides) == 1:
        return WavePicture(len(samples) / rate, sides[0], "")
    return WavePicture(len(samples) / rate, sides[0], sides[1], _loud(samples[:, 1], rate))


def _read(path: Path, opened: Callable[[Path], BinaryIO]) -> tuple[NDArray[np.int16], int]:
    try:
        with opened(path) as plain, wave.open(plain, "rb") as file:
            if file.getsampwidth() != 2:  # noqa: PLR2004 - bytes of a 16-bit sample
                raise NoPictureError(f"{path.name} is not 16-bit audio")
            data = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
            return data.reshape(-1, file.getnchannels()), file.getframerate()
    except (OSError, EOFError, wave.Error, ValueError, KeyringError) as error:
        raise NoPictureError(f"{path.name} cannot be read: {error}") from error


def _loudness(side: NDArray[np.int16]) -> NDArray[np.float64]:
    """Loudness of each column, 0..1, against the side's own loudest: a soft voice shows like a loud one."""
    bars = min(BARS, len(side))
    edges = np.linspace(0, len(side), bars + 1).astype(np.int64)
    energy = np.add.reduceat((side.astype(np.float32) / 32768.0) ** 2, edges[:-1], dtype=np.float64)
    loudness: NDArray[np.float64] = np.sqrt(energy / np.diff(edges))
    heights: NDArray[np.float64] = (loudness / max(float(loudness.max()), _FLOOR)) ** _SHAPE
    return heights


def _loud(side: NDArray[np.int16], rate: int) -> tuple[bool, ...]:
    """Which blocks are loud: clearly above the line's noise and not much below the voice's usual loudness."""
    blocks = side[: len(side) // int(rate * BLOCK_S) * int(rate * BLOCK_S)].reshape(-1, int(rate * BLOCK_S))
    if not len(blocks):
        return ()
    loudness = np.sqrt(np.mean((blocks.astype(np.float32) / 32768.0) ** 2, axis=1))
    noise, voice = np.quantile(loudness, [0.2, 0.98])
    return tuple(bool(loud) for loud in loudness > max(_FLOOR, 2 * float(noise), 0.12 * float(voice)))


def _path(heights: NDArray[np.float64], *, up: bool) -> str:
    step = WIDTH / len(heights)
    sign = -1 if up else 1
    pieces = [
        f"M{(index + 0.5) * step:.1f} {HALF + sign * 2:.0f}v{sign * height * (HALF - 4):.1f}"
        for index, height in enumerate(heights)
        if height > 0.04  # noqa: PLR2004 - below this a bar would be thinner than its line
    ]
    return "".join(pieces)
