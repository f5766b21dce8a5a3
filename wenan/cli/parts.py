"""``wenan part``: which parts of the system beat, and which are not to be missed any more."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from ivr.clock import SystemClock
from records.audit import Heartbeat
from records.farewells import RETIRED, farewell, reason_of, retire
from wenan.cli.errors import UsageError
from wenan.settings import load_settings
from wenan.wiring import open_ledger, open_rules

app = typer.Typer(help="Parts of the system: which are alive, which are retired.", no_args_is_help=True)


@app.command("list")
def show() -> None:
    """Show when each part last gave a sign of life."""
    settings = load_settings()
    rules, now = open_rules(settings).policy.auditor, SystemClock().now()
    with open_ledger(settings).reading() as session:
        beats = {row.component: row for row in session.scalars(select(Heartbeat))}
    table = Table("part", "last sign of life", "state")
    for name in sorted({*beats, *rules.heartbeats}):
        row = beats.get(name)
        if row is None:
            table.add_row(name, "never", "missed: it has not begun")
            continue
        last = row.at.astimezone(ZoneInfo(settings.timezone)).strftime("%Y-%m-%d %H:%M:%S")
        silent = now - row.at > rules.patience(name)
        state = _state(farewell(row), needed=name in rules.heartbeats, silent=silent)
        table.add_row(name, last, f"{state}: {why}" if (why := reason_of(row)) else state)
    Console().print(table)


@app.command("retire")
def retire_part(
    name: str,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept, and shown by `wenan part list`.")] = "",
) -> None:
    """Stop missing a part that is not run any more; its next sign of life has it watched again."""
    settings = load_settings()
    wanted, now = open_rules(settings).policy.auditor.heartbeats, SystemClock().now()
    with open_ledger(settings).session() as session:
        known = {*session.scalars(select(Heartbeat.component)), *wanted}
        if name not in known:
            raise UsageError(f"No part is called {name}: use one of {', '.join(sorted(known))}")
        retire(session, name, at=now, actor="cli", reason=reason.strip())
    typer.echo(f"{name} is retired: nobody misses it until it gives a sign of life again")


def _state(said: str, *, needed: bool, silent: bool) -> str:
    if said == RETIRED:
        return RETIRED
    if said:
        return f"{said}, but its work is needed: start it, or retire it" if needed else said
    if not silent:
        return "alive"
    return "silent" if needed else "silent; its work is not asked for: retire it if it is run no more"
