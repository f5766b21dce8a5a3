"""Command line of the hearing benchmark; see docs/hearing.md."""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.hearing.accents import ACCENTS, KEPT_BACK
from benchmarks.hearing.channel import CONDITIONS, MAIN, Condition, transmit
from benchmarks.hearing.corpus import CorpusError, Row, read_corpus
from benchmarks.hearing.report import Kept, save, show
from benchmarks.hearing.running import Take, hear, read, recordings
from benchmarks.hearing.tally import figures
from benchmarks.hearing.voices import TESTING, TUNING, Speakers
from speech.lexicon import Lexicon, load_lexicon
from speech.meaning import open_reader
from speech.modelstore import default_models_dir
from speech.recognizers import open_recognizer
from speech.types import Language, ModelMissingError, Pcm, Reader
from wenan.logs import set_up_logs
from wenan.settings import Settings, load_settings

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
    parser.add_argument(
        "--accent",
        default="",
        choices=sorted(ACCENTS | KEPT_BACK),
        help="a region with whose tones Mandarin is spoken; nothing was learnt with Zhengzhou's",
    )
    parser.add_argument("--takes", type=int, default=1, help="voices and paces a sentence is spoken in")
    parser.add_argument("--conditions", default="", help="names parted by ';', or 'main'; default: all")
    parser.add_argument("--limit", type=int, default=0, help="only so many rows, spread over the file")
    parser.add_argument("--text", action="store_true", help="in writing: nothing is spoken or recognised")
    parser.add_argument("--no-meaning", action="store_true", help="without the second opinion")
    parser.add_argument("--as-fetched", action="store_true", help="Whisper without what it learnt of elders")
    parser.add_argument("--twice", action="store_true", help="all is heard twice, not what leaves doubt only")
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
    reader = None if options.no_meaning else open_reader(settings.models_path)
    if options.text:
        kept: Kept = {way: {path.name: found} for way, found in read(rows, reader, lexicon).items()}
    else:
        kept = _heard(options, _takes(options, rows, language, console), reader, lexicon, settings, console)
    report = {
        way: {condition: figures(results, language) for condition, results in by_condition.items()}
        for way, by_condition in kept.items()
    }
    if options.save:
        save(options.save, kept)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
    if options.json:
        print(json.dumps({"set": path.name, "split": options.split, "megabytes": megabytes, "ways": report}))
    else:
        show(report, kept, megabytes)
    return 0


def _heard(
    options: argparse.Namespace,
    takes: dict[str, list[Take]],
    reader: Reader | None,
    lexicon: Lexicon,
    settings: Settings,
    console: Console,
) -> Kept:
    """Play everything to each engine."""
    kept: Kept = {}
    for engine in ["whisper", "vosk"] if options.engine == "both" else [options.engine]:
        ears = open_recognizer(
            engine,
            models_dir=settings.models_path,
            vosk_models=settings.vosk_models,
            threads=2,
            adapted=not options.as_fetched,
            language=lexicon.language,
        )
        with _bar(console) as progress:
            for condition, played in takes.items():
                task = progress.add_task(f"{engine}: {condition}", total=len(played))
                advance = partial(progress.advance, task)
                for way, results in hear(played, ears, reader, lexicon, advance, twice=options.twice).items():
                    kept.setdefault(way, {})[condition] = results
    return kept


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
    speakers = Speakers(
        language, voices, models_dir=models, cache=models.parent / "bench-voices", accent=options.accent
    )
    with _bar(console) as progress:
        task = progress.add_task("voices", total=None)
        speakers.rehearse(
            rows, options.takes, lambda done, total: progress.update(task, completed=done, total=total)
        )
    return {
        condition.name: [
            Take(row, speakers.voice(row, take=take), partial(_over_the_line, speakers, row, take, condition))
            for row in (rows if condition.name in MAIN or wanted else rows[::OUT_OF_MAIN])
            for take in range(options.takes)
        ]
        for condition in conditions
    }


def _over_the_line(speakers: Speakers, row: Row, take: int, condition: Condition) -> Pcm:
    return transmit(speakers.speak(row, take=take), condition, f"{row.text}/{take}")


def _spread(rows: list[Row], limit: int) -> list[Row]:
    if not limit or limit >= len(rows):
        return rows
    return [rows[number * len(rows) // limit] for number in range(limit)]


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


if __name__ == "__main__":
    sys.exit(main())
