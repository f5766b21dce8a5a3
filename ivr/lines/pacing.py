"""Both directions of a call's audio in step with 20 ms: when to send, and what is heard meanwhile. Pure."""

from __future__ import annotations

from collections import deque

import numpy as np

from ivr.lines import AudioFrame
from ivr.lines.concealment import SILENCE, Concealment
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, Pcm

LEAD_S = 0.06
"""How much audio the stack has in hand, so that a moment's delay on our side is not heard."""
_BYTES = FRAME_SAMPLES * 2
_CUSHION = 1
"""Frames waited for before playing. The stack's jitter buffer evens out the network, this one the threads."""
_MOST = 10
"""Frames in hand, 200 ms; more would make the conversation sluggish. They are passed on at once then, faster
than they were said. None is skipped: it might have been the cry for help."""
_QUIET = AudioFrame(SILENCE)


class Pacer:
    """Tells a sender how long to wait, by absolute deadlines: delays do not add up."""

    def __init__(self, lead_s: float = LEAD_S) -> None:
        """``lead_s``: seconds of audio to be handed over ahead of time."""
        self._lead = lead_s
        self._played_until = float("-inf")

    def wait_after(self, now: float) -> float:
        """Seconds to wait after a frame was handed over at ``now`` (the loop's time); 0 for none."""
        self._played_until = max(self._played_until, now) + FRAME_SECONDS
        return max(0.0, self._played_until - self._lead - now)


class Playout:
    """Makes frames of 20 ms of what the stack gives, which comes in lumps and with gaps. Loses nothing."""

    def __init__(self) -> None:
        self._frames: deque[Pcm] = deque()
        self._rest = b""
        self._playing = False
        self._begun = False
        self._concealment = Concealment()

    def push(self, data: bytes) -> None:
        """Take what arrived: linear PCM, 16 bits, native order, of any length."""
        data = self._rest + data
        whole = len(data) - len(data) % _BYTES
        self._rest = data[whole:]
        samples = np.frombuffer(data[:whole], np.int16)
        self._frames.extend(samples.reshape(-1, FRAME_SAMPLES))

    def pull(self) -> list[AudioFrame]:
        """One frame, or after a stall all that came late: called every 20 ms.

        Silence until audio first comes; later gaps are concealed and marked as lost.
        """
        frames = [self._next()]
        if len(self._frames) > _MOST:
            while len(self._frames) > _CUSHION:
                frames.append(self._next())
        return frames

    def _next(self) -> AudioFrame:
        if not self._playing and len(self._frames) > _CUSHION:
            self._playing = self._begun = True
        if self._playing and self._frames:
            pcm = self._frames.popleft()
            self._concealment.arrived(pcm)
            return AudioFrame(pcm)
        self._playing = False
        return self._concealment.missing() if self._begun else _QUIET
