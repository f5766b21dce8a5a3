"""Whoever holds a PJSIP telephone: what they say, hear and do; see ``pjsip_phone``."""

from __future__ import annotations

import time
import wave
from typing import Any

import numpy as np
import pjsua2 as pj

from support.pjsip_manner import Manner

RATE = 8000
FRAME = 160
LOUD = 1000
NEAR_HZ = 12.0


def speech(path: str) -> np.ndarray:
    with wave.open(path) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (RATE, 2, 1)
        said = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return np.concatenate([said, np.zeros(4 * RATE, np.int16)])


class Ear(pj.AudioMediaPort):
    """Keeps what arrives and sends a tone."""

    def __init__(self, manner: Manner) -> None:
        super().__init__()
        self.hertz = manner.tone_hz
        self.speech = speech(manner.says) if manner.says else None
        self.sent = 0
        self.saying = False
        """With acts: whether the person speaks right now."""
        self.silent = bool(manner.acts)
        self.heard: list[np.ndarray] = []

    def hears(self, hertz: float) -> bool:
        """Whether a voice of this pitch is there now."""
        pcm = np.concatenate(self.heard[-10:]) if len(self.heard) >= 10 else np.zeros(0)
        found, level = strongest(pcm) if len(pcm) else (0.0, 0.0)
        return level > LOUD and abs(found - hertz) <= NEAR_HZ

    def onFrameRequested(self, frame: Any) -> None:  # noqa: N802 - PJSIP's name
        at = self.sent + np.arange(FRAME)
        self.sent += FRAME
        if self.silent and not self.saying:
            pcm = bytes(2 * FRAME)
        elif self.speech is None:
            pcm = (8000 * np.sin(2 * np.pi * self.hertz * at / RATE)).astype("<i2").tobytes()
        else:
            pcm = self.speech[at % len(self.speech)].astype("<i2").tobytes()
        frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO
        for byte in pcm:
            frame.buf.append(byte)
        frame.size = len(pcm)

    def onFrameReceived(self, frame: Any) -> None:  # noqa: N802 - PJSIP's name
        if frame.size:
            self.heard.append(np.frombuffer(bytes(frame.buf[: frame.size]), "<i2"))


class Acts:
    """A person's acts on the telephone, whichever of its calls they are on.

    ``say HERTZ SECONDS``, ``wait SECONDS``, ``hear HERTZ`` (until a voice of this pitch is heard), ``hear_out
    SECONDS`` (until something was heard and then nothing for so long), ``press KEYS``, ``hang_up``.
    """

    def __init__(self, manner: Manner, ear: Ear) -> None:
        self.left = list(manner.acts)
        self._ear = ear
        self._began = 0.0
        self._from = 0
        """Frames heard when the act began."""

    def go_on(self, call: pj.Call) -> None:
        """Do what is due."""
        if not self.left:
            return
        if not self._began:
            self._began, self._from = time.monotonic(), len(self._ear.heard)
        if self._done(call, time.monotonic() - self._began, *self.left[0]):
            self._began = 0.0
            self.left.pop(0)

    def _done(self, call: pj.Call, passed_s: float, act: str, *more: Any) -> bool:
        match act:
            case "say":
                self._ear.hertz, self._ear.saying = more[0], passed_s < more[1]
                return not self._ear.saying
            case "wait":
                return passed_s >= more[0]
            case "hear":
                return self._ear.hears(more[0])
            case "hear_out":
                loud = [np.abs(each).max() > LOUD for each in self._ear.heard[self._from :]]
                return any(loud) and len(loud) - 1 - max(np.flatnonzero(loud)) >= more[0] * RATE / FRAME
            case "press":
                call.dialDtmf(more[0])
            case "hang_up":
                call.hangup(pj.CallOpParam())
        return True


def strongest(pcm: np.ndarray) -> tuple[float, float]:
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm))))
    level = float(np.sqrt(np.mean(pcm.astype(np.float64) ** 2)))
    return round(float(spectrum.argmax()) * RATE / len(pcm), 1), round(level, 1)
