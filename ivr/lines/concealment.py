"""What is played where a packet is missing."""

from __future__ import annotations

import numpy as np

from ivr.lines import AudioFrame
from speech.types import FRAME_SAMPLES, Pcm

SILENCE: Pcm = np.zeros(FRAME_SAMPLES, np.int16)
"""One frame in which nothing is said. Shared: never write to it."""
SILENCE.setflags(write=False)

_FADE = (0.7, 0.4, 0.15)
"""How loud the last good frame is repeated for the first, second and third lost frame in a row; then silence.
After ITU-T G.711 Appendix I, which likewise fades to silence within 60 ms."""
_QUIET_LOST = AudioFrame(SILENCE, lost=True)


class Concealment:
    """Hides gaps: repeats what was last heard, ever more quietly."""

    def __init__(self) -> None:
        self._last_good: Pcm = SILENCE
        self._lost_in_a_row = 0

    def arrived(self, pcm: Pcm) -> None:
        """A frame of 160 samples was heard."""
        self._last_good = pcm
        self._lost_in_a_row = 0

    def missing(self) -> AudioFrame:
        """The frame to play where one is missing; marked as lost."""
        gone = self._lost_in_a_row
        self._lost_in_a_row += 1
        if gone >= len(_FADE) or self._last_good is SILENCE:
            return _QUIET_LOST
        return AudioFrame((self._last_good * _FADE[gone]).astype(np.int16), lost=True)
