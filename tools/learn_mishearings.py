"""Counts what recognisers write for each Mandarin syllable: feeds the training of ``speech/meaning``.

Reads results of the hearing benchmark (``make bench-hearing ARGS="--split dev --save FILE"``), lines their
texts up with what was heard, syllable by syllable, and writes ``examples/mishearings.tsv``: the
syllable that was said, the character that was written (empty: nothing), and how often on quiet and bad lines.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from speech.meaning.features import syllables
from speech.wording import fold

TARGET = Path("speech/meaning/examples/mishearings.tsv")
QUIET = "clean"


def lined_up(said: str, heard: str) -> list[tuple[str, str]]:
    """Pairs of a syllable said and the character heard for it (empty where none was)."""
    one, other = syllables(said), syllables(heard)
    cost = [[float(row + column) for column in range(len(other) + 1)] for row in range(len(one) + 1)]
    for row in range(1, len(one) + 1):
        for column in range(1, len(other) + 1):
            cost[row][column] = min(
                cost[row - 1][column] + 1,
                cost[row][column - 1] + 1,
                cost[row - 1][column - 1] + _unlike(one[row - 1], other[column - 1]),
            )
    pairs: list[tuple[str, str]] = []
    row, column = len(one), len(other)
    while row:
        if column and cost[row][column] == cost[row - 1][column - 1] + _unlike(
            one[row - 1], other[column - 1]
        ):
            pairs.append((one[row - 1], heard[column - 1]))
            row, column = row - 1, column - 1
        elif column and cost[row][column] == cost[row][column - 1] + 1:
            column -= 1
        else:
            pairs.append((one[row - 1], ""))
            row -= 1
    return pairs


def _unlike(one: str, other: str) -> float:
    if one == other:
        return 0.0
    return 0.6 if one[:1] == other[:1] or one[-2:] == other[-2:] else 1.3


def main() -> None:
    """Count and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    counts: Counter[tuple[str, str, bool]] = Counter()
    for line in parser.parse_args().results.read_text(encoding="utf-8").splitlines():
        result = json.loads(line)
        if not str(result["way"]).startswith("whisper") or not result["heard"]:
            continue
        said, heard = (fold(result[name], "zh-CN").replace(" ", "") for name in ("text", "heard"))
        for syllable, letter in lined_up(said, heard):
            counts[syllable, letter, result["condition"] == QUIET] += 1
    keys = sorted({(syllable, letter) for syllable, letter, _ in counts})
    with TARGET.open("w", encoding="utf-8") as file:
        file.write("said\theard\tquiet\tbad\n")
        for syllable, letter in keys:
            quiet, bad = counts[syllable, letter, True], counts[syllable, letter, False]
            file.write(f"{syllable}\t{letter}\t{quiet}\t{bad}\n")
    print(f"{sum(counts.values())} syllables, {len(keys)} pairs")


if __name__ == "__main__":
    main()
