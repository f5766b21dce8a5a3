"""Shows and keeps what the benchmark found."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.hearing.tally import Result, missed

Kept = dict[str, dict[str, list[Result]]]
"""Way of understanding -> condition -> results."""
_WIDTH = 200
_BY = {
    "answer code right, by question": "answer_by_question",
    "character error rate, by voice": "character_error_rate_by_voice",
}
"""Tables of the first way that follow, and the figure each shows."""


def show(report: Mapping[str, Mapping[str, Mapping[str, Any]]], kept: Kept, megabytes: float) -> None:
    """Print a table for each way, then details of the first."""
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    for way, by_condition in report.items():
        table = Table("", *by_condition, title=way)
        columns = list(by_condition.values())
        table.add_row("utterances", *(str(each["utterances"]) for each in columns))
        for name in columns[0]["shares"]:
            table.add_row(name, *(_share(each["shares"].get(name)) for each in columns))
        if any(result.texts for results in kept[way].values() for result in results):
            _add_ears(table, columns)
        console.print(table)
    way, by_condition = next(iter(report.items()))
    for title, figure in _BY.items():
        table = Table(title, *by_condition, title=way)
        for name in next(iter(by_condition.values()))[figure]:
            table.add_row(name, *(_share(each[figure].get(name)) for each in by_condition.values()))
        console.print(table)
    console.print(f"peak memory {megabytes:.0f} MB; missed entirely: {len(missed(kept[way]))}")


def _add_ears(table: Table, columns: Sequence[Mapping[str, Any]]) -> None:
    """What only a way with a recogniser of its own has."""
    table.add_row("character error rate", *(_share(each["character_error_rate"]) for each in columns))
    best = (_share(each["character_error_rate_of_the_best"]) for each in columns)
    table.add_row("  of the best hypothesis", *best)
    for name in ("median", "p95"):
        table.add_row(f"seconds, {name}", *(f"{each[f'seconds_{name}']:.2f}" for each in columns))
    table.add_row("processor seconds, mean", *(f"{each['processor_mean']:.2f}" for each in columns))
    table.add_row("heard once only", *(f"{each['spared']:.0%}" for each in columns))


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def save(path: Path, kept: Kept) -> None:
    """Write every result as a line of JSON."""
    with path.open("w", encoding="utf-8") as file:
        for way, by_condition in kept.items():
            for condition, results in by_condition.items():
                for it in results:
                    line = {
                        "way": way, "condition": condition, "row": it.row.number, "question": it.row.question,
                        "text": it.row.text, "wanted": [it.row.answer, it.row.urgency.label, it.row.code],
                        "kind": it.row.kind, "voice": it.voice, "heard": next(iter(it.texts), ""),
                        "texts": it.texts, "answer": it.answer, "urgency": it.urgency.label,
                        "codes": it.codes, "confirm": it.confirm, "seconds": round(it.seconds, 3),
                    }  # fmt: skip
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
