"""``wenan models``: what is installed, and fetching what is not."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from speech.modelstore.catalog import CATALOG, FOR_TESTS, NEEDED
from speech.modelstore.fetch import fetch as fetch_models
from speech.modelstore.fetch import installed
from speech.modelstore.progress import RichProgress
from wenan.cli.errors import UsageError
from wenan.settings import load_settings

app = typer.Typer(help="Speech models: list, fetch, verify.", no_args_is_help=True)


@app.command("list")
def list_models() -> None:
    """Show every model of the catalogue and whether it is installed."""
    settings = load_settings()
    table = Table("model", "for", "MB", "licence", "installed", title=f"Models in {settings.models_path}")
    for model in CATALOG.values():
        there = "yes" if installed(model.name, settings.models_path) else "no"
        table.add_row(model.name, model.purpose, f"{model.size / 1e6:.0f}", model.licence, there)
    Console().print(table)


@app.command("fetch")
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names from `wenan models list`; default: what calls need.")
    ] = None,
    for_tests: Annotated[bool, typer.Option("--for-tests", help="Also what only the tests need.")] = False,
) -> None:
    """Fetch models by hash. Interrupted, it goes on where it stopped."""
    settings = load_settings()
    wanted = list(names or NEEDED) + (list(FOR_TESTS) if for_tests else [])
    unknown = [name for name in wanted if name not in CATALOG]
    if unknown:
        raise UsageError(f"No model is called {unknown[0]}; `wenan models list` shows them all")
    missing = [name for name in wanted if not installed(name, settings.models_path)]
    if not missing:
        typer.echo(f"All {len(wanted)} models are installed in {settings.models_path}")
        return
    with RichProgress() as progress:
        fetch_models(missing, models_dir=settings.models_path, progress=progress)
