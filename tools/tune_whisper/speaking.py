"""What is said in the lessons and by whom; rendered once, resumable, by several processes."""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import subprocess
import wave
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
import soxr
from numpy.typing import NDArray

from benchmarks.hearing.accents import ACCENTS, Accent
from speech.modelstore import default_models_dir
from speech.synthesizers.kokoro import MODEL_RATE, KokoroSynthesizer
from speech.synthesizers.levels import to_telephone_level
from speech.synthesizers.phonemes import phonemes
from speech.types import SAMPLE_RATE, Language, Pcm
from tools.meaning_examples import EXAMPLES, said
from tools.tune_whisper.voices import EVERYBODY, NATIVE, TIMBRES, VARIANTS

LESSONS: dict[Language, int] = {"zh-CN": 3000, "es": 450, "en": 450}
"""How many utterances by the tuning voices; two seconds of one core's work each."""
STRANGERS: dict[Language, int] = {"zh-CN": 2400, "es": 450, "en": 450}
"""How many by people who speak like the tuning voices and sound like somebody else, mixed anew each time."""
OUTSIDERS: dict[Language, int] = {"zh-CN": 1500, "es": 200, "en": 200}
"""How many by people whose ways are further from the tuning voices' than these are from each other."""
COUNTRY: dict[Language, int] = {"zh-CN": 2000, "es": 0, "en": 0}
"""How many by people with an accent, every second of them an outsider as well."""
GRAVE_SHARE = 0.4
"""Share of what outsiders and people with an accent say that is about an emergency: what must not be missed
is heard from many."""
REACH, ACCENT, WIDENED = (0.0, 0.9), (0.0, 0.7), (0.8, 1.6)
"""How far beyond a voice its way of speaking goes, in steps from another native voice; how much of the
difference of two voices is added; how far a sound lies from the mean of all, in times of a mixture's."""
PLAIN: dict[Language, int] = {"zh-CN": 6000, "es": 1500, "en": 1500}
"""How many by espeak-ng, which costs next to nothing and is nothing like Kokoro."""
FIRST_STRANGER, FIRST_PLAIN, FIRST_OUTSIDER, FIRST_COUNTRY = 10_000, 20_000, 40_000, 50_000
"""Numbers of lessons begin here."""
SHORT_SHARE = 0.12
"""Share of utterances that are short answers: there are few wordings, so each is said by many."""
SHORT_LETTERS = 4
ESPEAK: dict[Language, str] = {"zh-CN": "cmn", "es": "es", "en": "en-gb"}
PLAIN_AMONG = 10
"""Of the first lessons one in so many is spoken by espeak-ng as well."""
TIMBRE_WIDTH = 128
"""Of a Kokoro style the first half is how a voice sounds, the second how it speaks."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One utterance: who says what, how fast, and how much higher than the voice's own pitch."""

    number: int
    language: Language
    question: str
    text: str
    voices: tuple[str, str]
    share: float
    """Of the first voice, 0.5..1."""
    pace: float
    pitch: float
    timbre: tuple[str, ...] = ()
    """Two voices whose sound is mixed by halves, where it is not that of ``voices``."""
    accent: tuple[str, ...] = ()
    """Two voices whose difference in speaking is added, for an outsider."""
    reach: float = 0.0
    """For an outsider: how far beyond the first voice, away from the second."""
    foreign: float = 0.0
    """How much of the accent."""
    widened: float = 1.0
    """How far the sound lies from that of all voices together, in times of the mixture's."""
    plain: bool = False
    region: str = ""
    """Whose tones it is said with, one of ``accents.ACCENTS``; the standard language's where empty."""

    def file(self, folder: Path) -> Path:
        """Where its sound is kept; what is said stands beside it, in a file of the same name."""
        return folder / f"{self.number:05d}.npy"


