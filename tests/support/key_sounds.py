"""Keys as a telephone sounds them: two tones, as good or as bad as a test wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from ivr.key_tones import TONES_OF, KeyTones, amplitude
from ivr.lines import AudioFrame
from speech.audio import alaw_decode, alaw_encode, mulaw_decode, mulaw_encode
from speech.types import SAMPLE_RATE, Pcm
from support.telephone import frames_of

Codec = Callable[[Pcm], Pcm]


def mu_law(pcm: Pcm) -> Pcm:
    return mulaw_decode(mulaw_encode(pcm))


def a_law(pcm: Pcm) -> Pcm:
    return alaw_decode(alaw_encode(pcm))


def key_sound(
    key: str,
    seconds: float = 0.1,
    *,
    dbm0: float = -9.0,
    twist_db: float = -2.0,
    off: tuple[float, float] = (0.0, 0.0),
) -> Pcm:
    """The tones of a key.

    ``dbm0`` is the level of the louder tone, ``twist_db`` by how much the low one is louder, ``off`` by what
    share the low and the high one are off their frequencies.
    """
    moments = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    low_db, high_db = dbm0 + min(0.0, twist_db), dbm0 - max(0.0, twist_db)
    low, high = (hertz * (1 + wrong) for hertz, wrong in zip(TONES_OF[key], off, strict=True))
    both = amplitude(low_db) * np.sin(2 * np.pi * low * moments)
    both += amplitude(high_db) * np.sin(2 * np.pi * high * moments)
    return np.clip(both, -32768, 32767).astype(np.int16)


def pause(seconds: float) -> Pcm:
    return np.zeros(round(seconds * SAMPLE_RATE), np.int16)


def noise(count: int, rms: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, rms, count)


def keys_in(sound: Pcm | Iterable[AudioFrame], codec: Codec = mu_law) -> str:
    """The keys that are heard in a sound, or in frames as a line gives them."""
    ear = KeyTones()
    if isinstance(sound, np.ndarray):
        sound = (AudioFrame(frame) for frame in frames_of(codec(sound)))
    return "".join(ear.hears(each.pcm, lost=each.lost).key for each in sound)
