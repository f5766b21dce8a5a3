"""Learns the weights of ``speech/meaning`` from its examples: ``make train-meaning``.

Reads ``speech/meaning/examples/LANGUAGE.tsv`` and writes ``speech/meaning/weights/LANGUAGE.npz``. Every
example is learnt as it is written and as recognisers write it after a telephone line. Scraps without meaning
are learnt as such. What the features tell of a language is learnt here; the directions in which meanings lie
are those that ``tools/tune_encoder`` has learnt of all languages together.
Needs scikit-learn (``pip install 'wenan[train]'``).
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from speech.meaning import GARBAGE
from speech.meaning.features import features
from speech.meaning.reader import Head, Weights
from speech.types import Language
from tools.meaning_examples import Example, Mangler, read_examples, scraps

HERE = Path("speech/meaning")
SHARE, STRENGTH = 4.0, 1.5
"""Length of a row of features, and how freely weights may grow; chosen on the dev corpus."""
BY_DIRECTION: dict[Language, float] = {"zh-CN": 1.0, "es": 0.8, "en": 0.8}
BY_FEATURES = 0.6
"""How much directions and features count in the sum; chosen on the dev corpora."""
GARBAGE_BIAS = 1.5
"""Added for what means nothing, in Mandarin: rather ask again than take scraps for "all is well"."""
RAREST = 4
"""Examples (mangled ones included) that must show a feature before it is learnt."""
MANGLED = {"zh-CN": 2, "es": 0, "en": 0}
"""How often each example is learnt as it may be misheard: in turn on a quiet line and on a bad one."""
GARBAGE_SHARE = 0.2
MOST_STEPS = 120
MOST_FEATURES = 30_000
"""The weightiest are kept: the rest change nothing and make the file large."""


def train(language: Language, examples: Sequence[Example], head: Head, seed: int = 1) -> Weights:
    """Learn what the features of a language tell, and join it with the directions of the meanings."""
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
    model = LogisticRegression(C=STRENGTH, max_iter=MOST_STEPS)
    model.fit(_counts(counted, vocabulary, rarity) * SHARE, [each.meaning for each in learnt])
    kept = np.sort(np.argsort(-np.linalg.norm(model.coef_, axis=0))[:MOST_FEATURES])
    # A meaning without examples in this language is as unlikely by its features as the unlikeliest.
    bias = np.full(len(head.meanings), model.intercept_.min())
    counts = np.zeros((len(kept), len(head.meanings)))
    for number, meaning in enumerate(model.classes_):
        at = head.meanings.index(meaning)
        bias[at], counts[:, at] = model.intercept_[number], model.coef_[number, kept]
    whole = head.bias * BY_DIRECTION[language] + bias * BY_FEATURES
    if MANGLED[language]:
        whole[head.meanings.index(GARBAGE)] += GARBAGE_BIAS
    return Weights(
        meanings=head.meanings,
        vocabulary={known[number]: at for at, number in enumerate(kept)},
        rarity=rarity[kept],
        share=SHARE,
        directions=(head.directions * BY_DIRECTION[language]).astype(np.float32),
        counts=(counts * BY_FEATURES).astype(np.float16),
        bias=whole.astype(np.float32),
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
    with np.load(HERE / "weights" / "encoder.npz") as arrays:
        head = Head.of(arrays)
    for language in languages:
        examples = read_examples(HERE / "examples" / f"{language}.tsv")
        weights = train(language, examples, head)
        target = HERE / "weights" / f"{language}.npz"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(weights.pack())
        print(
            f"{language}: {len(examples)} examples, {len(weights.meanings)} meanings, "
            f"{len(weights.vocabulary)} features, {target.stat().st_size / 1e6:.1f} MB"
        )


if __name__ == "__main__":
    main()
