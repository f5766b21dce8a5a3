"""Says which written examples fool understanding as it is: what to write more of.

``PYTHONPATH=. python -m tools.fooled zh-CN new.tsv``: the file is like those of the examples, with 【】
around the trouble. Listed is what is no trouble but asked about, trouble that is missed, and what nearly is
so, with the probability of anything urgent of the whole and of the likeliest stretch. Examples that fool it
teach most, and twins of the other meaning in the same words
(``docs/adr/0027-the-sentence-encoder-learns.md``).
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from speech.answering import take
from speech.lexicon import Lexicon, load_lexicon
from speech.meaning import MeaningReader, open_reader
from speech.rescoring.language_model import said
from speech.types import LANGUAGES, Understanding
from speech.understanding import from_text
from speech.understanding.likeness import Likeness, likeness_of
from tools.meaning_examples import is_grave, meaning_of, rows_of
from wenan.settings import load_settings

SHAKY_TROUBLE, SHAKY_CALM, SHAKY_STRETCH = 0.5, 0.03, 0.3
"""Probability of anything urgent below which real trouble, and above which a whole and a stretch of what is
none, is nearly taken for the other."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one example is understood."""

    line: int
    text: str
    verdict: str
    """"missed", "needless", "shaky", or "right"."""
    whole: float
    stretch: float

    def __str__(self) -> str:
        return f"{self.line}: {self.verdict}, whole {self.whole:.2f}, stretch {self.stretch:.2f}\t{self.text}"


def verdict(*, grave: bool, understood: Understanding, likeness: Likeness) -> str:
    """What becomes of an example that is ``grave`` or is not."""
    if understood.raised != grave:
        return "missed" if grave else "needless"
    if grave:
        return "shaky" if likeness.alarm < SHAKY_TROUBLE else "right"
    alarming = likeness.alarm > SHAKY_CALM or (likeness.apart or 0.0) > SHAKY_STRETCH
    return "shaky" if alarming else "right"


def verdicts(path: Path, lexicon: Lexicon, reader: MeaningReader | None) -> Iterator[Verdict]:
    """Of every example of a TSV, by the line it stands in."""
    for line, row in enumerate(rows_of(path), 2):
        heard = from_text(said(row["text"]), lexicon.language)
        heard, understood = take(heard, row["question"], lexicon, reader=reader)
        likeness = likeness_of(heard, lexicon)
        found = verdict(grave=is_grave(meaning_of(row)), understood=understood, likeness=likeness)
        yield Verdict(line, row["text"], found, likeness.alarm, likeness.apart or 0.0)


def main() -> None:
    """List what fools it, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("language", choices=LANGUAGES)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    reader = open_reader(load_settings().models_path)
    if reader is None:
        raise SystemExit("The second opinion is not there: run make models first.")
    counted: Counter[str] = Counter()
    for each in verdicts(options.file, load_lexicon(options.language), reader):
        counted[each.verdict] += 1
        if each.verdict != "right":
            print(each)
    print(", ".join(f"{number} {name}" for name, number in counted.most_common()) or "no examples")


if __name__ == "__main__":
    main()
