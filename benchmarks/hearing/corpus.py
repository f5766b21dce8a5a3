"""Sentences with what they mean: TSV files in the form of the dev set."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from speech.types import Urgency

NEEDED = ("question", "text", "answer", "urgency", "code")
SHORT_QUESTIONS = frozenset({"yesno", "scale", "any"})


class CorpusError(Exception):
    """A corpus that cannot be used; the message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Row:
    """One sentence, the question it answers, and what it should be taken for."""

    number: int
    """From 0, in the order of the file: recordings are named by it."""
    question: str
    text: str
    answer: str
    urgency: Urgency
    code: str
    split: str = ""
    kind: str = ""
    """emergency, urgent, need, concern, ok, short or trap; empty where the file does not say."""
    pattern: str = ""

    @property
    def short(self) -> bool:
        """Whether it is a short answer or request."""
        return self.kind == "short" or (not self.kind and self.question in SHORT_QUESTIONS)


def read_corpus(path: Path, *, split: str = "") -> list[Row]:
    """The rows of a TSV with a header; with ``split`` only those (a file without that column has all).

    Raises CorpusError.
    """
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise CorpusError(f"{path}: the header lacks {', '.join(missing)}")
            rows = [_row(path, number, fields) for number, fields in enumerate(reader)]
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path} cannot be read: {error}") from error
    return [row for row in rows if not split or row.split in ("", split)]


def _row(path: Path, number: int, fields: dict[str, str | None]) -> Row:
    values = {name: (value or "").strip() for name, value in fields.items() if name is not None}
    if not values["text"]:
        raise CorpusError(f"{path}, line {number + 2}: no text")
    try:
        urgency = Urgency.parse(values["urgency"])
    except KeyError:
        raise CorpusError(
            f"{path}, line {number + 2}: urgency {values['urgency']!r} is not none, need, urgent or emergency"
        ) from None
    return Row(
        number=number,
        question=values["question"],
        text=values["text"],
        answer=values["answer"],
        urgency=urgency,
        code=values["code"],
        split=values.get("split", ""),
        kind=values.get("kind", ""),
        pattern=values.get("pattern", ""),
    )
