"""Learns the weights of ``speech/meaning`` from its examples: ``make train-meaning``.

Reads ``speech/meaning/examples/LANGUAGE.tsv`` and writes ``speech/meaning/weights/LANGUAGE.npz``. Every
example is learnt as it is written and as recognisers write it after a telephone line. Scraps without meaning
are learnt as such. Mandarin has by far the most examples; Spanish and English learn from them too, by the
directions in which their meanings lie.
Needs scikit-learn (``pip install 'wenan[train]'``) and the encoder (``wenan models fetch``).
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
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
from speech.types import LANGUAGES, Language

HERE = Path("speech/meaning")
SCALE, SHARE, STRENGTH = 12.0, 4.0, 1.5
"""Weight of directions and of features, and how freely weights may grow; chosen on the dev corpus."""
RAREST = 4
"""Examples (mangled ones included) that must show a feature before it is learnt."""
MANGLED = {"zh-CN": 2, "es": 0, "en": 0}
"""How often each example is learnt as it may be misheard: in turn on a quiet line and on a bad one."""
KEPT = {False: 2.0, True: 0.5}
"""Added to the count of a syllable's own character, on quiet and on bad lines."""
MISHEARINGS = HERE / "examples" / "mishearings.tsv"
PUNCTUATION = "，。、？！,.?! "
GARBAGE_SHARE = 0.2
MOST_STEPS = 120
MOST_FEATURES = 30_000
"""The weightiest are kept: the rest change nothing and make the file large."""


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


def train(
    language: Language,
    examples: Sequence[Example],
    foreign: Mapping[Language, Sequence[Example]],
    encoder: SentenceEncoder,
    seed: int = 1,
) -> Weights:
    """Learn the weights of a language; ``foreign`` examples teach by their directions alone."""
    dice = random.Random(seed)
    texts = [example.text for example in examples]
    learnt = list(examples)
    if MANGLED[language]:
        mangler = Mangler(dice)
        learnt += [
            Example(example.question, mangler.mangle(example.text, bad=bool(number % 2)), example.meaning)
            for example in examples
            for number in range(MANGLED[language])
        ]
    questions = sorted({example.question for example in examples})
    learnt += [
        Example(dice.choice(questions), scrap, GARBAGE)
        for scrap in scraps(language, texts, round(GARBAGE_SHARE * len(learnt)), dice)
    ]
    counted = [Counter(features(each.text, each.question, language)) for each in learnt]
    shown = Counter(name for names in counted for name in names)
    known = sorted(name for name, times in shown.items() if times >= RAREST)
    vocabulary = {name: number for number, name in enumerate(known)}
    rarity = np.array([np.log((1 + len(learnt)) / (1 + shown[name])) + 1 for name in known], np.float32)
    directions = encoder.encode([each.text for each in learnt])
    centre = directions[: len(examples)].mean(axis=0)
    centred = [directions - centre]
    for abroad in foreign.values():
        far = encoder.encode([each.text for each in abroad])
        centred.append(far - far.mean(axis=0))
        learnt += abroad
        counted += [Counter({f"q:{each.question}": 1}) for each in abroad]
    table = hstack(
        [csr_matrix(np.concatenate(centred) * SCALE), _counts(counted, vocabulary, rarity) * SHARE]
    ).tocsr()
    model = LogisticRegression(C=STRENGTH, max_iter=MOST_STEPS)
    model.fit(table, [each.meaning for each in learnt])
    width = directions.shape[1]
    counts = model.coef_[:, width:].T
    kept = np.sort(np.argsort(-np.linalg.norm(counts, axis=1))[:MOST_FEATURES])
    return Weights(
        meanings=tuple(model.classes_),
        vocabulary={known[number]: at for at, number in enumerate(kept)},
        rarity=rarity[kept],
        centre=centre,
        scale=SCALE,
        share=SHARE,
        directions=model.coef_[:, :width].astype(np.float32),
        counts=counts[kept].astype(np.float16),
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
    examples: dict[Language, list[Example]] = {
        language: read_examples(HERE / "examples" / f"{language}.tsv") for language in LANGUAGES
    }
    for language in languages:
        others = () if language == "zh-CN" else LANGUAGES
        foreign = {other: examples[other] for other in others if other != language}
        weights = train(language, examples[language], foreign, encoder)
        target = HERE / "weights" / f"{language}.npz"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(weights.pack())
        print(
            f"{language}: {len(examples[language])} examples, {len(weights.meanings)} meanings, "
            f"{len(weights.vocabulary)} features, {target.stat().st_size / 1e6:.1f} MB"
        )


if __name__ == "__main__":
    main()