def rendered(folder: Path) -> list[Lesson]:
    """The lessons whose sound is there."""
    written = sorted(path for path in folder.glob("*.json") if path.with_suffix(".npy").exists())
    facts = [json.loads(path.read_text(encoding="utf-8")) for path in written]
    return [
        Lesson(**{**fact, **{name: tuple(fact.get(name, ())) for name in ("voices", "timbre", "accent")}})
        for fact in facts
    ]


def lessons(seed: int = 1) -> list[Lesson]:
    """All lessons, the quickest to render first; always the same."""
    strangers, plain, outsiders, country = (random.Random(seed + number) for number in (1, 2, 3, 4))
    return [
        *(replace(one, plain=True) for one in _drawn(PLAIN, FIRST_PLAIN, plain)),
        *(
            _from_the_country(one, country)
            for one in _drawn(COUNTRY, FIRST_COUNTRY, country, grave=GRAVE_SHARE)
        ),
        *(
            _by_an_outsider(one, outsiders)
            for one in _drawn(OUTSIDERS, FIRST_OUTSIDER, outsiders, grave=GRAVE_SHARE)
        ),
        *(_by_a_stranger(one, strangers) for one in _drawn(STRANGERS, FIRST_STRANGER, strangers)),
        *(
            replace(one, plain=one.number % PLAIN_AMONG == PLAIN_AMONG - 1)
            for one in _drawn(LESSONS, 0, random.Random(seed))
        ),
    ]


def _drawn(
    counts: dict[Language, int], first: int, dice: random.Random, *, grave: float = 0.0
) -> list[Lesson]:
    chosen = [
        (language, question, text)
        for language in get_args(Language)
        for question, text in (
            *_texts(language, round(counts[language] * (1 - grave)), dice),
            *_texts(language, round(counts[language] * grave), dice, grave=True),
        )
    ]
    dice.shuffle(chosen)
    return [_lesson(number, *said, dice) for number, said in enumerate(chosen, first)]


def _by_a_stranger(lesson: Lesson, dice: random.Random) -> Lesson:
    return replace(
        lesson, timbre=(dice.choice(TIMBRES), dice.choice(TIMBRES)), pitch=dice.uniform(0.85, 1.15)
    )


def _by_an_outsider(lesson: Lesson, dice: random.Random) -> Lesson:
    natives = NATIVE[lesson.language]
    return replace(
        _by_a_stranger(lesson, dice),
        voices=(dice.choice(natives), dice.choice(natives)),
        accent=(dice.choice(TIMBRES), dice.choice(TIMBRES)),
        reach=dice.uniform(*REACH),
        foreign=dice.uniform(*ACCENT),
        widened=dice.uniform(*WIDENED),
    )


def _from_the_country(lesson: Lesson, dice: random.Random) -> Lesson:
    somebody = _by_an_outsider(lesson, dice) if lesson.number % 2 else _by_a_stranger(lesson, dice)
    return replace(somebody, region=dice.choice(sorted(ACCENTS)))


def _lesson(number: int, language: Language, question: str, text: str, dice: random.Random) -> Lesson:
    return Lesson(
        number=number,
        language=language,
        question=question,
        text=text,
        voices=(dice.choice(NATIVE[language]), dice.choice(EVERYBODY)),
        share=dice.choice((1.0, dice.uniform(0.5, 1.0))),
        pace=dice.uniform(0.75, 1.15),
        pitch=dice.uniform(0.9, 1.12),
    )


def _texts(
    language: Language, count: int, dice: random.Random, *, grave: bool = False
) -> Iterator[tuple[str, str]]:
    path = EXAMPLES / f"{language}.tsv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [
            (row["question"], said(row["text"]))
            for row in csv.DictReader(lines, delimiter="\t", quoting=3)
            if not grave or row["urgency"] == "emergency"
        ]
    dice.shuffle(rows)
    short = [row for row in rows if _length(row[1], language) <= SHORT_LETTERS]
    long = [row for row in rows if _length(row[1], language) > SHORT_LETTERS]
    brief = round(count * SHORT_SHARE)
    for number in range(count):
        pool = short if number < brief else long
        yield pool[(number if number < brief else number - brief) % len(pool)]


