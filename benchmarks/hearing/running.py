"""Runs sentences through voice, line, ears and understanding; one utterance at a time, for true seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.hearing.baselines import FIRST_TEXT, KEYWORDS, by_first_text, by_keywords
from benchmarks.hearing.corpus import CorpusError, Row
from benchmarks.hearing.tally import Result
from speech.answering import listen, take
from speech.audio import read_wav
from speech.lexicon import Lexicon
from speech.types import (
    Heard,
    HearsTwice,
    Language,
    Pcm,
    Reader,
    Recognizer,
    RecognizerStream,
    Understanding,
)
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
    *,
    twice: bool = False,
) -> dict[str, list[Result]]:
    """The product's results under its engine's name, and those of the baselines under theirs.

    ``twice``: everything is heard twice, whatever the first hearing brings.
    """
    counted = _Counted(ears, ears) if isinstance(ears, HearsTwice) and not twice else None
    found: dict[str, list[Result]] = {ears.name: [], FIRST_TEXT: [], KEYWORDS: []}
    for played in takes:
        pcm = played.sound()
        started, used = time.perf_counter(), time.process_time()
        by = counted or _Plain(ears)
        heard, taken = listen(pcm, played.row.question, lexicon, recognizer=by, reader=reader)
        result = _result(played.row, played.voice, heard, taken, time.perf_counter() - started)
        used = time.process_time() - used
        found[ears.name].append(replace(result, processor_s=used, spared=bool(counted and counted.spared)))
        found[FIRST_TEXT].append(by_first_text(played.row, heard, lexicon))
        found[KEYWORDS].append(by_keywords(played.row, heard, lexicon))
        progress()
    return found


class _Plain:
    """A recogniser of which nothing is known but that it recognises."""

    def __init__(self, ears: Recognizer) -> None:
        self._ears = ears
        self.name = ears.name
        self.languages = ears.languages

    def recognize(
        self, pcm: Pcm, *, language: Language, candidates: tuple[str, ...] = (), asked: str = ""
    ) -> Heard:
        """As it is."""
        return self._ears.recognize(pcm, language=language, candidates=candidates, asked=asked)

    def stream(self, *, language: Language, candidates: tuple[str, ...] = ()) -> RecognizerStream | None:
        """As it is."""
        return self._ears.stream(language=language, candidates=candidates)


class _Counted(_Plain):
    """One that hears twice where it must; tells whether the last utterance was spared it."""

    def __init__(self, ears: Recognizer, twice: HearsTwice) -> None:
        super().__init__(ears)
        self._twice = twice
        self.spared = False

    def hear_until(
        self,
        pcm: Pcm,
        *,
        language: Language,
        candidates: tuple[str, ...] = (),
        asked: str = "",
        enough: Callable[[Heard], bool],
    ) -> Heard:
        """As it is, noting what was enough."""
        self.spared = False

        def noted(heard: Heard) -> bool:
            self.spared = enough(heard)
            return self.spared

        return self._twice.hear_until(
            pcm, language=language, candidates=candidates, asked=asked, enough=noted
        )


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
