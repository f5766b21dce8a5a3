"""``wenan roster``: bringing in the survey form."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from campaigns.roster import RosterSettings, import_roster
from ivr.clock import SystemClock
from wenan.cli.errors import BAD_INPUT
from wenan.display import bar, show_import
from wenan.settings import load_settings
from wenan.wiring import open_ledger

app = typer.Typer(help="Rosters: import survey forms (摸底表).", no_args_is_help=True)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="XLSX, or CSV in UTF-8 or GB18030.")],
    area: Annotated[str, typer.Option(help="Name of the district, if the form does not say.")] = "",
) -> None:
    """Import a roster; good rows go in, bad ones are listed. Importing it again changes nothing."""
    settings = load_settings()
    console = Console()
    ledger = open_ledger(settings)
    with bar(console, f"Importing {file.name}") as progress:
        report = import_roster(
            ledger,
            file,
            now=SystemClock().now(),
            area=area or None,
            default_area_code=settings.default_area_code or None,
            settings=RosterSettings(timezone=settings.timezone),
            progress=progress,
        )
    show_import(console, report)
    if report.rows and not (report.added + report.updated + report.unchanged):
        raise typer.Exit(BAD_INPUT)
