"""Lessons as Whisper hears them: over a line that differs each time, under the question that was asked."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.typing import NDArray
from tokenizers import Tokenizer

from benchmarks.hearing.channel import Condition, transmit
from speech.audio import from_float, resample, to_float
from speech.denoise import denoised
from speech.lexicon import Lexicon, load_lexicon
from speech.recognizers.utterance import pieces_of
from speech.recognizers.whisper_model import MODEL_RATE
from speech.recognizers.whisper_pieces import PROMPTS, SLOWER
from speech.types import LANGUAGES, SAMPLE_RATE, Language, Pcm
from tools.tune_whisper.speaking import Lesson

CODES: dict[Language, str] = {"zh-CN": "zh", "es": "es", "en": "en"}
FRAMES_PER_SECOND = 100
ROOM_FRAMES = (50, 150)
"""Silence after the speech, in mel frames: between the least and the most that a window leaves."""
ASKED, STYLED = 0.7, 0.15
"""How often the question is given, and how often only the style; else nothing."""
EMPTY = 0.04
"""Share of lessons without anybody speaking: nothing is to be written then."""
FAR, QUIET, CLIPPED = 0.12, 0.2, 0.1
"""Shares of far handsets, of lines without noise, and of clipped ones."""
CLEANED = 0.4
"""How often it is the second hearing, slower and cleaned of noise."""
BABBLE = 0.15
"""How often others talk in the background."""
OTHERS, THROATS = 0.6, (0.86, 1.16)
"""How often somebody else's throat speaks, and by how much it is longer or shorter."""
ECHOING = 0.25
"""How often there is an echo."""
GAPS, MEL_BANDS, WIDEST_TONES, LONGEST_FRAMES = 2, 80, 10, 10


@dataclass(frozen=True, slots=True)
class Heard:
    """What the model is given and what it is to write: ``tokens`` from ``start`` on are learnt."""

    mel: NDArray[np.float32]
    tokens: tuple[int, ...]
    start: int


