"""What the terminal shows of a forecast: calls by day and hour, line time, who is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from campaigns.calendar import DayKind, day_of
from campaigns.forecasting import Outlook
from campaigns.occasions import occasion_on, occasion_text
from campaigns.planner import Planned
from campaigns.tiers import reason_text

NAMES = 20
"""Names shown of a list at most; the count is always complete."""


def show_outlook(console: Console, outlook: Outlook, zone: ZoneInfo, *, ends_on: date) -> None:
    """Show what is to be expected of a campaign, on the clock of its time zone."""
    assumed = outlook.assumed
    basis = f"as in {assumed.calls} calls of the last 90 days" if assumed.calls else "assumed, calls are few"
    console.print(
        f"{outlook.awaited} to be phoned with {outlook.lines} lines; {assumed.answered:.0%} of the ringings "
        f"answered, {assumed.talk_seconds / 60:.1f} min a talk ({basis})"
    )
    if outlook.shares:
        shares = ", ".join(f"{area} {lines}" for area, lines in outlook.shares)
        console.print(f"At most so many lines at the same time: {shares}")
    if outlook.forecast.rings:
        console.print(_calls(outlook, zone))
    expected = outlook.forecast
    console.print(
        f"{len(expected.rings)} calls, {expected.line_hours:.1f} hours of line time; "
        f"{len(expected.reached)} reached, {len(expected.to_people)} not reached and left to people"
    )
    if outlook.in_person:
        reasons = ", ".join(f"{reason_text(why)} {many}" for why, many in outlook.in_person.most_common())
        console.print(f"Visited by people instead: {reasons}")
    if outlook.absent:
        console.print(f"Not at home, nobody knows until when: {', '.join(outlook.absent[:NAMES])}")
    console.print(_verdict(outlook, ends_on))


def show_left_out(console: Console, left_out: Iterable[Planned], names: Mapping[int, str]) -> None:
    """Whom a plan leaves out of the calls, by reason, with ``names`` by id."""
    groups: dict[str, list[str]] = {}
    for planned in left_out:
        groups.setdefault(planned.reason, []).append(names[planned.elder_id])
    for reason, some in groups.items():
        more = f" ... and {len(some) - NAMES} more" if len(some) > NAMES else ""
        console.print(f"  {reason_text(reason)} ({len(some)}): {', '.join(some[:NAMES])}{more}")


def _calls(outlook: Outlook, zone: ZoneInfo) -> Table:
    by_hour: Counter[tuple[date, int]] = outlook.forecast.by_hour(zone)
    hours = range(min(hour for _, hour in by_hour), max(hour for _, hour in by_hour) + 1)
    table = Table("day", *(f"{hour}" for hour in hours), "calls", "line time", title="Calls by day and hour")
    for day, seconds in outlook.forecast.seconds_by_day(zone).items():
        counts = [by_hour[day, hour] for hour in hours]
        cells = [str(count) if count else "" for count in counts]
        table.add_row(_day(day), *cells, str(sum(counts)), f"{seconds / 3600:.1f} h")
    return table


def _day(day: date) -> str:
    occasion = occasion_on(day)
    holiday = "holiday" if day_of(day).kind is DayKind.HOLIDAY else ""
    notes = [note for note in (occasion_text(occasion) if occasion else "", holiday) if note]
    return f"{day:%m-%d %a}{' ' + ', '.join(notes) if notes else ''}"


def _verdict(outlook: Outlook, ends_on: date) -> str:
    if outlook.can_be_met:
        return f"[green]Everybody is rung by {ends_on}.[/green]"
    late = len(outlook.forecast.never_rung)
    if outlook.held_back:
        areas = ", ".join(
            f"{each.area} ({each.visits} of its elders, {each.lines} lines)" for each in outlook.held_back
        )
        advice = f"areas have too small a share of the lines (`wenan area lines`): {areas}"
    elif outlook.lines_needed is None:
        advice = "more lines do not help: more hours or days would"
    else:
        advice = f"{outlook.lines_needed} lines would do"
    return f"[red]{late} would not be rung even once by {ends_on}: {advice}.[/red]"