def _length(text: str, language: Language) -> int:
    """In characters of Chinese; a word elsewhere counts as two."""
    return len(text) if language == "zh-CN" else 2 * len(text.split())


def say_plainly(lesson: Lesson) -> Pcm:
    """By espeak-ng, with one of its voices: nothing like Kokoro's."""
    dice = random.Random(lesson.number)
    voice = f"{ESPEAK[lesson.language]}+{dice.choice(VARIANTS)}"
    pace = round((230 if lesson.language == "zh-CN" else 165) * lesson.pace)
    pitch = round(40 * lesson.pitch)
    line = ["espeak-ng", "-v", voice, "-s", str(pace), "-p", str(pitch), "--stdout", lesson.text]
    with wave.open(io.BytesIO(subprocess.run(line, check=True, capture_output=True).stdout)) as sound:
        rate = sound.getframerate()
        samples = np.frombuffer(sound.readframes(-1), "<i2").astype(np.float32) / 32768
    return to_telephone_level(soxr.resample(samples, rate, SAMPLE_RATE))


def _sounds(lesson: Lesson) -> str:
    if not lesson.region:
        return phonemes(lesson.text, lesson.language)
    return Accent(ACCENTS[lesson.region], random.Random(lesson.number)).sounds(lesson.text)


class Speaker:
    """Kokoro with voices mixed from two, and with the sound of others; plain lessons by espeak-ng."""

    def __init__(self, models_dir: Path) -> None:
        self._kokoro = KokoroSynthesizer(models_dir, threads=1)

    def say(self, lesson: Lesson) -> Pcm:
        """The lesson at 8 kHz, at a telephone's level."""
        if lesson.plain:
            return say_plainly(lesson)
        samples = self._kokoro.spoken(
            _sounds(lesson),
            lesson.text,
            style=lambda count: self._style(lesson, count),
            speed=lesson.pace / lesson.pitch,
        )
        return to_telephone_level(soxr.resample(samples, MODEL_RATE * lesson.pitch, SAMPLE_RATE))

    def _style(self, lesson: Lesson, count: int) -> NDArray[np.float32]:
        first, second = (self._kokoro.style(voice)[count - 1] for voice in lesson.voices)
        style = lesson.share * first + (1 - lesson.share) * second
        if lesson.accent:
            here, there = (self._kokoro.style(voice)[count - 1] for voice in lesson.accent)
            style = first + lesson.reach * (first - second) + lesson.foreign * (here - there)
        if lesson.timbre:
            all_sounds = self._sound(TIMBRES, count)
            style[:TIMBRE_WIDTH] = all_sounds + lesson.widened * (
                self._sound(lesson.timbre, count) - all_sounds
            )
        return np.asarray(style, np.float32)

    def _sound(self, voices: Sequence[str], count: int) -> NDArray[np.float32]:
        sounds = [self._kokoro.style(voice)[count - 1, :TIMBRE_WIDTH] for voice in voices]
        return np.asarray(np.mean(sounds, axis=0), np.float32)


def main() -> None:
    """Render what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the sound is kept")
    parser.add_argument(
        "--seed", type=int, default=1, help="with another, and a folder of its own, others speak"
    )
    parser.add_argument("--part", default="0/1", help="which share of the work this process does, 0/2 or 1/2")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    part, parts = (int(number) for number in options.part.split("/"))
    speaker = Speaker(default_models_dir())
    mine = lessons(options.seed)[part::parts]
    for done, lesson in enumerate(mine, 1):
        path = lesson.file(options.folder)
        if not path.exists():
            path.with_suffix(".json").write_text(
                json.dumps(asdict(lesson), ensure_ascii=False), encoding="utf-8"
            )
            half = path.with_suffix(".half")
            with half.open("wb") as file:
                np.save(file, speaker.say(lesson))
            half.replace(path)
        if done % 25 == 0 or done == len(mine):
            print(f"\r{done} of {len(mine)}", end="", flush=True)
    print()


if __name__ == "__main__":
    main()
