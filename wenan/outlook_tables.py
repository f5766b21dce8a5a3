"""What the terminal shows of a forecast: calls by day and hour, line time, who is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from campaigns.calendar import DayKind, day_of
from campaigns.forecasting import Outlook
from campaigns.occasions import occasion_on, occasion_text
from campaigns.planner import Planned
from campaigns.tiers import reason_text
from wenan.dry_run import Tried

NAMES = 20
"""Names shown of a list at most; the count is always complete."""


def show_outlook(
    console: Console, outlook: Outlook, zone: ZoneInfo, *, ends_on: date, minute_price: float = 0.0
) -> None:
    """Show what is to be expected of a campaign, on the clock of its time zone.

    ``minute_price``: of a call, 0 for unknown.
    """
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
    if minutes := outlook.billed_minutes:
        price = f", {minutes * minute_price:.2f} at {minute_price:g} a minute" if minute_price else ""
        console.print(f"About {minutes:.0f} minutes to be paid for{price}")
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


def show_dry_run(console: Console, tried: Sequence[Tried], zone: ZoneInfo) -> None:
    """Show when the village's telephones rang, what came of it, and what is left to people."""
    table = Table("elder", "rings", "came to", "left to people", title="The simulated village")
    for each in tried:
        rings = [f"{at.astimezone(zone):%m-%d %H:%M} {what}" for at, what in each.rings]
        why = f" ({reason_text(each.mode_reason, 'en')})" if each.mode_reason else ""
        table.add_row(each.elder, "\n".join(rings), each.outcome + why, "\n".join(each.orders))
    console.print(table)
    calls = sum(len(each.rings) for each in tried)
    console.print(f"{calls} calls to {sum(bool(each.rings) for each in tried)} elders; nothing was rung")


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
    if outlook.has_nobody_to_phone:
        return "[yellow]Nobody is to be phoned any more.[/yellow]"
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
