"""What a telephone line does to a voice: level, noise, band, clipping, G.711, lost packets.

Everything is seeded by what is spoken, so that the same sentence always meets the same line.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ivr.lines.wire import Wire
from speech.audio import alaw_decode, alaw_encode, from_float, level_dbfs, to_float
from speech.types import FRAME_SAMPLES, SAMPLE_RATE, Pcm

BAND_HZ = (300.0, 3400.0)
"""What a landline carries (ITU-T G.712)."""
LEAD_S, TAIL_S = 0.3, 0.5
"""Room sound before and after the speech, as an endpointer leaves it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One kind of line."""

    name: str
    noise_db: float | None = None
    """Speech to noise ratio; None for a line without noise."""
    loss: float = 0.0
    """Share of packets lost, 0..1."""
    clip: float | None = None
    """Share of the loudest sample at which everything is cut off."""
    far: bool = False
    """The handset is away from the mouth: quiet, dull and with the room's echo."""
    a_law: bool = False


CONDITIONS: tuple[Condition, ...] = (
    Condition("clean"),
    Condition("noise 20 dB", noise_db=20),
    Condition("noise 10 dB", noise_db=10),
    Condition("noise 5 dB", noise_db=5),
    Condition("loss 1 %", loss=0.01),
    Condition("loss 3 %", loss=0.03),
    Condition("loss 5 %", loss=0.05),
    Condition("clipped", clip=0.15),
    Condition("far handset", far=True, noise_db=20, a_law=True),
    Condition("noise 10 dB, loss 3 %", noise_db=10, loss=0.03),
)
MAIN = ("clean", "noise 10 dB, loss 3 %")
"""The two that targets are set for."""


def transmit(pcm: Pcm, condition: Condition, seed: str) -> Pcm:
    """Send clean speech over a line; 8 kHz in and out, lead and tail added."""
    number = zlib.crc32(f"{condition.name}/{seed}".encode())
    dice = np.random.default_rng(number)
    pad = (round(LEAD_S * SAMPLE_RATE), round(TAIL_S * SAMPLE_RATE))
    voice = np.pad(to_float(pcm), pad).astype(np.float64)
    loudness = 10 ** (level_dbfs(pcm) / 20)
    if condition.far:
        voice, loudness = _far(voice) * 10 ** (-18 / 20), loudness * 10 ** (-18 / 20)
    if condition.noise_db is not None:
        voice = voice + _noise(len(voice), dice) * loudness * 10 ** (-condition.noise_db / 20)
    voice = _band(voice)
    if condition.clip is not None:
        most = condition.clip * float(np.max(np.abs(voice)))
        voice = np.clip(voice, -most, most) * 3
    samples = from_float(voice.astype(np.float32))
    if condition.a_law:
        samples = alaw_decode(alaw_encode(samples))
    return _packets(samples, Wire(loss=condition.loss, dice=random.Random(number)))


def _packets(samples: Pcm, wire: Wire) -> Pcm:
    count = -(-len(samples) // FRAME_SAMPLES)
    frames = np.pad(samples, (0, count * FRAME_SAMPLES - len(samples))).reshape(count, FRAME_SAMPLES)
    return np.concatenate([wire.carry(frame).pcm for frame in frames])


def _band(voice: NDArray[np.float64]) -> NDArray[np.float64]:
    """A telephone's band, with soft edges."""
    spectrum = np.fft.rfft(voice)
    hertz = np.fft.rfftfreq(len(voice), 1 / SAMPLE_RATE)
    low, high = BAND_HZ
    gain = 1 / np.sqrt(1 + (low / np.maximum(hertz, 1)) ** 8) / np.sqrt(1 + (hertz / high) ** 16)
    return np.fft.irfft(spectrum * gain, len(voice))


def _far(voice: NDArray[np.float64]) -> NDArray[np.float64]:
    """A quarter of a second of room, and less of what is above 2 kHz."""
    room = np.zeros(SAMPLE_RATE // 4)
    room[0] = 1.0
    dice = np.random.default_rng(7)
    tail = dice.standard_normal(len(room)) * np.exp(-np.arange(len(room)) / (0.05 * SAMPLE_RATE))
    heard = np.convolve(voice, room + 0.12 * tail)[: len(voice)]
    spectrum = np.fft.rfft(heard)
    hertz = np.fft.rfftfreq(len(heard), 1 / SAMPLE_RATE)
    return np.fft.irfft(spectrum / np.sqrt(1 + (hertz / 2000) ** 2), len(heard))


def _noise(count: int, dice: np.random.Generator) -> NDArray[np.float64]:
    """Pink noise within the telephone's band, RMS 1."""
    spectrum = np.fft.rfft(dice.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    pink = _band(np.fft.irfft(spectrum / np.sqrt(np.maximum(hertz, 50)), count))
    return np.asarray(pink / np.sqrt(np.mean(pink**2)))
