"""The examples of ``speech/meaning``, as they are written and as recognisers write them, and mere scraps."""

from __future__ import annotations

import csv
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from speech.meaning import GARBAGE
from speech.meaning.features import syllables
from speech.phonetics import sounds_of
from speech.rescoring.correcting import Corrector
from speech.rescoring.language_model import MARKS, LanguageModel, said
from speech.rescoring.rescorer import Rescorer
from speech.types import Hypothesis, Language

EXAMPLES = Path("speech/meaning/examples")
KEPT = {False: 2.0, True: 0.5}
"""Added to the count of a syllable's own character, on quiet and bad lines: more is misheard than is so."""
AS_OFTEN = {False: 100.0, True: 100.0}
"""The same where as much is to be misheard as is so."""
MISHEARINGS = EXAMPLES / "mishearings.tsv"
FOLDS = 5
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
    return [_example(row["question"], row["text"], meaning_of(row)) for row in rows_of(path)]


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a TSV whose first line names its columns."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


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

    def __init__(self, dice: random.Random, kept: Mapping[bool, float] = KEPT) -> None:
        self._dice = dice
        self._kept = kept
        self._heard: dict[tuple[str, bool], tuple[list[str], list[float]]] = {}
        counts: dict[tuple[str, bool], dict[str, float]] = defaultdict(dict)
        for row in rows_of(MISHEARINGS):
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
            written.append(self._dice.choices([letter, *letters], [self._kept[bad], *times])[0])
        return "".join(written) or text


class Corrections:
    """Texts as ``speech/rescoring`` corrects them, by models that have not seen them.

    The examples are parted in FOLDS; what is made of those of one is corrected by what the others teach.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        """Of Mandarin: there is nothing to correct in what nobody mishears."""
        sounds = sounds_of("zh-CN")
        models = [
            LanguageModel([text for text in texts if fold_of(text) != fold], "zh-CN") for fold in range(FOLDS)
        ]
        self._rescorers = [Rescorer(model, Corrector(model, sounds)) for model in models]

    def corrected(self, text: str, fold: int) -> str:
        """What is made of a text that was heard where an example of ``fold`` was said; as long as it was."""
        return self._rescorers[fold].rescored([Hypothesis(text, 0.0)])[0].text


def fold_of(text: str) -> int:
    """Which of the FOLDS an example is in, whatever stands beside it."""
    return crc32(text.encode()) % FOLDS


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
