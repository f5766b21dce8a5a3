"""How often calm talk in the same breath drowns a trouble: for the second opinion as a whole, and altogether.

``PYTHONPATH=. python -m benchmarks.hearing.one_breath``: every urgent sentence of the Mandarin dev splits is
said before and after calm ones; the table says in how many the whole falls below which probability, and how
many raise neither an alarm nor a question. Cries of few words, with and without a comma, are told apart.
"""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.hearing.corpus import Row, read_corpus
from speech.answering import take
from speech.lexicon import load_lexicon
from speech.meaning import open_reader
from speech.types import Urgency
from speech.understanding import from_text
from speech.understanding.likeness import likeness_of
from wenan.settings import load_settings

DATA = Path(__file__).parent / "data"
BOUNDS = (0.005, 0.01, 0.02, 0.05)
BREATHS = 4
"""Pairs of a trouble; each second one has its calm talk before it, half of all are plain answers."""
FEW, CRIES = 9, 12
"""Characters of a cry of few words, and pairs of each."""


def pairs(rows: list[Row], urgency: Urgency) -> list[tuple[str, str]]:
    """Question and text of every trouble of that urgency beside calm talk; the same at every run."""
    dice = random.Random(5)
    plain = [row.text for row in rows if row.kind == "ok"]
    calm = plain + [row.text for row in rows if row.kind == "trap"]
    found: list[tuple[str, str]] = []
    for row in rows:
        for number in range(BREATHS if row.urgency is urgency else 0):
            beside = dice.choice(plain if number < BREATHS // 2 else calm)
            text = f"{row.text}，{beside}" if number % 2 else f"{beside}，{row.text}"
            found.append((row.question, text))
    return found


def cries(rows: list[Row]) -> list[tuple[str, str]]:
    """Question and text of every emergency of few words beside an answer that is neither alarm nor trap."""
    dice = random.Random(3)
    calm = [row.text.rstrip("。") for row in rows if row.kind in {"ok", "concern"}]
    short = [row for row in rows if row.urgency is Urgency.EMERGENCY and len(row.text) <= FEW]
    found: list[tuple[str, str]] = []
    for row in short:
        for _ in range(CRIES):
            both = [row.text.rstrip("。！"), dice.choice(calm)]
            dice.shuffle(both)
            found.append((row.question, dice.choice(("，", "。", "", "")).join(both)))
    return found


def main() -> None:
    """Print the shares."""
    rows = [row for name in ("zh.tsv", "zh.blind.tsv") for row in read_corpus(DATA / name, split="dev")]
    lexicon, reader = load_lexicon("zh-CN"), open_reader(load_settings().models_path)
    if reader is None:
        raise SystemExit("The second opinion is not there: run make models first.")
    told = {each.label: pairs(rows, each) for each in (Urgency.URGENT, Urgency.EMERGENCY)}
    for name, said in (told | {"cries of few words": cries(rows)}).items():
        taken = [take(from_text(text, "zh-CN"), question, lexicon, reader=reader) for question, text in said]
        likely = [likeness_of(heard, lexicon).alarm for heard, _ in taken]
        below = ", ".join(f"{sum(each < bound for each in likely)} below {bound}" for bound in BOUNDS)
        silent = sum(not each.raised for _, each in taken)
        print(f"{name}: {len(said)} in one breath with calm talk, {below}; {silent} raise nothing")


if __name__ == "__main__":
    main()
