"""Learns the weights of ``speech/meaning`` from its examples: ``make train-meaning``.

Reads ``speech/meaning/examples/LANGUAGE.tsv`` and writes ``speech/meaning/weights/LANGUAGE.npz``. Every
example is learnt as it is written and as recognisers mangle it: some of its characters are replaced by
others that sound like them, as often as on a telephone line. Scraps without meaning are learnt as such.
Needs scikit-learn (``pip install 'wenan[train]'``) and the encoder (``wenan models fetch``).
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from speech.meaning import GARBAGE, MODEL
from speech.meaning.encoder import SentenceEncoder
from speech.meaning.features import features, syllables
from speech.meaning.reader import Weights
from speech.modelstore import default_models_dir, require
from speech.types import Language

HERE = Path("speech/meaning")
SCALE, SHARE, STRENGTH = 12.0, 4.0, 1.5
"""Weight of directions and of features, and how freely weights may grow; chosen on the dev corpus."""
RAREST = 3
"""Examples (mangled ones included) that must show a feature before it is learnt."""
MANGLED = {"zh-CN": 2, "es": 0, "en": 0}
"""How often each example is learnt in a mangled form."""
WRONG = (0.08, 0.3)
"""Share of characters that recognisers get wrong on clean and on bad lines."""
GARBAGE_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence under a question, with its meaning."""

    question: str
    text: str
    meaning: str


def read_examples(path: Path) -> list[Example]:
    """The examples of a TSV with the columns question, text, answer, urgency and code."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [Example(row["question"], row["text"], meaning_of(row)) for row in rows]


def meaning_of(row: dict[str, str]) -> str:
    """A code where somebody must act soon, else ``answer/code``."""
    urgent = row["urgency"] in {"urgent", "emergency"}
    return row["code"] if urgent else f"{row['answer']}/{row['code']}"


class Mangler:
    """Replaces characters by others that sound like them."""

    def __init__(self, texts: Sequence[str], dice: random.Random) -> None:
        self._dice = dice
        self._common = Counter(letter for text in texts for letter in text if "\u4e00" <= letter <= "\u9fff")
        self._alike: dict[str, list[str]] = defaultdict(list)
        for letter in self._common:
            for key in self._keys(letter):
                self._alike[key].append(letter)

    @staticmethod
    def _keys(letter: str) -> tuple[str, ...]:
        (sound,) = syllables(letter)
        start = sound[:1] if sound[:1] not in "aeiouvyw" else ""
        return (f"={sound}", f"-{sound.removeprefix(start)}", f"+{start}{sound[len(start) : len(start) + 1]}")

    def mangle(self, text: str) -> str:
        """One way in which a recogniser may hear a text."""
        share = self._dice.uniform(*WRONG)
        letters: list[str] = []
        for letter in text:
            if letter in "，。、？！,.?! ":
                letters += [letter] if self._dice.random() < 0.5 else []  # noqa: PLR2004 - as often as not
                continue
            if letter in self._common and self._dice.random() < share:
                if self._dice.random() < 0.08:  # noqa: PLR2004 - a few are not heard at all
                    continue
                key = self._dice.choices(self._keys(letter), (0.6, 0.22, 0.18))[0]
                letter = self._dice.choice(self._alike[key])  # noqa: PLW2901 - replaced in place
            letters.append(letter)
        return "".join(letters) or text

    def scrap(self, texts: Sequence[str]) -> str:
        """Characters without a meaning, as many as in an example."""
        length = max(1, len(self._dice.choice(texts)))
        return "".join(self._dice.choices(list(self._common), k=length))


def scraps(language: Language, texts: Sequence[str], count: int, dice: random.Random) -> list[str]:
    """Sentences that mean nothing."""
    if language == "zh-CN":
        mangler = Mangler(texts, dice)
        return [mangler.scrap(texts) for _ in range(count)]
    words = sorted({word for text in texts for word in text.split()})
    return [" ".join(dice.choices(words, k=max(1, len(dice.choice(texts).split())))) for _ in range(count)]


def train(
    language: Language, examples: Sequence[Example], encoder: SentenceEncoder, seed: int = 1
) -> Weights:
    """Learn the weights of a language."""
    dice = random.Random(seed)
    texts = [example.text for example in examples]
    learnt = list(examples)
    if MANGLED[language]:
        mangler = Mangler(texts, dice)
        learnt += [
            Example(example.question, mangler.mangle(example.text), example.meaning)
            for example in examples
            for _ in range(MANGLED[language])
        ]
    questions = sorted({example.question for example in examples})
    learnt += [
        Example(dice.choice(questions), scrap, GARBAGE)
        for scrap in scraps(language, texts, round(GARBAGE_SHARE * len(learnt)), dice)
    ]
    counted = [Counter(features(each.text, each.question, language)) for each in learnt]
    shown = Counter(name for names in counted for name in names)
    vocabulary = {
        name: number for number, name in enumerate(sorted(n for n, c in shown.items() if c >= RAREST))
    }
    rarity = np.array([np.log((1 + len(learnt)) / (1 + shown[name])) + 1 for name in vocabulary], np.float32)
    directions = encoder.encode([each.text for each in learnt])
    centre = directions.mean(axis=0)
    table = hstack(
        [csr_matrix((directions - centre) * SCALE), _counts(counted, vocabulary, rarity) * SHARE]
    ).tocsr()
    model = LogisticRegression(C=STRENGTH, max_iter=200)
    model.fit(table, [each.meaning for each in learnt])
    width = directions.shape[1]
    return Weights(
        meanings=tuple(model.classes_),
        vocabulary=vocabulary,
        rarity=rarity,
        centre=centre,
        scale=SCALE,
        share=SHARE,
        directions=model.coef_[:, :width].astype(np.float32),
        counts=model.coef_[:, width:].T.astype(np.float16),
        bias=model.intercept_.astype(np.float32),
    )


def _counts(counted: Sequence[Counter[str]], vocabulary: dict[str, int], rarity: np.ndarray) -> csr_matrix:
    """Features of each example, rarer ones counting more, each row of length 1."""
    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for names in counted:
        known = [(vocabulary[name], 1 + np.log(times)) for name, times in names.items() if name in vocabulary]
        row = np.array([times * rarity[number] for number, times in known])
        columns += [number for number, _ in known]
        values += list(row / (np.linalg.norm(row) or 1.0))
        ends.append(len(columns))
    return csr_matrix((values, columns, ends), shape=(len(counted), len(vocabulary)))


def main() -> None:
    """Train the languages asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("languages", nargs="*", default=["zh-CN", "es", "en"])
    languages: list[Language] = parser.parse_args().languages
    encoder = SentenceEncoder(require(MODEL, default_models_dir()) / "e5-small-q4.bin")
    for language in languages:
        examples = read_examples(HERE / "examples" / f"{language}.tsv")
        weights = train(language, examples, encoder)
        target = HERE / "weights" / f"{language}.npz"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(weights.pack())
        print(
            f"{language}: {len(examples)} examples, {len(weights.meanings)} meanings, "
            f"{len(weights.vocabulary)} features, {target.stat().st_size / 1e6:.1f} MB"
        )


if __name__ == "__main__":
    main()
