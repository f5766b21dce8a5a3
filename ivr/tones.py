"""Tones in the ear of a call: the beep of an answering machine, and a fax."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from speech.types import FRAME_SAMPLES, SAMPLE_RATE, Pcm

_LOWEST_HZ, _HIGHEST_HZ = 380.0, 2100.0
_PURE = 0.9
"""Share of a frame's power within one spectral peak. A voice, even humming, spreads over its harmonics."""
_QUIETEST = 160.0
"""Root mean square (of 32768) below which nothing is a beep."""
_STEADY_BINS = 1
_SHORTEST_FRAMES = 8
"""160 ms: shorter ones are clicks of the line."""
_HALF_PEAK = 2
"""Bins on either side of a peak into which a Hann window smears a steady tone."""


FAX_ANSWERS_HZ, FAX_CALLS_HZ = 2100.0, 1100.0
"""CED and CNG of ITU-T T.30: a fax that answers holds its tone for 2.6 to 4 s, one that calls repeats half a
second of it every 3.5 s."""
_FAX_SLACK_HZ = 40.0
_FAX_ANSWERS_FRAMES = 75
"""1.5 s: kettles waver, and whoever whistles runs out of breath."""
_FAX_CALLS_FRAMES = range(20, 31)
_FAX_CALLS = 2


class BeepDetector:
    """Hears the tone of an answering machine: one steady frequency for at least 160 ms; and a fax."""

    def __init__(self) -> None:
        self._window = np.hanning(FRAME_SAMPLES)
        self._hertz_per_bin = SAMPLE_RATE / FRAME_SAMPLES
        self._pitch: int | None = None
        self._frames = 0
        self._hertz = 0.0
        self._calls = 0
        self.fax = False
        """Whether the tone of a fax was heard."""

    def hears(self, frame: Pcm) -> bool:
        """Take in 20 ms (160 samples); true in every frame from the 160th millisecond of a tone on."""
        pitch = self._peak_of(frame)
        if pitch is not None and self._pitch is not None and abs(pitch - self._pitch) <= _STEADY_BINS:
            self._frames += 1
            self.fax |= self._frames >= _FAX_ANSWERS_FRAMES and self._is(FAX_ANSWERS_HZ)
        else:
            if self._frames in _FAX_CALLS_FRAMES and self._is(FAX_CALLS_HZ):
                self._calls += 1
                self.fax |= self._calls >= _FAX_CALLS
            self._pitch, self._frames = pitch, int(pitch is not None)
        return self._frames >= _SHORTEST_FRAMES

    def _is(self, hertz: float) -> bool:
        return abs(self._hertz - hertz) <= _FAX_SLACK_HZ

    def _peak_of(self, frame: Pcm) -> int | None:
        """The bin that holds nearly all of the frame's power, or None."""
        samples = frame.astype(np.float64)
        if np.dot(samples, samples) < _QUIETEST**2 * len(samples):
            return None
        power = np.abs(np.fft.rfft(samples * self._window)) ** 2
        peak = int(power.argmax())
        if not _LOWEST_HZ <= peak * self._hertz_per_bin <= _HIGHEST_HZ:
            return None
        near = power[peak - _HALF_PEAK : peak + _HALF_PEAK + 1].sum()
        if near < _PURE * power.sum():
            return None
        self._hertz = (peak + _between_bins(power, peak)) * self._hertz_per_bin
        return peak


def _between_bins(power: NDArray[np.float64], peak: int) -> float:
    """How far from its bin a peak really lies, in bins: the vertex of a parabola through its logarithms."""
    below, at, above = np.log(power[peak - 1 : peak + 2] + 1e-9)
    bend = below - 2 * at + above
    return float(0.5 * (below - above) / bend) if bend else 0.0
