"""Takes steady noise out of speech: gently, since what is left of a voice matters more than a quiet line.

Spectral weighting after Wiener with the decision-directed estimate of Ephraim and Malah (IEEE Trans. ASSP
32 (1984) 1109), the noise learnt from the quietest eighth of the utterance. Nothing is lowered by more than
10 dB.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from speech.types import Pcm

_WINDOW, _HOP = 256, 64
"""Samples: 32 ms and 8 ms."""
_QUIETEST = 0.12
_FEWEST_FRAMES = 5
_OVER = 1.2
"""By how much the noise is taken for louder than its quietest moments."""
_MEMORY = 0.98
_FLOOR = 0.3
"""Least gain of any part of the spectrum."""
_NOTHING = 1e-9


def denoised(pcm: Pcm) -> Pcm:
    """The same speech with less of what sounds all the time; shape and level are kept."""
    if len(pcm) < _WINDOW:
        return pcm
    window = np.hanning(_WINDOW)
    padded = np.pad(pcm.astype(np.float64), (_WINDOW, _WINDOW))
    starts = range(0, len(padded) - _WINDOW, _HOP)
    spectra = np.fft.rfft(np.stack([padded[at : at + _WINDOW] for at in starts]) * window, axis=1)
    weighted = spectra * _gains(np.abs(spectra) ** 2)
    frames = np.fft.irfft(weighted, _WINDOW, axis=1) * window
    sound, weight = np.zeros(len(padded)), np.zeros(len(padded))
    for at, frame in zip(starts, frames, strict=True):
        sound[at : at + _WINDOW] += frame
        weight[at : at + _WINDOW] += window**2
    clean = (sound / np.maximum(weight, _NOTHING))[_WINDOW : _WINDOW + len(pcm)]
    return np.clip(np.rint(clean), -32768, 32767).astype(np.int16)


def _gains(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gain of every part of every frame, shape as ``power``: (frames, frequencies)."""
    noise = _noise(power)
    gains = np.empty_like(power)
    before = np.zeros(power.shape[1])
    for number, frame in enumerate(power):
        above = np.maximum(frame / noise - 1, 0)
        ratio = _MEMORY * before / noise + (1 - _MEMORY) * above
        gains[number] = np.maximum(ratio / (1 + ratio), _FLOOR)
        before = gains[number] ** 2 * frame
    return gains


def _noise(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power of the noise by frequency. Digital silence between packets is not the line's noise."""
    loud = power.sum(axis=1)
    sounding = np.flatnonzero(loud > _NOTHING)
    count = min(max(_FEWEST_FRAMES, int(_QUIETEST * len(sounding))), len(sounding))
    quietest = sounding[np.argsort(loud[sounding])[:count]]
    return np.asarray(power[quietest].mean(axis=0) * _OVER + _NOTHING if count else np.ones(power.shape[1]))
