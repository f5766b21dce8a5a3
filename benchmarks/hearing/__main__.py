"""Command line of the hearing benchmark; see docs/hearing.md."""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.hearing.channel import CONDITIONS, MAIN, transmit
from benchmarks.hearing.corpus import CorpusError, Row, read_corpus
from benchmarks.hearing.running import Take, hear, recordings
from benchmarks.hearing.tally import Result, figures, missed
from benchmarks.hearing.voices import TESTING, TUNING, Speakers
from speech.lexicon import load_lexicon
from speech.meaning import open_reader
from speech.modelstore import default_models_dir
from speech.recognizers import open_recognizer
from speech.types import Language, ModelMissingError
from wenan.settings import load_settings
from wenan.wiring import set_up_logs

HERE = Path(__file__).parent
OUT_OF_MAIN = 3
"""Conditions that no target is set for hear every third row."""


def main() -> int:
    """Run what the command line asks for; 0, or 2 with one line when it cannot be run."""
    options = _options()
    console = Console(stderr=True)
    try:
        return _run(options, console)
    except (CorpusError, ModelMissingError) as error:
        console.print(f"[red]{error}[/red]", highlight=False)
        return 2


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench-hearing", description=__doc__)
    parser.add_argument(
        "--set", type=Path, help="TSV in the form of the dev set; default: the shipped corpus"
    )
    parser.add_argument("--wav", type=Path, help="recordings named by row (000.wav ...) instead of synthesis")
    parser.add_argument("--split", default="test", help="dev, test, or all; dev uses the tuning voices")
    parser.add_argument("--engine", choices=["whisper", "vosk", "both"], default="whisper")
    parser.add_argument("--lang", choices=["zh-CN", "es", "en"], default="zh-CN")
    parser.add_argument("--takes", type=int, default=1, help="voices and paces a sentence is spoken in")
    parser.add_argument("--conditions", default="", help="names parted by ';', or 'main'; default: all")
    parser.add_argument("--limit", type=int, default=0, help="only so many rows, spread over the file")
    parser.add_argument("--no-meaning", action="store_true", help="without the second opinion")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--save", type=Path, help="write every utterance's result as JSON lines")
    return parser.parse_args()


def _run(options: argparse.Namespace, console: Console) -> int:
    settings = load_settings()
    set_up_logs(settings.model_copy(update={"log_level": "error"}))
    language: Language = options.lang
    lexicon = load_lexicon(language)
    path = options.set or HERE / "data" / f"{language[:2]}.tsv"
    split = "" if options.split == "all" else options.split
    rows = _spread(read_corpus(path, split=split), options.limit)
    engines = ["whisper", "vosk"] if options.engine == "both" else [options.engine]
    takes = _takes(options, rows, language, console)
    reader = None if options.no_meaning else open_reader(settings.models_path)
    report: dict[str, dict[str, Any]] = {}
    kept: dict[str, dict[str, list[Result]]] = {}
    for engine in engines:
        ears = open_recognizer(
            engine, models_dir=settings.models_path, vosk_models=settings.vosk_models, threads=2
        )
        with _bar(console) as progress:
            for condition, played in takes.items():
                task = progress.add_task(f"{engine}: {condition}", total=len(played))
                for way, results in hear(
                    played, ears, reader, lexicon, partial(progress.advance, task)
                ).items():
                    kept.setdefault(way, {})[condition] = results
    for way, by_condition in kept.items():
        report[way] = {
            condition: figures(results, language=language) for condition, results in by_condition.items()
        }
    if options.save:
        _save(options.save, kept)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
    if options.json:
        print(json.dumps({"set": path.name, "split": options.split, "megabytes": megabytes, "ways": report}))
    else:
        _show(report, kept, megabytes)
    return 0


def _takes(
    options: argparse.Namespace, rows: Sequence[Row], language: Language, console: Console
) -> dict[str, list[Take]]:
    """What is played under each condition."""
    if options.wav:
        return {"as recorded": recordings(rows, options.wav)}
    wanted = MAIN if options.conditions == "main" else tuple(filter(None, options.conditions.split(";")))
    conditions = [each for each in CONDITIONS if not wanted or each.name in wanted]
    if not conditions:
        raise CorpusError(
            f"--conditions: use 'main' or some of {'; '.join(each.name for each in CONDITIONS)}"
        )
    voices = (TUNING if options.split == "dev" else TESTING)[language]
    models = default_models_dir()
    speakers = Speakers(language, voices, models_dir=models, cache=models.parent / "bench-voices")
    with _bar(console) as progress:
        task = progress.add_task("voices", total=None)
        speakers.rehearse(
            rows, options.takes, lambda done, total: progress.update(task, completed=done, total=total)
        )
    return {
        condition.name: [
            Take(
                row,
                lambda row=row, take=take, condition=condition: transmit(  # type: ignore[misc]  # bound now
                    speakers.speak(row, take=take), condition, f"{row.text}/{take}"
                ),
            )
            for row in (rows if condition.name in MAIN or wanted else rows[::OUT_OF_MAIN])
            for take in range(options.takes)
        ]
        for condition in conditions
    }


def _spread(rows: list[Row], limit: int) -> list[Row]:
    if not limit or limit >= len(rows):
        return rows
    return [rows[number * len(rows) // limit] for number in range(limit)]


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def _show(
    report: dict[str, dict[str, Any]], kept: dict[str, dict[str, list[Result]]], megabytes: float
) -> None:
    console = Console(width=None if sys.stdout.isatty() else 200)
    for way, by_condition in report.items():
        table = Table("", *by_condition, title=way)
        table.add_row("utterances", *(str(each["utterances"]) for each in by_condition.values()))
        for name in next(iter(by_condition.values()))["shares"]:
            table.add_row(name, *(_share(each["shares"].get(name)) for each in by_condition.values()))
        table.add_row(
            "character error rate", *(_share(each["character_error_rate"]) for each in by_condition.values())
        )
        for name in ("median", "p95"):
            table.add_row(
                f"seconds, {name}", *(f"{each[f'seconds_{name}']:.2f}" for each in by_condition.values())
            )
        console.print(table)
    way, by_condition = next(iter(report.items()))
    table = Table("answer code right, by question", *by_condition, title=way)
    for question in next(iter(by_condition.values()))["answer_by_question"]:
        cells = (_share(each["answer_by_question"].get(question)) for each in by_condition.values())
        table.add_row(question, *cells)
    console.print(table)
    console.print(f"peak memory {megabytes:.0f} MB; missed entirely: {len(missed(kept[way]))}")


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _save(path: Path, kept: dict[str, dict[str, list[Result]]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for way, by_condition in kept.items():
            for condition, results in by_condition.items():
                for it in results:
                    line = {
                        "way": way, "condition": condition, "row": it.row.number, "question": it.row.question,
                        "text": it.row.text, "wanted": [it.row.answer, it.row.urgency.label, it.row.code],
                        "kind": it.row.kind, "heard": it.transcript, "answer": it.answer,
                        "urgency": it.urgency.label, "codes": it.codes, "confirm": it.confirm,
                        "seconds": round(it.seconds, 3),
                    }  # fmt: skip
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
