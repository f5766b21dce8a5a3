"""Does anybody's voice press a key? Minutes of speech against the detector of keys that come as sound.

Usage: make bench-talk-off ARGS="--rows 100"

The sentences of the hearing benchmark (all three languages, its tuning and testing voices), each made higher
and lower too, for there are more voices than a synthesiser has, over lines of several kinds. Nobody presses
anything: every key that is heard is wrong. Says how much was listened to, which keys were heard, how many
frames of a voice were taken for the sound of one, and what it costs the processor. Exit code 1 when a voice
has pressed a key.

``--wav FOLDER`` listens to recordings of your own instead (WAV files, searched for in subfolders as well).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import TypeVar

from rich.console import Console

from benchmarks.hearing.channel import CONDITIONS, transmit
from benchmarks.hearing.corpus import read_corpus
from benchmarks.hearing.voices import TESTING, TUNING, Speakers
from ivr.key_tones import KeyTones
from speech.audio import from_float, read_wav, resample, to_float
from speech.modelstore import default_models_dir
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, LANGUAGES, SAMPLE_RATE, Pcm
from wenan.logs import set_up_logs
from wenan.settings import load_settings

T = TypeVar("T")

CORPUS = Path(__file__).parent / "hearing" / "data"
PITCHES = (0.7, 0.8, 0.9, 1.0, 1.12, 1.25, 1.4)
"""Times as high, and as fast, as it was spoken."""
LINES = ("clean", "noise 10 dB", "loss 3 %", "clipped", "far handset")


@dataclass
class TalkOff:
    """What came of it."""

    frames: int = 0
    unheard: int = 0
    """Frames that were taken for the sound of a key, and so for nobody's voice."""
    spent_s: float = 0.0
    keys: Counter[str] = field(default_factory=Counter)
    pressed_by: list[str] = field(default_factory=list)

    def listen(self, pcm: Pcm, whose: str) -> None:
        """Hear somebody out."""
        frames = pcm[: len(pcm) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
        ear, began = KeyTones(), process_time()
        heard = [ear.hears(frame) for frame in frames]
        self.spent_s += process_time() - began
        keys = [each.key for each in heard if each.key]
        self.unheard += sum(each.toned for each in heard)
        self.frames += len(frames)
        self.keys.update(keys)
        self.pressed_by += [f"{whose}: {key}" for key in keys]

    @property
    def minutes(self) -> float:
        """How much was listened to."""
        return self.frames * FRAME_SECONDS / 60


def in_other_voices(pcm: Pcm) -> Iterator[tuple[float, Pcm]]:
    """The same sentence by people with shorter and longer throats."""
    for pitch in PITCHES:
        yield pitch, from_float(resample(to_float(pcm), round(SAMPLE_RATE * pitch), SAMPLE_RATE))


def spoken(rows: int) -> Iterator[tuple[str, Pcm]]:
    """Sentences of all languages, spread over their files, and who says them."""
    models = default_models_dir()
    for language in LANGUAGES:
        corpus = read_corpus(CORPUS / f"{language[:2]}.tsv")
        voices = TUNING[language] + TESTING[language]
        speakers = Speakers(language, voices, models_dir=models, cache=models.parent / "bench-voices")
        for row in spread(corpus, rows):
            yield f"{language} {row.number} {speakers.voice(row)}", speakers.speak(row)


def recorded(folder: Path, rows: int) -> Iterator[tuple[str, Pcm]]:
    """The recordings in a folder, or so many of them."""
    for path in spread(sorted(folder.rglob("*.wav")), rows):
        yield path.name, read_wav(path)


def spread(all_of_them: Sequence[T], count: int) -> Sequence[T]:
    """About so many, evenly chosen; all for 0."""
    return all_of_them[:: max(1, len(all_of_them) // count) if count else 1]


def over_lines(sounds: Iterable[tuple[str, Pcm]]) -> TalkOff:
    """Everybody, in every voice, over every line."""
    found = TalkOff()
    lines = [each for each in CONDITIONS if each.name in LINES]
    for who, pcm in sounds:
        for pitch, voice in in_other_voices(pcm):
            for line in lines:
                found.listen(transmit(voice, line, who), f"{who} x{pitch} {line.name}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument(
        "--rows", type=int, default=100, help="sentences of each language, or recordings; 0 for all (100)"
    )
    parser.add_argument("--wav", type=Path, help="a folder with recordings to listen to instead")
    parser.add_argument("--show", type=int, default=10, help="name so many of those who pressed a key (10)")
    options = parser.parse_args()
    set_up_logs(load_settings(log_level="error"))
    console = Console(highlight=False)
    found = over_lines(recorded(options.wav, options.rows) if options.wav else spoken(options.rows))
    wrong = sum(found.keys.values())
    console.print(f"{found.minutes:.0f} minutes of speech: {wrong} keys heard {dict(found.keys) or ''}")
    console.print(f"{found.unheard} of {found.frames} frames taken for the sound of a key")
    console.print(f"{found.spent_s / max(found.minutes, 1e-9) / 60:.3%} of a core per call")
    for who in found.pressed_by[: options.show]:
        console.print(f"  {who}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
