"""``wenan script``: the questionnaires that rounds may ask by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from campaigns.scripts import store_script
from ivr.script import load_script, shipped_scripts
from records.visits import ScriptVersion
from wenan.settings import load_settings
from wenan.wiring import open_ledger

app = typer.Typer(help="Scripts: which there are, adding one for rounds to use.", no_args_is_help=True)


@app.command("add")
def add(file: Annotated[Path, typer.Argument(help="A script as YAML, see docs/scripts.md.")]) -> None:
    """Check a script and keep it in the ledger, so that a policy may name it for its rounds."""
    script = load_script(str(file.absolute()))
    with open_ledger(load_settings()).session() as session:
        store_script(session, script)
    typer.echo(f"Version {script.version} of the script {script.id} may be named in a policy: rounds.script")


@app.command("list")
def list_scripts() -> None:
    """Show the scripts that a policy may name, with their versions."""
    table = Table("script", "shipped", "in the ledger")
    kept: dict[str, list[int]] = {}
    with open_ledger(load_settings()).reading() as session:
        columns = select(ScriptVersion.script_id, ScriptVersion.version)
        for name, version in session.execute(columns.order_by(ScriptVersion.id)):
            kept.setdefault(name, []).append(version)
    shipped = shipped_scripts()
    for name in sorted({*kept, *shipped}):
        table.add_row(name, *(", ".join(map(str, found.get(name, ()))) for found in (shipped, kept)))
    Console().print(table)
