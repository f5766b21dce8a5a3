"""Who speaks the sentences: Kokoro's voices, each sentence with its own voice and pace, rendered once."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.hearing.accents import AccentedKokoro
from benchmarks.hearing.corpus import Row
from speech.prompts import PromptStore
from speech.synthesizers import open_synthesizer
from speech.types import Language, Pcm

TUNING: dict[Language, tuple[str, ...]] = {
    "zh-CN": ("zf_xiaoxiao", "zf_xiaobei", "zm_yunxi", "zm_yunjian"),
    "es": ("ef_dora",),
    "en": ("af_heart", "am_michael", "bf_emma"),
}
"""Voices that may be listened to while tuning."""
TESTING: dict[Language, tuple[str, ...]] = {
    "zh-CN": ("zf_xiaoni", "zf_xiaoyi", "zm_yunxia", "zm_yunyang"),
    "es": ("em_alex", "em_santa"),
    "en": ("af_bella", "am_adam", "bm_george"),
}
"""Voices kept for testing."""
PACES = (0.8, 0.9, 1.0, 1.1)
"""Elders speak slower than what the engine takes for normal."""


class Speakers:
    """Gives each row its sound."""

    def __init__(
        self, language: Language, voices: Sequence[str], *, models_dir: Path, cache: Path, accent: str = ""
    ) -> None:
        self._language = language
        self._voices = voices
        kokoro = (
            AccentedKokoro(models_dir, accent)
            if accent
            else open_synthesizer("kokoro", models_dir=models_dir)
        )
        self._store = PromptStore(kokoro, cache_dir=cache)

    def voice(self, row: Row, *, take: int = 0) -> str:
        """The voice that the row's text chooses; ``take`` 1, 2 ... give others."""
        return self._voices[(_dice(row) + take) % len(self._voices)]

    def speak(self, row: Row, *, take: int = 0) -> Pcm:
        """The row in its voice and at a pace that its text chooses as well."""
        pace = PACES[(_dice(row) // 7 + take) % len(PACES)]
        voice = self.voice(row, take=take)
        return self._store.get(row.text, language=self._language, speed=pace, voice=voice).pcm

    def rehearse(self, rows: Sequence[Row], takes: int, progress: Callable[[int, int], None]) -> None:
        """Render everything that is not in the cache yet, about a second each."""
        total = len(rows) * takes
        for done, (row, take) in enumerate(((row, take) for row in rows for take in range(takes)), 1):
            self.speak(row, take=take)
            progress(done, total)


def _dice(row: Row) -> int:
    return zlib.crc32(row.text.encode())
