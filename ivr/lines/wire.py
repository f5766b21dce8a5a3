"""One direction of a simulated telephone connection: G.711, late and lost packets, and what hides them."""

from __future__ import annotations

import math
import random
from collections import deque

from ivr.lines import AudioFrame
from ivr.lines.concealment import SILENCE, Concealment
from speech.audio import mulaw_decode, mulaw_encode
from speech.types import FRAME_SECONDS, Pcm

__all__ = ["SILENCE", "Wire"]

_QUIET = AudioFrame(SILENCE)


class Wire:
    """Carries 20 ms packets one way through mu-law, with a jitter buffer and concealment at the far side."""

    def __init__(
        self, *, jitter_ms: float = 0.0, loss: float = 0.0, dice: random.Random | None = None
    ) -> None:
        """Set how bad the connection is. Raises ValueError for what cannot be.

        ``jitter_ms`` is three standard deviations of a packet's arrival and the depth of the jitter buffer
        (rounded up to frames); what comes later counts as lost. ``loss`` is the share of packets, 0..1,
        that never arrive.
        """
        if jitter_ms < 0 or not 0 <= loss <= 1:
            raise ValueError(f"A line cannot have {jitter_ms} ms of jitter and lose a share of {loss}")
        self._sigma_ms = jitter_ms / 3
        self._loss = loss
        self._dice = dice or random.Random(0)
        depth = math.ceil(jitter_ms / (1000 * FRAME_SECONDS))
        self._buffer_ms = depth * 1000 * FRAME_SECONDS
        self._in_flight: deque[AudioFrame] = deque([_QUIET] * depth)
        self._concealment = Concealment()

    @property
    def perfect(self) -> bool:
        """Whether nothing is delayed or lost."""
        return not self._sigma_ms and not self._loss

    def carry(self, pcm: Pcm) -> AudioFrame:
        """Send one frame of 160 samples; returns the frame that is played out at the other side meanwhile."""
        if self.perfect:
            return _coded(pcm)
        self._in_flight.append(self._concealment.missing() if self._goes_missing() else self._arrive(pcm))
        return self._in_flight.popleft()

    def _goes_missing(self) -> bool:
        late = self._sigma_ms and abs(self._dice.gauss(0.0, self._sigma_ms)) > self._buffer_ms
        return bool(late) or self._dice.random() < self._loss

    def _arrive(self, pcm: Pcm) -> AudioFrame:
        frame = _coded(pcm)
        self._concealment.arrived(frame.pcm)
        return frame


def _coded(pcm: Pcm) -> AudioFrame:
    """What is left of a frame after mu-law there and back."""
    if pcm is SILENCE:
        return _QUIET
    return AudioFrame(mulaw_decode(mulaw_encode(pcm)))
