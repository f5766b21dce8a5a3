"""``python -m speech.modelstore``: list the speech models or fetch them, with progress bars."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from speech.modelstore import CATALOG, FOR_TESTS, NEEDED, RichProgress, default_models_dir, fetch, installed
from speech.types import SpeechError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0 when everything asked for is installed."""
    options = _parser().parse_args(arguments)
    models_dir: Path = options.dir
    console = Console(stderr=True)
    if options.list:
        _list(models_dir)
        return 0
    names = options.names or (NEEDED + FOR_TESTS if options.for_tests else NEEDED)
    if options.all:
        names = tuple(CATALOG)
    try:
        with RichProgress(console) as progress:
            fetch(names, models_dir=models_dir, progress=progress)
    except SpeechError as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped. Run the same command again to continue.")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m speech.modelstore", description="Fetch speech models.")
    parser.add_argument("names", nargs="*", help="models to fetch; without any, those the product needs")
    parser.add_argument("--all", action="store_true", help="every model in the catalogue")
    parser.add_argument("--for-tests", action="store_true", help="also what the test suite needs")
    parser.add_argument("--list", action="store_true", help="show the catalogue and what is installed")
    parser.add_argument("--dir", type=Path, default=default_models_dir(), help="folder of the models")
    return parser


def _list(models_dir: Path) -> None:
    console = Console()
    for model in CATALOG.values():
        state = "installed" if installed(model.name, models_dir) else "not installed"
        line = f"{model.name:14} {state:14} {model.size / 1e6:6.0f} MB  {model.licence:11} {model.purpose}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
