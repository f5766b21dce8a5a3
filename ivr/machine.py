"""Did a person answer, or a machine? Only what is certain counts: whoever is in doubt is a person.

Rules after the habits of call centres: a phrase that only machines say, a tone after spoken words, or a
greeting that goes on and on is a machine. Silence is neither a machine nor a person, and words that sound
like distress are a person's unless both phrase and tone speak against it: better to talk to a tape than to
hang up on somebody on the floor.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum

import numpy as np

from speech.types import FRAME_SAMPLES, SAMPLE_RATE, Language, Pcm

SHORTEST_TAPE_S = 2.0
"""A tone means a machine only after this much talking: kettles and hearing aids whistle too."""
LONG_GREETING_S = 10.0
"""Nobody who picks up a telephone talks this long without waiting for an answer."""

MACHINE_PHRASES: Mapping[Language, tuple[str, ...]] = {
    "zh-CN": (
        "留言", "滴声", "嘀声", "哔声", "提示音", "语音信箱", "您拨打的", "您所拨打", "您呼叫的", "无法接通",
        "无人接听", "已关机", "已停机", "请稍后再拨", "来电提醒",
    ),
    "es": (
        "deje su mensaje", "deje un mensaje", "deja tu mensaje", "después de la señal", "después del tono",
        "buzón de voz", "el número que usted marcó", "el teléfono al que llama",
    ),
    "en": (
        "leave a message", "leave your message", "leave me a message", "after the tone", "after the beep",
        "voicemail", "voice mail", "mailbox", "can't come to the phone", "unable to take your call",
        "the number you have dialed", "the person you are calling",
    ),
}  # fmt: skip
"""What machines say and people do not. "Not available" is missing on purpose: relatives say it too."""


class Answerer(StrEnum):
    """Who picked up, as far as can be told."""

    PERSON = "person"
    MACHINE = "machine"


def judge(
    *, greeting_s: float, readings: Iterable[str], language: Language, beep: bool, urgent: bool
) -> Answerer:
    """Decide by the words that were spoken when the telephone was picked up.

    ``greeting_s``: seconds of them, without a longer pause; ``readings``: what they may have been, best
    first; ``beep``: whether a tone followed; ``urgent``: whether they were understood as a call for help.
    """  # fmt: skip
    said = tuple(readings)
    phrase = has_machine_phrase(said, language)
    if urgent:
        return Answerer.MACHINE if phrase and beep else Answerer.PERSON
    tone_after_words = beep and greeting_s >= SHORTEST_TAPE_S
    never_ending = greeting_s >= LONG_GREETING_S and any(said)
    return Answerer.MACHINE if phrase or tone_after_words or never_ending else Answerer.PERSON


def has_machine_phrase(readings: Iterable[str], language: Language) -> bool:
    """Whether any of these readings contains something that only machines say."""
    phrases = [_plain(phrase) for phrase in MACHINE_PHRASES[language]]
    return any(phrase in plain for plain in map(_plain, readings) for phrase in phrases)


def _plain(text: str) -> str:
    """Letters and characters only, accents and case removed, so that spelling makes no difference."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum())


_LOWEST_HZ, _HIGHEST_HZ = 380.0, 2100.0
_PURE = 0.9
"""Share of a frame's power within one spectral peak. A voice, even humming, spreads over its harmonics."""
_QUIETEST = 160.0
"""Root mean square (of 32768) below which nothing is a beep."""
_STEADY_BINS = 1
_SHORTEST_FRAMES = 8
"""160 ms: shorter ones are clicks of the line."""
_HALF_PEAK = 2
"""Bins on either side of a peak into which a Hann window smears a steady tone."""


class BeepDetector:
    """Hears the tone of an answering machine: one steady frequency for at least 160 ms."""

    def __init__(self) -> None:
        self._window = np.hanning(FRAME_SAMPLES)
        self._hertz_per_bin = SAMPLE_RATE / FRAME_SAMPLES
        self._pitch: int | None = None
        self._frames = 0

    def hears(self, frame: Pcm) -> bool:
        """Take in 20 ms (160 samples); true in every frame from the 160th millisecond of a tone on."""
        pitch = self._peak_of(frame)
        if pitch is not None and self._pitch is not None and abs(pitch - self._pitch) <= _STEADY_BINS:
            self._frames += 1
        else:
            self._pitch, self._frames = pitch, int(pitch is not None)
        return self._frames >= _SHORTEST_FRAMES

    def _peak_of(self, frame: Pcm) -> int | None:
        """The bin that holds nearly all of the frame's power, or None."""
        samples = frame.astype(np.float64)
        if np.dot(samples, samples) < _QUIETEST**2 * len(samples):
            return None
        power = np.abs(np.fft.rfft(samples * self._window)) ** 2
        peak = int(power.argmax())
        if not _LOWEST_HZ <= peak * self._hertz_per_bin <= _HIGHEST_HZ:
            return None
        near = power[peak - _HALF_PEAK : peak + _HALF_PEAK + 1].sum()
        return peak if near >= _PURE * power.sum() else None
