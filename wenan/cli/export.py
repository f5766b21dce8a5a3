"""``wenan export``: visit rates, visits and what elders say of services as tables for a spreadsheet."""

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
from campaigns.satisfaction import Satisfaction, month_began, read_said, together, together_by
from campaigns.tiers import reason_text
from campaigns.windows import known_zone
from ivr.clock import SystemClock
from records.feedback import Feedback
from records.people import Area, Elder
from records.visits import Campaign, Visit
from wenan.cli.errors import UsageError
from wenan.display import bar, busy
from wenan.settings import load_settings
from wenan.wiring import open_ledger

app = typer.Typer(help="Tables for a spreadsheet: visit rates, visits, feedback.", no_args_is_help=True)
OutputOption = Annotated[Path, typer.Option("--output", help="CSV file to write, readable by you only.")]
BATCH = 500
"""Visits that are held in memory at a time."""


@app.command("rates")
def export_rates(output: OutputOption) -> None:
    """Write the visit rates of this month and this week, and how satisfied elders were this month."""
    now, zone = SystemClock().now(), known_zone(load_settings().timezone)
    today = now.astimezone(zone).date()
    with open_ledger(load_settings()).reading() as session, busy("Counting visit rates"):
        kept, said = read_kept(session, now), read_said(session, month_began(now, zone))
        names = {each.id: each.name for each in session.execute(select(Area.id, Area.name))}
    by_tier, told_tier = (
        rates_by(kept, lambda each: each.tier, today),
        together_by(said, lambda each: each.tier),
    )
    by_area = rates_by(kept, lambda each: each.area_id, today)
    told_area = together_by(said, lambda each: each.area_id)
    none = Satisfaction()
    rows = [("all", "", rates(kept, today), together(said))]
    rows += [("tier", each, by_tier[each], told_tier.get(each, none)) for each in Tier if each in by_tier]
    rows += [
        ("area", names[area], found, told_area.get(area, none)) for area, found in sorted(by_area.items())
    ]
    head = ("of", "name", "month visited", "month due", "week visited", "week due", "not at home")
    _write(
        output,
        (*head, *_SAID),
        [(of, name, *_figures(found), *_told(told)) for of, name, found, told in rows],
    )
    typer.echo(f"{len(rows)} rows as of {now:%Y-%m-%d %H:%M} UTC are in {output}")


@app.command("feedback")
def export_feedback(output: OutputOption) -> None:
    """Write what was said of each service that was closed: by whom, noted by whom. The file holds names."""
    head = ("elder", "area", "service", "by", "on", "rating", "said by", "noted by", "noted on")
    zone = known_zone(load_settings().timezone)
    with open_ledger(load_settings()).reading() as session, bar(Console(), "Exporting feedback") as show:
        total = session.scalar(select(func.count(Feedback.order_id))) or 0
        rows, last = list[tuple[object, ...]](), 0
        wanted = select(Feedback).options(
            joinedload(Feedback.elder).joinedload(Elder.area), joinedload(Feedback.order)
        )
        more = wanted.order_by(Feedback.order_id).limit(BATCH)
        while batch := session.scalars(more.where(Feedback.order_id > last)).all():
            for each in batch:
                noted = f"{each.noted_at.astimezone(zone):%Y-%m-%d %H:%M}" if each.noted_at else ""
                elder, served = each.elder, f"{each.served_at.astimezone(zone):%Y-%m-%d %H:%M}"
                rating = each.rating or "not asked"
                whose = (rating, each.said_by, each.noted_by, noted)
                rows.append((elder.name, elder.area.name, each.order.kind, each.served_by, served, *whose))
            last = batch[-1].order_id
            show(len(rows), total)
            session.expunge_all()
    _write(output, head, rows)
    typer.echo(f"{len(rows)} services are in {output}")


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


_SAID = ("month satisfied", "month said", "month did not say", "month noted by whoever did it")


def _told(found: Satisfaction) -> tuple[int, ...]:
    return (found.satisfied, found.said, found.silent, found.by_server)


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
