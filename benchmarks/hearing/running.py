"""Runs sentences through voice, line, ears and understanding; one utterance at a time, for true seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.hearing.baselines import FIRST_TEXT, KEYWORDS, by_first_text, by_keywords
from benchmarks.hearing.corpus import CorpusError, Row
from benchmarks.hearing.tally import Result
from speech.audio import read_wav
from speech.lexicon import Lexicon
from speech.meaning import MeaningReader
from speech.types import Heard, Pcm, Recognizer
from speech.understanding import understand


@dataclass(frozen=True, slots=True)
class Take:
    """One row as it is to be played; ``sound`` is called only when its turn comes."""

    row: Row
    sound: Callable[[], Pcm]


def recordings(rows: Sequence[Row], folder: Path) -> list[Take]:
    """Recordings of the rows: files named by their row's number, ``007.wav`` or ``007_anything.wav``.

    Raises CorpusError when there is none.
    """
    numbered: Mapping[int, Row] = {row.number: row for row in rows}
    takes = [
        Take(numbered[int(path.name[:3])], lambda path=path: read_wav(path))  # type: ignore[misc]  # bound now
        for path in sorted(folder.glob("*.wav"))
        if path.name[:3].isdigit() and int(path.name[:3]) in numbered
    ]
    if not takes:
        raise CorpusError(f"{folder}: no recordings named 000.wav, 001_voice.wav ... for these rows")
    return takes


def hear(
    takes: Iterable[Take],
    ears: Recognizer,
    reader: MeaningReader | None,
    lexicon: Lexicon,
    progress: Callable[[], None],
) -> dict[str, list[Result]]:
    """The product's results under its engine's name, and those of the baselines under theirs."""

    def one(take: Take) -> tuple[Result, Result, Result]:
        pcm = take.sound()
        started = time.perf_counter()
        heard: Heard = ears.recognize(
            pcm,
            language=lexicon.language,
            candidates=lexicon.candidates(take.row.question),
            asked=lexicon.asked(take.row.question),
        )
        if reader is not None:
            heard = reader.read(heard, take.row.question)
        taken = understand(heard, take.row.question, lexicon)
        seconds = time.perf_counter() - started
        progress()
        return (
            Result.of(take.row, taken, seconds),
            by_first_text(take.row, heard, lexicon),
            by_keywords(take.row, heard, lexicon),
        )

    found = [one(take) for take in takes]
    return {
        ears.name: [product for product, _, _ in found],
        FIRST_TEXT: [first for _, first, _ in found],
        KEYWORDS: [keywords for _, _, keywords in found],
    }
