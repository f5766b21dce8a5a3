"""``wenan calendar``: what the coming days are, as the dialer sees them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from campaigns.calendar import Day, day_of, unknown_years
from campaigns.occasions import occasion_on, occasion_text
from ivr.clock import SystemClock
from wenan.cli.spans import DAYS, read_date
from wenan.settings import load_settings


def show_days(
    start: Annotated[str, typer.Option("--from", help="First day, e.g. 2026-02-10; today if left out.")] = "",
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days.")] = 31,
) -> None:
    """Show holidays, make-up workdays and festivals of the coming days, and what is not known yet."""
    today = SystemClock().now().astimezone(ZoneInfo(load_settings().timezone)).date()
    first = read_date("--from", start) if start else today
    last = first + timedelta(days=days - 1)
    console, table = Console(), Table("date", "day", "is a", "festival")
    for offset in range(days):
        day = day_of(first + timedelta(days=offset))
        occasion = occasion_on(day.date)
        festival = occasion_text(occasion) if occasion else ""
        table.add_row(day.date.isoformat(), DAYS[day.date.weekday()], _kind(day), festival)
    console.print(table)
    for year in unknown_years(first, last):
        console.print(
            f"[yellow]The holidays of {year} are not known to this version: every day that may be one counts "
            "as one, no weekend as a make-up workday. A newer version will know them.[/yellow]"
        )


def _kind(day: Day) -> str:
    kind = "make-up workday" if day.is_make_up_workday else day.kind.value
    return kind if day.certain or day.kind.value == "workday" else f"{kind} (not announced)"
