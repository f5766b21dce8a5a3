"""Runs sentences through voice, line, ears and understanding; one utterance at a time, for true seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.hearing.baselines import FIRST_TEXT, KEYWORDS, by_first_text, by_keywords
from benchmarks.hearing.corpus import CorpusError, Row
from benchmarks.hearing.tally import Result
from speech.answering import listen, take
from speech.audio import read_wav
from speech.lexicon import Lexicon
from speech.types import Heard, Pcm, Reader, Recognizer, Understanding
from speech.understanding import from_text

IN_WRITING = "in writing"


@dataclass(frozen=True, slots=True)
class Take:
    """One row as it is to be played; ``sound`` is called only when its turn comes."""

    row: Row
    voice: str
    sound: Callable[[], Pcm]


def recordings(rows: Sequence[Row], folder: Path) -> list[Take]:
    """Recordings of the rows: files named by their row's number, ``007.wav`` or ``007_anything.wav``.

    What follows the last digit names the voice. Raises CorpusError when there is none.
    """
    numbered: Mapping[int, Row] = {row.number: row for row in rows}
    takes = [
        Take(numbered[int(path.name[:3])], path.stem.lstrip("0123456789_"), partial(read_wav, path))
        for path in sorted(folder.glob("*.wav"))
        if path.name[:3].isdigit() and int(path.name[:3]) in numbered
    ]
    if not takes:
        raise CorpusError(f"{folder}: no recordings named 000.wav, 001_voice.wav ... for these rows")
    return takes


def hear(
    takes: Iterable[Take],
    ears: Recognizer,
    reader: Reader | None,
    lexicon: Lexicon,
    progress: Callable[[], None],
) -> dict[str, list[Result]]:
    """The product's results under its engine's name, and those of the baselines under theirs."""
    found: dict[str, list[Result]] = {ears.name: [], FIRST_TEXT: [], KEYWORDS: []}
    for played in takes:
        pcm = played.sound()
        started = time.perf_counter()
        heard, taken = listen(pcm, played.row.question, lexicon, recognizer=ears, reader=reader)
        seconds = time.perf_counter() - started
        found[ears.name].append(_result(played.row, played.voice, heard, taken, seconds))
        found[FIRST_TEXT].append(by_first_text(played.row, heard, lexicon))
        found[KEYWORDS].append(by_keywords(played.row, heard, lexicon))
        progress()
    return found


def read(rows: Iterable[Row], reader: Reader | None, lexicon: Lexicon) -> dict[str, list[Result]]:
    """What is made of the rows in writing: understanding alone, without the errors of recognition."""
    found: list[Result] = []
    for row in rows:
        started = time.perf_counter()
        heard, taken = take(from_text(row.text, lexicon.language), row.question, lexicon, reader=reader)
        found.append(_result(row, "", heard, taken, time.perf_counter() - started))
    return {IN_WRITING: found}


def _result(row: Row, voice: str, heard: Heard, taken: Understanding, seconds: float) -> Result:
    return Result(
        row=row,
        answer=taken.answer,
        urgency=taken.urgency,
        codes=taken.codes,
        confirm=taken.confirm,
        texts=tuple(each.text for each in heard.hypotheses),
        seconds=seconds,
        voice=voice,
    )