class Listener:
    """Makes an endless number of hearings of each lesson."""

    def __init__(self, folder: Path, model: Path, seed: int) -> None:
        self._folder = folder
        self._dice = random.Random(seed)
        self._features = FeatureExtractor()
        self._tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        self._lexicons: dict[Language, Lexicon] = {language: load_lexicon(language) for language in LANGUAGES}

    def hear(self, lesson: Lesson) -> Heard | None:
        """One hearing; None when the voice detector finds nobody."""
        pcm: Pcm = np.load(lesson.file(self._folder))
        empty = self._dice.random() < EMPTY
        pcm = self._noise_like(pcm) if empty else self._among_others(pcm)
        sent = transmit(self._in_a_room(self._by_somebody_else(pcm)), self._line(), f"{self._dice.random()}")
        pieces = pieces_of(sent)
        if not pieces:
            return None
        piece = max(pieces, key=lambda piece: len(piece.pcm)).pcm
        if self._dice.random() < CLEANED:
            audio = resample(to_float(denoised(piece)), round(SAMPLE_RATE * SLOWER), MODEL_RATE)
        else:
            audio = resample(to_float(piece), SAMPLE_RATE, MODEL_RATE)
        tokens, start = self._tokens(lesson, "" if empty else lesson.text)
        return Heard(self._mel(audio), tokens, start)

    def _mel(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        frames = len(audio) * FRAMES_PER_SECOND // MODEL_RATE + self._dice.randint(*ROOM_FRAMES)
        frames += -frames % 20
        samples = frames * MODEL_RATE // FRAMES_PER_SECOND
        padded = np.pad(audio[:samples], (0, max(0, samples - len(audio))))
        return self._with_gaps(np.array(self._features(padded, padding=0)[:, :frames], np.float32))

    def _with_gaps(self, mel: NDArray[np.float32]) -> NDArray[np.float32]:
        """Some tones and some moments are taken away (SpecAugment), so that no single one is relied on."""
        quiet = mel.min()
        for _ in range(self._dice.randint(0, GAPS)):
            low = self._dice.randrange(MEL_BANDS)
            mel[low : low + self._dice.randint(1, WIDEST_TONES)] = quiet
        for _ in range(self._dice.randint(0, GAPS)):
            begin = self._dice.randrange(mel.shape[1])
            mel[:, begin : begin + self._dice.randint(1, LONGEST_FRAMES)] = quiet
        return mel

    def _line(self) -> Condition:
        dice = self._dice
        far = dice.random() < FAR
        quiet = dice.random() < QUIET and not far
        return Condition(
            f"{dice.random()}",
            noise_db=None if quiet else dice.uniform(20 if far else 4, 25),
            loss=dice.choice((0.0, dice.uniform(0, 0.06))),
            clip=dice.uniform(0.1, 0.5) if dice.random() < CLIPPED else None,
            far=far,
            a_law=dice.choice((True, False)),
        )

    def _by_somebody_else(self, pcm: Pcm) -> Pcm:
        """Faster and higher, or slower and lower: throats of other lengths."""
        if self._dice.random() > OTHERS:
            return pcm
        return from_float(
            resample(to_float(pcm), round(SAMPLE_RATE * self._dice.uniform(*THROATS)), SAMPLE_RATE)
        )

    def _in_a_room(self, pcm: Pcm) -> Pcm:
        """With an echo that dies away within a tenth to a half of a second: a bare kitchen, a loudspeaker."""
        if self._dice.random() > ECHOING:
            return pcm
        rng = np.random.default_rng(self._dice.randrange(2**32))
        times = np.arange(round(SAMPLE_RATE * 0.4)) / SAMPLE_RATE
        echo = rng.standard_normal(len(times)) * np.exp(-6.9 * times / self._dice.uniform(0.1, 0.5))
        echo *= 10 ** (-self._dice.uniform(0, 12) / 20) / np.sqrt(np.sum(echo**2))
        sound = to_float(pcm)
        size = len(sound) + len(echo)
        echoes = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(echo, size), size)[: len(sound)]
        return from_float(np.clip(0.7 * (sound + echoes), -1, 1).astype(np.float32))

    def _noise_like(self, pcm: Pcm) -> Pcm:
        """Bursts with the loudness of speech and nothing else of it."""
        rng = np.random.default_rng(self._dice.randrange(2**32))
        sound = rng.standard_normal(len(pcm)) * np.abs(np.roll(to_float(pcm), len(pcm) // 3))
        return from_float((2 * sound).astype(np.float32))

    def _among_others(self, pcm: Pcm) -> Pcm:
        if self._dice.random() > BABBLE:
            return pcm
        path = self._dice.choice(list(self._folder.glob("000??.npy")))
        other = np.resize(to_float(np.load(path)), len(pcm)) * 10 ** (-self._dice.uniform(8, 25) / 20)
        return from_float(np.clip(to_float(pcm) + other, -1, 1).astype(np.float32))

    def _tokens(self, lesson: Lesson, text: str) -> tuple[tuple[int, ...], int]:
        number = self._tokenizer.token_to_id
        language = lesson.language
        chance = self._dice.random()
        asked = self._lexicons[language].asked(lesson.question)
        prompt = asked if chance < ASKED and asked else PROMPTS[language] if chance < ASKED + STYLED else ""
        before = [number("<|startofprev|>"), *self._encode(prompt)] if prompt else []
        head = ["<|startoftranscript|>", f"<|{CODES[language]}|>", "<|transcribe|>", "<|notimestamps|>"]
        start = [*before, *(number(token) for token in head)]
        said = self._encode(text if language == "zh-CN" or not text else " " + text)
        return (*start, *said, number("<|endoftext|>")), len(start)

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)


def batches(
    lessons: Sequence[Lesson], listener: Listener, size: int, dice: random.Random
) -> Iterator[list[Heard]]:
    """One round of all lessons in batches of like length, in a random order."""
    order = sorted(lessons, key=lambda lesson: len(lesson.text) / lesson.pace + dice.uniform(0, 3))
    starts = list(range(0, len(order), size))
    dice.shuffle(starts)
    for start in starts:
        heard = [found for lesson in order[start : start + size] if (found := listener.hear(lesson))]
        if heard:
            yield heard
