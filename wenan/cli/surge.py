"""``wenan surge``: days on which some elders are visited more often, in heat, cold, storm or festivity."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.policies import elders_under
from campaigns.surges import Surge, SurgeKind, call_off, declare
from ivr.clock import SystemClock
from ivr.script import load_script
from records.surges import SurgeDays
from wenan.cli.area import find_area
from wenan.cli.spans import read_date
from wenan.settings import load_settings
from wenan.wiring import open_ledger

app = typer.Typer(help="Surge days: heat, cold, storm, epidemic, festival.", no_args_is_help=True)


@app.command("declare")
def declare_days(  # noqa: PLR0913, PLR0917 - as many options as terms
    name: str,
    every: Annotated[int, typer.Option(min=1, max=366, help="Days from one visit to the next meanwhile.")],
    until: Annotated[str, typer.Option(help="Last day, e.g. 2026-08-10.")],
    start: Annotated[str, typer.Option("--from", help="First day; today if left out.")] = "",
    kind: Annotated[SurgeKind, typer.Option(help=", ".join(SurgeKind))] = SurgeKind.OTHER,
    area: Annotated[str, typer.Option(help="Name or id of the area; everywhere if left out.")] = "",
    tier: Annotated[list[str] | None, typer.Option(help="key, secondary, general; repeatable.")] = None,
    category: Annotated[list[str] | None, typer.Option(help="living_alone ...; repeatable.")] = None,
    module: Annotated[str, typer.Option(help="Topic of the script that every call takes meanwhile.")] = "",
    script: Annotated[str, typer.Option(help="The script with that topic.")] = "standard",
) -> None:
    """Visit some elders more often for some days; `wenan campaign create NAME --due` plans the visits.

    Without a tier or a category it is for everybody in the area.
    """
    settings = load_settings()
    now = SystemClock().now()
    today = now.astimezone(ZoneInfo(settings.timezone)).date()
    known = [each.id for each in load_script(script).modules]
    with open_ledger(settings).session() as session:
        surge = Surge(
            name=name.strip(),
            starts_on=read_date("--from", start) if start else today,
            ends_on=read_date("--until", until),
            cadence_days=every,
            tiers=frozenset(tier or ()),
            categories=frozenset(category or ()),
            area_id=find_area(session, area).id if area else None,
            module=module,
            kind=kind.value,
        )
        declare(session, surge, modules=known, today=today, now=now, actor="cli")
        meant = _meant(session, surge)
    typer.echo(
        f"{name}: {surge.starts_on} to {surge.ends_on}, {meant} elders visited every {every} days. "
        "Plan the visits: wenan campaign create NAME --due"
    )


@app.command("end")
def end(name: str) -> None:
    """Call surge days off before their last day."""
    with open_ledger(load_settings()).session() as session:
        call_off(session, name, now=SystemClock().now(), actor="cli")
    typer.echo(f"{name} is called off")


@app.command("list")
def list_days() -> None:
    """Show all surge days, the newest first."""
    table = Table("name", "kind", "area", "from", "until", "for", "every", "topic", "state")
    settings = load_settings()
    today = SystemClock().now().astimezone(ZoneInfo(settings.timezone)).date()
    with open_ledger(settings).reading() as session:
        for row in session.scalars(select(SurgeDays).order_by(SurgeDays.starts_on.desc())):
            meant = ", ".join([*row.tiers, *row.categories]) or "everybody"
            table.add_row(
                row.name,
                row.kind,
                row.area.name if row.area else "everywhere",
                row.starts_on.isoformat(),
                row.ends_on.isoformat(),
                meant,
                f"{row.cadence_days} days",
                row.module,
                _state(row, today),
            )
    Console().print(table)


def _state(row: SurgeDays, today: date) -> str:
    if row.ended_at is not None:
        return "called off"
    if today < row.starts_on:
        return "still to come"
    return "over" if today > row.ends_on else "now"


def _meant(session: Session, surge: Surge) -> int:
    return sum(surge.is_for(elder.tier, elder.categories) for elder in elders_under(session, surge.area_id))
