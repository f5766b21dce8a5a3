"""Where the sound that a voice detector has noticed really begins.

A detector notices soft beginnings late, for some utterances half a second late: most of all an unvoiced
consonant or a low first syllable. A fixed stretch of silence kept before speech is too short for these, and
for all others a longer one only brings the end of what was said before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from speech.types import SAMPLE_RATE, Pcm

MOST_S = 0.6
"""How far back a beginning is looked for."""
BEFORE_S = 0.1
"""Kept before the first sound, as before every one."""
_FRAME = SAMPLE_RATE // 100
_GAP_FRAMES = 12
"""A closure of 120 ms within the sound does not end it: that of a plosive, or the breath in "对，是我"."""
_ABOVE_QUIET = 3.0
"""Ten decibels above what the line sounds like when nobody speaks, sound is somebody's."""
_BELOW_SPEECH = 0.03
"""What is thirty decibels below the speech is not heard as part of it."""
_SPEECH_S = 0.3


def sound_begins(pcm: Pcm, at: int, *, earliest: int = 0) -> int:
    """The sample at which the sound begins that goes on at sample ``at``; ``at`` itself if none came before.

    Looks back no further than ``MOST_S`` and to ``earliest``. The quietest moments before ``at`` tell how the
    line sounds when nobody speaks.
    """
    first = max(earliest, at - round(MOST_S * SAMPLE_RATE))
    frames = (at - first) // _FRAME
    if frames <= 0:
        return at
    before = _levels(pcm[at - frames * _FRAME : at])
    speech = _levels(pcm[at : at + round(_SPEECH_S * SAMPLE_RATE)])
    loud = max(float(speech.max(initial=0.0)), 1.0)
    least = max(_ABOVE_QUIET * float(np.quantile(before, 0.1)), _BELOW_SPEECH * loud)
    begins = frames
    for index in range(frames - 1, -1, -1):
        if before[index] >= least:
            begins = index
        elif begins - index > _GAP_FRAMES:
            break
    return at - (frames - begins) * _FRAME


def _levels(pcm: Pcm) -> NDArray[np.float64]:
    """Root mean square of every whole 10 ms."""
    whole = pcm[: len(pcm) // _FRAME * _FRAME].astype(np.float64).reshape(-1, _FRAME)
    return np.asarray(np.sqrt(np.mean(whole**2, axis=1)))
