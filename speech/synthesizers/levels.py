"""Bringing a rendered voice to the level and length a telephone listener expects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from speech.audio import fade, from_float, set_level
from speech.types import SAMPLE_RATE, Pcm

SPEECH_DBFS = -20.0
"""Mean level of the voice: loud for hard ears, with 19 dB left for its peaks."""
QUIET = 0.01
"""Fraction of the loudest 10 ms below which the beginning and the end are cut away."""
KEEP_S = 0.04
STEP = SAMPLE_RATE // 100


def to_telephone_level(samples: NDArray[np.float32]) -> Pcm:
    """Trim silence at both ends, set the level, smooth the edges. ``samples``: shape (n,), 8 kHz, -1..1."""
    return fade(set_level(from_float(_trim(samples)), SPEECH_DBFS))


def _trim(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    whole = len(samples) // STEP * STEP
    if not whole:
        return samples
    energy = (samples[:whole].reshape(-1, STEP) ** 2).mean(axis=1)
    loud = np.flatnonzero(energy > QUIET**2 * energy.max())
    if not len(loud):
        return samples
    keep = int(KEEP_S * SAMPLE_RATE)
    return samples[max(0, loud[0] * STEP - keep) : (loud[-1] + 1) * STEP + keep]
