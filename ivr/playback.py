"""The mouth of a call: plays sentences frame by frame and falls silent within one frame when told to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ivr.lines import Call, Hushable
from ivr.lines.wire import SILENCE
from ivr.recording import Recording
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, Pcm

_FULL = 32767.0
_KNEE = 0.7
"""Share of full scale above which loud speech is bent rather than clipped."""


def louder(pcm: Pcm, gain_db: float) -> Pcm:
    """Amplify by ``gain_db`` decibels (negative: softer); peaks are rounded off instead of clipped.

    Elders who are hard of hearing ask for loud speech, and clipped speech is loud but harder to understand.
    """
    if gain_db == 0 or not len(pcm):
        return pcm
    scaled = pcm.astype(np.float64) * (10 ** (gain_db / 20) / _FULL)
    size = np.abs(scaled)
    bent = _KNEE + (1 - _KNEE) * np.tanh((size - _KNEE) / (1 - _KNEE))
    return np.asarray(np.where(size > _KNEE, np.sign(scaled) * bent, scaled) * _FULL, np.int16)


class Mouth:
    """Sends one frame every 20 ms for as long as the call lasts: speech when there is some, else silence."""

    def __init__(self, call: Call, recording: Recording, tell: Callable[[], None]) -> None:
        """``tell`` is called when everything that was to be played has been sent."""
        self._call = call
        self._recording = recording
        self._tell = tell
        self._frames: list[Pcm] = []
        self._at = 0
        self._quiet_frames = 0

    @property
    def speaking(self) -> bool:
        """Whether something is still to be sent."""
        return bool(self._frames)

    def play(self, pcm: Pcm, *, after_quiet_s: float = 0.0) -> None:
        """Play this instead of whatever was being played, once it has been quiet for so long."""
        short = -len(pcm) % FRAME_SAMPLES
        whole = np.pad(pcm, (0, short)) if short else pcm
        pause = max(0, round(after_quiet_s / FRAME_SECONDS) - self._quiet_frames)
        self._frames = [SILENCE] * pause
        self._frames += [whole[at : at + FRAME_SAMPLES] for at in range(0, len(whole), FRAME_SAMPLES)]
        self._at = 0

    def stop(self) -> None:
        """Fall silent with the next frame."""
        if self._frames and isinstance(self._call, Hushable):
            self._call.hush()
        self._frames = []

    async def run(self) -> None:
        """Send frames until cancelled."""
        while True:
            frame = self._frames[self._at] if self._frames else SILENCE
            playing = self._frames
            self._at += 1
            await self._call.send(frame)
            self._recording.add_robot(frame)
            self._quiet_frames = self._quiet_frames + 1 if frame is SILENCE else 0
            # While the frame was under way somebody may have said "stop" or begun something else.
            if playing and playing is self._frames and self._at >= len(playing):
                self._frames = []
                self._tell()
