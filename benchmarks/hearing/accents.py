"""Mandarin as it is spoken far from Beijing: the same words with other tones, and sounds that have merged.

The tones are those that surveys of the dialects give as contours on a scale of five (Xi'an 21 24 53 44,
Chengdu 55 21 53 213, Chongqing 55 21 42 214, Wuhan 55 213 42 35, Jinan 213 42 55 21, Tianjin 21 45 213 53,
Lanzhou 31 53 33 24, Taiyuan 11 11 53 45, Kunming 44 31 53 212; Zhengzhou 24 42 53 312): an old person's
Mandarin keeps them. Here each is the nearest of the standard language's four, all that a voice can be told.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import cn2an
import soxr
from misaki.zh import ZHG2P
from pypinyin import Style, lazy_pinyin

from speech.synthesizers.kokoro import MODEL_RATE, VOICES, KokoroSynthesizer
from speech.synthesizers.levels import to_telephone_level
from speech.types import SAMPLE_RATE, Language, Pcm, SynthesisError

ACCENTS: dict[str, tuple[str, str, str, str]] = {
    "Xi'an": ("3", "2", "4", "1"),
    "Chengdu": ("1", "3", "4", "23"),
    "Chongqing": ("1", "34", "4", "23"),
    "Wuhan": ("1", "3", "4", "2"),
    "Jinan": ("3", "4", "1", "3"),
    "Tianjin": ("3", "2", "3", "4"),
    "Lanzhou": ("4", "4", "1", "2"),
    "Taiyuan": ("3", "3", "4", "2"),
    "Kunming": ("1", "4", "4", "3"),
}
"""By which standard tone, or one of several, each of the four is spoken."""
KEPT_BACK: dict[str, tuple[str, str, str, str]] = {"Zhengzhou": ("2", "4", "4", "3")}
"""Never in a lesson: tells whether an accent that was not learnt is heard better too."""

MERGERS: tuple[tuple[tuple[str, str], ...], ...] = (
    ((r"^(z|c|s)h", r"\1"),),
    ((r"^n(?=[aeiouv])", "l"), (r"^l(?=[aeou])", "n")),
    ((r"^hu(?=[ao])|^h(?=u\d)", "f"),),
    ((r"^r(?=[aeou])", "l"),),
    ((r"(?<=[ei])ng(?=\d)", "n"), (r"(?<=[aei])n(?=\d)", "ng")),
)
"""Sounds that have merged somewhere, one way or the other: flat tongues, n and l, hu and f, r and l, endings
with n and ng."""
MERGED = 0.25
"""How likely each of them is in one person's speech."""
THICK = (0.6, 1.0)
"""How many of the words have the accent: who knows the robot speaks Mandarin tries to."""

_SYLLABLE = re.compile(r"[a-zü]+\d")


class Accent:
    """One person's: a region's tones, some mergers, thick or slight. The dice make it the same each time."""

    def __init__(self, tones: Sequence[str], dice: random.Random) -> None:
        self._tones = [dice.choice(ways) for ways in tones]
        self.mergers = [dice.choice(ways) for ways in MERGERS if dice.random() < MERGED]
        self._thick = dice.uniform(*THICK)
        self._dice = dice

    def sounds(self, sentence: str) -> str:
        """A sentence in Kokoro's alphabet, as ``speech.synthesizers.phonemes`` gives it without an accent."""
        spelt = ZHG2P.map_punctuation(cn2an.transform(sentence, "an2cn"))
        parts = re.findall(r"[\u4e00-\u9fff]+|[^\u4e00-\u9fff]+", spelt)
        return "".join(self._words(part) if "\u4e00" <= part[0] <= "\u9fff" else part for part in parts)

    def coloured(self, syllable: str) -> str:
        """A syllable of pinyin with its tone's number; as it was where the accent does not show."""
        if not _SYLLABLE.fullmatch(syllable) or self._dice.random() > self._thick:
            return syllable
        said = syllable
        for standard, merged in self.mergers:
            said = re.sub(standard, merged, said)
        tone = int(said[-1])
        return said if tone not in range(1, 5) else said[:-1] + self._tones[tone - 1]

    def _words(self, part: str) -> str:
        import jieba  # noqa: PLC0415 - a second of loading that only a rendering should pay for

        return " ".join("".join(map(self._spoken, _pinyin(word))) for word in jieba.lcut(part))

    def _spoken(self, syllable: str) -> str:
        for way in (self.coloured(syllable), syllable):
            try:
                return str(ZHG2P.py2ipa(way)).replace("\u032f", "")
            except (ValueError, AssertionError, KeyError):
                continue  # a merger made what no syllable of the standard language is
        return ""


def _pinyin(word: str) -> list[str]:
    return list(lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True))


class AccentedKokoro:
    """Implements ``speech.types.Synthesizer``: Kokoro's voices with the tones of a region."""

    languages: tuple[Language, ...] = ("zh-CN",)

    def __init__(self, models_dir: Path, region: str) -> None:
        """One of ``ACCENTS`` or ``KEPT_BACK``. Raises KeyError, ModelMissingError."""
        self._tones = (ACCENTS | KEPT_BACK)[region]
        self._kokoro = KokoroSynthesizer(models_dir)
        self.name = f"{self._kokoro.name}-{region}"

    def render(self, sentence: str, *, language: Language, voice: str = "", speed: float = 1.0) -> Pcm:
        """A sentence at 8 kHz, each with an accent of its own. Raises SynthesisError."""
        if language not in self.languages:
            raise SynthesisError(f"Accents are Mandarin's, not of {language}")
        style = self._kokoro.style(voice or VOICES[language])
        sounds = Accent(self._tones, random.Random(zlib.crc32(sentence.encode()))).sounds(sentence)
        samples = self._kokoro.spoken(sounds, sentence, style=lambda count: style[count - 1], speed=speed)
        return to_telephone_level(soxr.resample(samples, MODEL_RATE, SAMPLE_RATE))
