"""How much of a written corpus is understood, and how fast: a table, or JSON with ``--json``.

Reads a TSV in the form of the dev set (question, text, answer, urgency, code; a column ``split`` may come
first) and, with ``--transcripts FILE``, a recogniser's hypotheses for its rows instead of the written text:
a JSON object of ``{"NNN_...": {"hyps": [[text, logprob], ...]}}`` with NNN the row, from 0.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from speech.lexicon import load_lexicon
from speech.types import Heard, Hypothesis, Language, Understanding, Urgency
from speech.understanding import from_text, understand

Row = dict[str, str]
MILLISECONDS = 1000.0
P95 = 0.95


def rows_of(path: Path, split: str) -> list[Row]:
    """The rows of a TSV; only those of ``split`` if it is given and the file has that column."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return [row for row in rows if not split or row.get("split", split) == split]


def heard_of(rows: list[Row], language: Language, transcripts: Path | None) -> Iterator[tuple[Row, Heard]]:
    """Each row with what was heard for it: its text, or every transcript of it."""
    if transcripts is None:
        yield from ((row, from_text(row["text"], language)) for row in rows)
        return
    for name, entry in sorted(json.loads(transcripts.read_text(encoding="utf-8")).items()):
        hypotheses = tuple(Hypothesis(text, logprob) for text, logprob in entry["hyps"])
        seconds = float(entry.get("dur", 0.0))
        yield rows[int(name[:3])], Heard(hypotheses, language, "transcripts", seconds, seconds)


def is_code_right(row: Row, found: Understanding) -> bool:
    """Whether the wanted code was given; for ``none``, that nothing was raised."""
    return row["code"] in found.codes if row["code"] != "none" else found.urgency is Urgency.NONE


def measure(
    rows: list[Row], language: Language, transcripts: Path | None
) -> dict[str, float | dict[str, float]]:
    """All figures as shares of 1, times in milliseconds."""
    lexicon = load_lexicon(language)
    understand(from_text(".", language), "any", lexicon)
    counts: dict[str, list[bool]] = defaultdict(list)
    per_question: dict[str, list[bool]] = defaultdict(list)
    times: list[float] = []
    for row, heard in heard_of(rows, language, transcripts):
        started = time.perf_counter()
        found = understand(heard, row["question"], lexicon)
        times.append((time.perf_counter() - started) * MILLISECONDS)
        wanted = Urgency.parse(row["urgency"])
        counts["answer right"].append(found.answer == row["answer"])
        counts["code right"].append(is_code_right(row, found))
        per_question[row["question"]].append(found.answer == row["answer"])
        if wanted is Urgency.EMERGENCY:
            counts["emergencies found"].append(found.urgency is Urgency.EMERGENCY)
        elif wanted is Urgency.URGENT:
            counts["urgent found"].append(found.urgency >= Urgency.URGENT)
        else:
            counts["needless questions"].append(found.confirm)
            counts["false alarms"].append(found.urgency >= Urgency.URGENT and not found.confirm)
    times.sort()
    figures: dict[str, float | dict[str, float]] = {"utterances": len(times)}
    figures |= {name: sum(hits) / len(hits) for name, hits in counts.items()}
    figures["answer right, by question"] = {
        name: sum(hits) / len(hits) for name, hits in per_question.items()
    }
    figures["median ms"] = median(times)
    figures["p95 ms"] = times[int(len(times) * P95)]
    return figures


def main() -> None:
    """Read the command line and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=Path, help="by default the corpus of the language in tests/data")
    parser.add_argument("--split", default="", help="only rows of this split: dev or test")
    parser.add_argument("--lang", choices=["zh-CN", "es", "en"], default="zh-CN")
    parser.add_argument("--transcripts", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    corpus = options.set or Path(f"tests/data/understanding_{options.lang[:2]}.tsv")
    figures = measure(rows_of(corpus, options.split), options.lang, options.transcripts)
    if options.json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    for name, figure in figures.items():
        if isinstance(figure, dict):
            print(name)
            for question, share in sorted(figure.items()):
                print(f"  {question:20} {share:6.1%}")
        else:
            unit = f"{figure:8.1f}" if name.endswith("ms") or name == "utterances" else f"{figure:8.1%}"
            print(f"{name:22} {unit}")


if __name__ == "__main__":
    main()
