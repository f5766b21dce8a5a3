"""A voice for tests and rehearsals: each sentence becomes a tone, as long as saying it would take."""

from __future__ import annotations

import hashlib

import numpy as np

from speech.types import LANGUAGES, SAMPLE_RATE, Language, Pcm

SECONDS_PER_CHARACTER = 0.2
"""About 180 Chinese characters a minute with pauses; other scripts are counted at a quarter of it."""


class ToneSynthesizer:
    """Implements ``speech.types.Synthesizer`` without any model; the same sentence always sounds the same."""

    name = "tones"
    languages: tuple[Language, ...] = LANGUAGES

    def render(self, sentence: str, *, language: Language, voice: str = "", speed: float = 1.0) -> Pcm:
        """A tone between 300 and 1300 Hz, swelling and fading in a pattern that the sentence determines."""
        digest = hashlib.sha256(f"{sentence}|{voice}".encode()).digest()
        each = SECONDS_PER_CHARACTER if language == "zh-CN" else SECONDS_PER_CHARACTER / 4
        count = int(max(0.3, len(sentence) * each / speed) * SAMPLE_RATE)
        moments = np.arange(count) / SAMPLE_RATE
        swell = np.interp(
            np.linspace(0, 1, count), np.linspace(0, 1, 16), [0.2 + b / 320 for b in digest[:16]]
        )
        pitch = 300 + 1000 * digest[16] / 255
        tone = 8000 * swell * np.sin(2 * np.pi * pitch * moments)
        return np.round(tone).astype(np.int16)
