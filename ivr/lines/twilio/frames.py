"""From pieces of sound to frames of 20 ms, and when calls may be begun. Pure."""

from __future__ import annotations

from ivr.lines import AudioFrame
from ivr.lines.concealment import Concealment
from speech.audio import mulaw_decode
from speech.types import FRAME_SAMPLES, SAMPLE_RATE

_SAMPLES_PER_MS = SAMPLE_RATE // 1000
_LONGEST_GAP_FRAMES = 1500
"""30 s: a timestamp that jumps further is nonsense."""


class Arrivals:
    """Makes frames of what arrives. Over TCP nothing is lost, only late; what Twilio left out is concealed.

    Frames are passed on at once, a burst after a stall as well: nothing that an elder said is skipped.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._next: int | None = None
        """Where the next piece should begin, in samples by Twilio's clock."""
        self._concealment = Concealment()

    def take(self, payload: bytes, at_ms: int) -> list[AudioFrame]:
        """The frames that a piece of mu-law completes; ``at_ms`` is its moment by Twilio's own clock."""
        frames = self._gap_before(at_ms)
        self._next = max(self._next or 0, at_ms * _SAMPLES_PER_MS) + len(payload)
        data = self._rest + payload
        whole = len(data) - len(data) % FRAME_SAMPLES
        self._rest = data[whole:]
        for at in range(0, whole, FRAME_SAMPLES):
            pcm = mulaw_decode(data[at : at + FRAME_SAMPLES])
            self._concealment.arrived(pcm)
            frames.append(AudioFrame(pcm))
        return frames

    def _gap_before(self, at_ms: int) -> list[AudioFrame]:
        if self._next is None:
            return []
        missing = (at_ms * _SAMPLES_PER_MS - self._next) // FRAME_SAMPLES
        if not 0 < missing <= _LONGEST_GAP_FRAMES:
            return []
        return [self._concealment.missing() for _ in range(missing)]


class StartGate:
    """Spaces the beginnings of calls: what an account may not begin yet would queue at Twilio unseen."""

    def __init__(self, calls_per_second: float) -> None:
        self._apart_s = 1.0 / calls_per_second
        self._free_at = float("-inf")

    def wait_before(self, now: float) -> float:
        """Take the next turn; seconds to wait for it from ``now`` (the loop's time)."""
        turn = max(now, self._free_at)
        self._free_at = turn + self._apart_s
        return turn - now
