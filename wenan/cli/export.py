"""``wenan export``: visit rates and the visits of a campaign as tables for a spreadsheet."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from campaigns.coverage import Rates, rates, rates_by, read_kept
from campaigns.policy import Tier
from campaigns.tiers import reason_text
from campaigns.windows import known_zone
from ivr.clock import SystemClock
from records.people import Area, Elder
from records.visits import Campaign, Visit
from wenan.cli.errors import UsageError
from wenan.display import bar, busy
from wenan.settings import load_settings
from wenan.wiring import open_ledger

app = typer.Typer(help="Tables for a spreadsheet: visit rates, visits.", no_args_is_help=True)
OutputOption = Annotated[Path, typer.Option("--output", help="CSV file to write, readable by you only.")]
BATCH = 500
"""Visits that are held in memory at a time."""


@app.command("rates")
def export_rates(output: OutputOption) -> None:
    """Write the visit rates of this month and this week: all, by tier, by area."""
    now = SystemClock().now()
    with open_ledger(load_settings()).reading() as session, busy("Counting visit rates"):
        kept = read_kept(session, now)
        names = {each.id: each.name for each in session.execute(select(Area.id, Area.name))}
    today = now.astimezone(known_zone(load_settings().timezone)).date()
    by_tier = rates_by(kept, lambda each: each.tier, today)
    by_area = rates_by(kept, lambda each: each.area_id, today)
    rows = [("all", "", rates(kept, today))]
    rows += [("tier", tier.value, by_tier[tier.value]) for tier in Tier if tier.value in by_tier]
    rows += [("area", names[area], found) for area, found in sorted(by_area.items())]
    head = ("of", "name", "month visited", "month due", "week visited", "week due", "not at home")
    _write(output, head, [(of, name, *_figures(found)) for of, name, found in rows])
    typer.echo(f"{len(rows)} rows as of {now:%Y-%m-%d %H:%M} UTC are in {output}")


@app.command("visits")
def export_visits(
    campaign: Annotated[str, typer.Argument(help="Name of a campaign.")], output: OutputOption
) -> None:
    """Write every visit of a campaign: who, how, what came of it. The file holds names."""
    head = ("elder", "area", "tier", "by", "why not by telephone", "status", "outcome", "attempts", "ended")
    with open_ledger(load_settings()).reading() as session, bar(Console(), f"Exporting {campaign}") as show:
        found = session.scalar(select(Campaign).where(Campaign.name == campaign))
        if found is None:
            raise UsageError(f"There is no campaign {campaign!r}; `wenan campaign status` lists them all")
        of_it = Visit.campaign_id == found.id
        total = session.scalar(select(func.count(Visit.id)).where(of_it)) or 0
        zone, rows, last = known_zone(found.timezone), list[tuple[object, ...]](), 0
        wanted = select(Visit).where(of_it).options(joinedload(Visit.elder).joinedload(Elder.area))
        while batch := session.scalars(wanted.where(Visit.id > last).order_by(Visit.id).limit(BATCH)).all():
            for each in batch:
                elder = each.elder
                ended = each.ended_at.astimezone(zone) if each.ended_at else None
                rows.append(
                    (
                        elder.name,
                        elder.area.name,
                        elder.tier,
                        each.mode,
                        reason_text(each.mode_reason) if each.mode_reason else "",
                        each.status,
                        each.outcome or "",
                        each.attempts_made,
                        f"{ended:%Y-%m-%d %H:%M}" if ended else "",
                    )
                )
            last = batch[-1].id
            show(len(rows), total)
            session.expunge_all()
    _write(output, head, rows)
    typer.echo(f"{len(rows)} visits are in {output}")


def _figures(found: Rates) -> tuple[int, ...]:
    return (found.month.visited, found.month.due, found.week.visited, found.week.due, found.absent)


def _write(output: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """CSV as spreadsheets read it. Raises UsageError when the file cannot be written."""
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows([_harmless(cell) for cell in row] for row in rows)


def _harmless(cell: object) -> object:
    """A cell that a spreadsheet would take for a formula is kept text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell
