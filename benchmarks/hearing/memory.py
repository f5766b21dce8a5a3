"""Memory of a process that recognises and understands, and nothing else: ``make bench-hearing-memory``."""

from __future__ import annotations

import argparse
import resource
from pathlib import Path

from speech.answering import listen
from speech.audio import read_wav
from speech.lexicon import load_lexicon
from speech.meaning import open_reader
from speech.modelstore import default_models_dir
from speech.recognizers import open_recognizer


def main() -> None:
    """Hear every recording of a folder and say how large the process is, in MB."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wav", type=Path, default=Path("tests/data/voices"), help="a folder of recordings")
    parser.add_argument("--times", type=int, default=100, help="how many utterances are heard")
    options = parser.parse_args()
    models = default_models_dir()
    _tell("with nothing loaded")
    ears = open_recognizer("whisper", models_dir=models, threads=2)
    _tell("with Whisper")
    lexicon, reader = load_lexicon("zh-CN"), open_reader(models)
    _tell("with lexicon and second opinion")
    paths = sorted(options.wav.rglob("*.wav"))
    for number in range(options.times):
        pcm = read_wav(paths[number % len(paths)])
        listen(pcm, "wellbeing", lexicon, recognizer=ears, reader=reader)
    _tell(f"after {options.times} utterances")


def _tell(when: str) -> None:
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    now = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{when:40} {now / 1024:6.0f} MB, at most {most / 1024:.0f} MB")


if __name__ == "__main__":
    main()
