"""``wenan area``: the clock, the calling hours and the lines of a district, town, community or grid."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.area_lines import MOST_LINES, limit_lines, lines_in_use
from campaigns.overlap import without_rest
from campaigns.places import windows_of
from campaigns.windows import Windows, known_zone
from ivr.clock import SystemClock
from records.audit import audit
from records.people import Area
from wenan.cli.errors import UsageError
from wenan.cli.spans import read_days, read_rest, read_span, windows_words
from wenan.settings import load_settings
from wenan.wiring import open_ledger

app = typer.Typer(help="Areas: their clock, calling hours and lines.", no_args_is_help=True)


@app.command("list")
def list_areas() -> None:
    """Show all areas with their time zone, the calling hours in force there, and their share of the lines."""
    table = Table("id", "area", "level", "time zone", "calling hours", "lines in use")
    with open_ledger(load_settings()).reading() as session:
        lines = {each.area_id: f"{each.in_use} of {each.limit}" for each in lines_in_use(session)}
        for area in session.scalars(select(Area).order_by(Area.id)):
            inherited = windows_of(area)
            hours = "as campaigns say" if inherited is None else windows_words(inherited)
            if inherited is not None and area.windows is None:
                hours = f"{hours} (from above)"
            zone = area.timezone if known_zone(area.timezone) else f"{area.timezone} (unknown: nobody phoned)"
            table.add_row(str(area.id), _path(area), area.level, zone, hours, lines.get(area.id, ""))
    Console().print(table)


@app.command("hours")
def hours(
    area: Annotated[str, typer.Argument(help="Name or id of the area.")],
    hours: Annotated[
        list[str] | None, typer.Option(help="Calling hours, e.g. 09:00-17:30; repeatable.")
    ] = None,
    rest: Annotated[
        list[str] | None, typer.Option(help="Lunch and nap, taken out of the hours; none for none.")
    ] = None,
    day: Annotated[list[str] | None, typer.Option(help="mon ... sun, or mon-fri; repeatable.")] = None,
    holidays: Annotated[bool, typer.Option(help="Whether to phone on public holidays.")] = True,
    weekends: Annotated[bool, typer.Option(help="Whether to phone on weekends.")] = True,
    timezone: Annotated[str, typer.Option(help="Time zone of the area's clocks, e.g. Asia/Urumqi.")] = "",
    clear: Annotated[bool, typer.Option("--clear", help="Let campaigns decide alone again.")] = False,
) -> None:
    """Set when people in an area may be phoned; campaigns and elders' wishes come on top.

    It holds for all areas below that have no hours of their own, and from the next call on.
    """
    if timezone and known_zone(timezone) is None:
        raise UsageError(f"--timezone {timezone}: no such time zone; use a name such as Asia/Shanghai")
    with open_ledger(load_settings()).session() as session:
        found = find_area(session, area)
        if timezone:
            found.timezone = timezone
        if clear:
            found.windows = None
        elif hours or day or not (holidays and weekends):
            found.windows = _windows(hours, rest, day, holidays=holidays, weekends=weekends)
        audit(
            session,
            at=SystemClock().now(),
            actor="cli",
            action="area_hours",
            subject_type="area",
            subject_id=found.id,
            timezone=found.timezone,
            windows=found.windows,
        )
        in_force = windows_of(found)
        typer.echo(
            f"{found.name}: {'as campaigns say' if in_force is None else windows_words(in_force)}, "
            f"{found.timezone}"
        )


@app.command("lines")
def lines(
    area: Annotated[str, typer.Argument(help="Name or id of the area.")],
    most: Annotated[
        int | None, typer.Argument(min=1, max=MOST_LINES, help="Calls at the same time; shown if left out.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="As many as there are lines again.")] = False,
) -> None:
    """Set how many elders of an area may be called at the same time, so that no area takes all lines.

    It holds for the area with all below it, from the next call on; limits of areas above hold as well.
    """
    if clear and most is not None:
        raise UsageError("Give a number of lines or --clear, not both")
    ledger = open_ledger(load_settings())
    if clear or most is not None:
        with ledger.session() as session:
            limit_lines(session, find_area(session, area), most, now=SystemClock().now(), actor="cli")
    with ledger.reading() as session:
        found = find_area(session, area)
        for each in lines_in_use(session, [found.id]):
            typer.echo(f"{each.name}: {each.in_use} of {each.limit} lines in use")
            return
        typer.echo(f"{found.name}: as many lines as there are")


def find_area(session: Session, wanted: str) -> Area:
    """The area of a name or id. Raises UsageError when there is none or the name is not enough."""
    same = session.scalars(select(Area).where(Area.name == wanted)).all()
    if wanted.isdecimal() and not same:
        same = session.scalars(select(Area).where(Area.id == int(wanted))).all()
    if not same:
        raise UsageError(f"No area is called {wanted}; `wenan area list` shows them")
    if len(same) > 1:
        ids = ", ".join(str(each.id) for each in same)
        raise UsageError(f"Several areas are called {wanted}: give the id, one of {ids}")
    return same[0]


def _windows(
    hours: list[str] | None,
    rest: list[str] | None,
    day: list[str] | None,
    *,
    holidays: bool,
    weekends: bool,
) -> dict[str, object]:
    spans = [read_span("--hours", span) for span in hours or ()] or list(Windows().hours)
    try:
        windows = Windows(
            hours=without_rest(spans, read_rest(rest)),
            days=tuple(read_days(day) if day else range(7)),
            holidays=holidays,
            weekends=weekends,
        )
    except ValidationError as error:
        raise UsageError(f"These hours cannot be: {error.errors(include_url=False)[0]['msg']}") from error
    return windows.model_dump(mode="json")


def _path(area: Area) -> str:
    names = [area.name]
    above = area.parent
    while above is not None and len(names) < 8:  # noqa: PLR2004 - deeper than any tree of areas
        names.insert(0, above.name)
        above = above.parent
    return " › ".join(names)
