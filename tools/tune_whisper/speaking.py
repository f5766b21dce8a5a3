"""What is said in the lessons and by whom; rendered once, resumable, by several processes."""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import subprocess
import wave
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import onnxruntime
import soxr

from speech.modelstore import default_models_dir, require
from speech.synthesizers.levels import to_telephone_level
from speech.synthesizers.phonemes import phonemes, token_numbers
from speech.types import SAMPLE_RATE, Language, Pcm

EXAMPLES = Path("speech/meaning/examples")
LESSONS: dict[Language, int] = {"zh-CN": 3000, "es": 450, "en": 450}
"""How many utterances of each language; half a second of work each."""
SHORT_SHARE = 0.12
"""Share of utterances that are short answers: there are few wordings, so each is said by many."""
SHORT_LETTERS = 4
NATIVE: dict[Language, tuple[str, ...]] = {
    "zh-CN": ("zf_xiaoxiao", "zf_xiaobei", "zm_yunxi", "zm_yunjian"),
    "es": ("ef_dora",),
    "en": ("af_heart", "am_michael", "bf_emma"),
}
"""The tuning voices of the hearing benchmark."""
EVERYBODY = tuple(voice for voices in NATIVE.values() for voice in voices)
ESPEAK: dict[Language, str] = {"zh-CN": "cmn", "es": "es", "en": "en-gb"}
PLAIN = 10
"""One lesson in so many is spoken by espeak-ng, so that not one synthesiser's ways alone are learnt."""
MODEL_RATE = 24_000
STYLE_ROWS, STYLE_WIDTH = 510, 256
LONGEST_TOKENS = 120


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

    def file(self, folder: Path) -> Path:
        """Where its sound is kept; what is said stands beside it, in a file of the same name."""
        return folder / f"{self.number:05d}.npy"


def rendered(folder: Path) -> list[Lesson]:
    """The lessons whose sound is there."""
    written = sorted(path for path in folder.glob("*.json") if path.with_suffix(".npy").exists())
    facts = [json.loads(path.read_text(encoding="utf-8")) for path in written]
    return [Lesson(**{**fact, "voices": tuple(fact["voices"])}) for fact in facts]


def lessons(seed: int = 1) -> list[Lesson]:
    """All lessons, in a random order that is always the same."""
    dice = random.Random(seed)
    chosen = [
        (language, question, text)
        for language in get_args(Language)
        for question, text in _texts(language, LESSONS[language], dice)
    ]
    dice.shuffle(chosen)
    return [_lesson(number, *said, dice) for number, said in enumerate(chosen)]


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


def _texts(language: Language, count: int, dice: random.Random) -> Iterator[tuple[str, str]]:
    path = EXAMPLES / f"{language}.tsv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [(row["question"], row["text"]) for row in csv.DictReader(lines, delimiter="\t", quoting=3)]
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
    voice = f"{ESPEAK[lesson.language]}+{dice.choice(('f1', 'f2', 'f3', 'f4', 'm1', 'm2', 'm3', 'm4', 'm7'))}"
    pace = round((230 if lesson.language == "zh-CN" else 165) * lesson.pace)
    pitch = round(40 * lesson.pitch)
    line = ["espeak-ng", "-v", voice, "-s", str(pace), "-p", str(pitch), "--stdout", lesson.text]
    with wave.open(io.BytesIO(subprocess.run(line, check=True, capture_output=True).stdout)) as sound:
        rate = sound.getframerate()
        samples = np.frombuffer(sound.readframes(-1), "<i2").astype(np.float32) / 32768
    return to_telephone_level(soxr.resample(samples, rate, SAMPLE_RATE))


class Speaker:
    """Kokoro with voices mixed from two; every tenth lesson by espeak-ng."""

    def __init__(self, models_dir: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        model = require("kokoro", models_dir) / "kokoro.onnx"
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        folder = require("kokoro-voices", models_dir)
        self._styles = {
            voice: np.fromfile(folder / f"{voice}.bin", np.float32).reshape(STYLE_ROWS, STYLE_WIDTH)
            for voice in EVERYBODY
        }
        self._tokens = token_numbers()

    def say(self, lesson: Lesson) -> Pcm:
        """The lesson at 8 kHz, at a telephone's level."""
        if lesson.number % PLAIN == PLAIN - 1:
            return say_plainly(lesson)
        tokens = [self._tokens[s] for s in phonemes(lesson.text, lesson.language) if s in self._tokens]
        tokens = tokens[:LONGEST_TOKENS]
        first, second = (self._styles[voice][len(tokens) - 1] for voice in lesson.voices)
        feeds = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": (lesson.share * first + (1 - lesson.share) * second)[None].astype(np.float32),
            "speed": np.array([lesson.pace / lesson.pitch], np.float32),
        }
        samples = np.asarray(self._session.run(None, feeds)[0], np.float32).reshape(-1)
        return to_telephone_level(soxr.resample(samples, MODEL_RATE * lesson.pitch, SAMPLE_RATE))


def main() -> None:
    """Render what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the sound is kept")
    parser.add_argument("--part", default="0/1", help="which share of the work this process does, 0/2 or 1/2")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    part, parts = (int(number) for number in options.part.split("/"))
    speaker = Speaker(default_models_dir())
    mine = lessons()[part::parts]
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
