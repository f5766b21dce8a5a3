"""The command line. ``wenan --help`` is the way in."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from wenan import __version__
from wenan.cli import (
    area,
    calling,
    campaign,
    days,
    dialogue,
    elder,
    export,
    hearing,
    models,
    parts,
    people,
    policy,
    product,
    roster,
    script,
    surge,
)
from wenan.cli.errors import explain

app = typer.Typer(
    name="wenan",
    help="Wen'an 问安: phones elders, hears how they are, and sends a person where a person is needed.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

app.command("demo")(product.demo)
app.command("serve")(product.serve)
app.command("up")(product.up)
app.command("hear")(hearing.hear)
app.command("understand")(hearing.understand_text)
app.command("calendar")(days.show_days)
app.command("call")(calling.call)
app.command("simulate")(dialogue.simulate_call)
app.add_typer(roster.app, name="roster")
app.add_typer(campaign.app, name="campaign")
app.add_typer(export.app, name="export")
app.add_typer(area.app, name="area")
app.add_typer(elder.app, name="elder")
app.add_typer(policy.app, name="policy")
app.add_typer(script.app, name="script")
app.add_typer(surge.app, name="surge")
app.add_typer(people.app, name="worker")
app.add_typer(parts.app, name="part")
app.add_typer(models.app, name="models")


@app.callback(invoke_without_command=True)
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version and leave.", is_eager=True),
) -> None:
    if version:
        typer.echo(f"wenan {__version__}")
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; foreseeable trouble becomes one line on standard error and a documented exit code."""
    try:
        app(args=list(arguments) if arguments is not None else None, standalone_mode=True)
    except KeyboardInterrupt:
        typer.echo("wenan: stopped; nothing is lost, the same command goes on from here", err=True)
        sys.exit(130)
    except Exception as error:
        known = explain(error)
        if known is None:
            raise
        typer.echo(f"wenan: {known.line}", err=True)
        sys.exit(known.exit_code)
