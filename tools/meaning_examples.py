"""The examples of ``speech/meaning``, as they are written and as recognisers write them, and mere scraps."""

from __future__ import annotations

import csv
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from speech.meaning import GARBAGE
from speech.meaning.features import syllables
from speech.rescoring.language_model import MARKS, said
from speech.types import Language

EXAMPLES = Path("speech/meaning/examples")
KEPT = {False: 2.0, True: 0.5}
"""Added to the count of a syllable's own character, on quiet and on bad lines."""
MISHEARINGS = EXAMPLES / "mishearings.tsv"
PUNCTUATION = "，。、？！,.?! "


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence under a question, with its meaning."""

    question: str
    text: str
    meaning: str
    parts: tuple[tuple[str, bool], ...] = ()
    """Where the trouble is marked: what the text is made of, and which part tells of it."""


def read_examples(path: Path) -> list[Example]:
    """The examples of a TSV with the columns question, text, answer, urgency and code.

    Of a text such as "下雨呢，【我摔了】，没事" the part in brackets tells of the trouble, the rest is calm.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [_example(row["question"], row["text"], meaning_of(row)) for row in rows]


def _example(question: str, text: str, meaning: str) -> Example:
    parts = tuple((part, number % 2 == 1) for number, part in enumerate(MARKS.split(text)) if part)
    return Example(question, said(text), meaning, parts if len(parts) > 1 else ())


def meaning_of(row: dict[str, str]) -> str:
    """A code where somebody must act soon, else ``answer/code``."""
    urgent = row["urgency"] in {"urgent", "emergency"}
    return row["code"] if urgent else f"{row['answer']}/{row['code']}"


def is_grave(meaning: str) -> bool:
    """Whether somebody must act soon: it is a code, no ``answer/code``, and not what means nothing."""
    return "/" not in meaning and meaning != GARBAGE


class Mangler:
    """Writes texts as recognisers do over a telephone, by what was counted in ``mishearings.tsv``."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._heard: dict[tuple[str, bool], tuple[list[str], list[float]]] = {}
        counts: dict[tuple[str, bool], dict[str, float]] = defaultdict(dict)
        with MISHEARINGS.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                for bad, times in ((False, row["quiet"]), (True, row["bad"])):
                    if int(times):
                        counts[row["said"], bad][row["heard"]] = float(times)
        for key, letters in counts.items():
            self._heard[key] = (list(letters), list(letters.values()))
        self.letters = sorted({letter for letters, _ in self._heard.values() for letter in letters if letter})

    def mangle(self, text: str, *, bad: bool) -> str:
        """One way in which a text may be written after a quiet or a bad line."""
        written: list[str] = []
        for letter in text:
            if letter in PUNCTUATION:
                written += [letter] if self._dice.random() < 0.5 else []  # noqa: PLR2004 - as often as not
                continue
            (sound,) = syllables(letter) if "\u4e00" <= letter <= "\u9fff" else ("",)
            letters, times = self._heard.get((sound, bad), ([letter], [1.0]))
            # What was said is always among what may be heard, however rarely it was counted.
            written.append(self._dice.choices([letter, *letters], [KEPT[bad], *times])[0])
        return "".join(written) or text


def scraps(language: Language, texts: Sequence[str], count: int, dice: random.Random) -> list[str]:
    """Sentences that mean nothing."""
    if language == "zh-CN":
        rare = Mangler(dice).letters
        common = [letter for text in texts for letter in text if letter not in PUNCTUATION]
        usual = [letter for letter, _ in Counter(common).most_common(100)]
        return [
            "".join(dice.choices((rare, common, usual)[number % 3], k=max(2, len(dice.choice(texts)))))
            for number in range(count)
        ]
    words = sorted({word for text in texts for word in text.split()})
    return [" ".join(dice.choices(words, k=max(1, len(dice.choice(texts).split())))) for _ in range(count)]
