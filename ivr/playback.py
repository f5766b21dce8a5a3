"""The mouth of a call: plays sentences frame by frame and falls silent within one frame when told to."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import numpy as np

from ivr.gaps import AUDIBLE_DBFS
from ivr.lines import Call, Hushable
from ivr.lines.wire import SILENCE
from ivr.recording import Recording
from speech.audio import level_dbfs
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, Pcm

_FULL = 32767.0
_COMFORT_RMS = 40.0
"""58 dB below full scale: like a line on which somebody is there, too soft to be taken for a voice."""
_COMFORT_FRAMES = 64
_QUIET_SHARE = 0.1
"""Frames below this share of a sentence's loud ones are its pauses."""
_PAUSE_FRAMES = 3
_MISSED_S = 0.6
"""What was said while somebody began to interrupt was not heard, and is said again."""
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


def resume_point(pcm: Pcm, played: int) -> int:
    """Where to go on with a sentence that was stopped after ``played`` samples: at a phrase's beginning.

    The last pause of 60 ms that lies far enough back for nothing to be missed; 0 if there is none.
    """
    frames = len(pcm) // FRAME_SAMPLES
    if not frames:
        return 0
    whole = pcm[: frames * FRAME_SAMPLES].astype(np.float64).reshape(frames, FRAME_SAMPLES)
    level = np.sqrt(np.mean(whole**2, axis=1))
    quiet = level < _QUIET_SHARE * np.quantile(level, 0.9)
    latest = round(played / FRAME_SAMPLES - _MISSED_S / FRAME_SECONDS)
    for at in range(min(latest, frames), _PAUSE_FRAMES, -1):
        if quiet[at - _PAUSE_FRAMES : at].all() and not quiet[: at - _PAUSE_FRAMES].all():
            return (at - 1) * FRAME_SAMPLES
    return 0


def from_first_sound(pcm: Pcm) -> Pcm:
    """A sentence without the frames before its first audible one, of which renderings keep some.

    Whoever waits for a reply hears it so much sooner. One that is not audible at all stays as it is.
    """
    for at in range(0, len(pcm) - FRAME_SAMPLES, FRAME_SAMPLES):
        if level_dbfs(pcm[at : at + FRAME_SAMPLES]) >= AUDIBLE_DBFS:
            return pcm[at:]
    return pcm


def _comfort() -> list[Pcm]:
    """A soft, dull hiss, frame by frame: white noise smoothed, the same every time."""
    white = np.random.default_rng(1).normal(0.0, 1.0, _COMFORT_FRAMES * FRAME_SAMPLES)
    dull = np.convolve(white, np.ones(4) / 4, mode="same")
    hiss = (dull * (_COMFORT_RMS / dull.std())).astype(np.int16)
    return list(hiss.reshape(_COMFORT_FRAMES, FRAME_SAMPLES))


_COMFORT = _comfort()


class Mouth:
    """Sends one frame every 20 ms for as long as the call lasts: speech when there is some, else silence.

    While a reply is being worked out it sends a soft hiss: in dead silence people believe the line is gone.
    """

    def __init__(
        self,
        call: Call,
        recording: Recording,
        tell: Callable[[], None],
        *,
        sent: Callable[[int, Pcm], None] = lambda _frame, _pcm: None,
    ) -> None:
        """``tell`` is called when everything that was to be played has been sent.

        ``sent`` is told of every frame that is not silence, with its number in the recording.
        """
        self._call = call
        self._recording = recording
        self._tell = tell
        self._sent = sent
        self._frames: list[Pcm] = []
        self._at = 0
        self._pause = 0
        self._quiet_frames = 0
        self._over = False
        self._comfort = cycle(_COMFORT)
        self.thinking = False
        """Whether somebody waits for a reply; ends with the reply."""
        self.source: Callable[[], Pcm] | None = None
        """Where frames come from while there is nothing to say: somebody else's voice."""

    @property
    def speaking(self) -> bool:
        """Whether something is still to be sent."""
        return bool(self._frames)

    def play(self, pcm: Pcm, *, after_quiet_s: float = 0.0) -> None:
        """Play this instead of whatever was being played, once it has been quiet for so long."""
        short = -len(pcm) % FRAME_SAMPLES
        whole = np.pad(pcm, (0, short)) if short else pcm
        pause = max(0, round(after_quiet_s / FRAME_SECONDS) - self._quiet_frames)
        self._pause = pause
        self._frames = [SILENCE] * pause
        self._frames += [whole[at : at + FRAME_SAMPLES] for at in range(0, len(whole), FRAME_SAMPLES)]
        self._at = 0
        self.thinking = False

    def stop(self) -> int:
        """Fall silent with the next frame; returns how many samples of what it played were sent."""
        if self._frames and isinstance(self._call, Hushable):
            self._call.hush()
        played = max(0, self._at - self._pause) * FRAME_SAMPLES if self._frames else 0
        self._frames = []
        return played

    def end(self) -> None:
        """Nobody is there any more: send nothing further, lest the recording outlast the call."""
        self._frames = []
        self._over = True

    async def run(self) -> None:
        """Send frames until the call is over or this is cancelled."""
        while not self._over:
            playing = self._frames
            frame = playing[self._at] if playing else self._while_silent()
            self._at += 1
            await self._call.send(frame)
            self._recording.add_robot(frame)
            if playing and frame is not SILENCE:
                self._sent(self._recording.frames - 1, frame)
            self._quiet_frames = self._quiet_frames + 1 if frame is SILENCE or not playing else 0
            # While the frame was under way somebody may have said "stop" or begun something else.
            if playing and playing is self._frames and self._at >= len(playing):
                self._frames = []
                self._tell()

    def _while_silent(self) -> Pcm:
        if self.source is not None:
            return self.source()
        return next(self._comfort) if self.thinking else SILENCE
