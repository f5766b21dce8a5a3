"""Hours, days and dates as they are given on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time

from campaigns.windows import Windows
from wenan.cli.errors import UsageError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
USUAL_REST = ("12:00-14:00",)
"""Lunch and the nap after it, taken out of the hours that somebody names."""


def read_span(option: str, span: str) -> tuple[time, time]:
    """09:00-11:30 as two times. Raises UsageError."""
    begin, _, end = span.partition("-")
    try:
        return time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())
    except ValueError as error:
        raise UsageError(f"{option} {span}: write it as 09:00-11:30") from error


def read_rest(rest: Sequence[str] | None) -> list[tuple[time, time]]:
    """The times of rest; ``none`` for none. Raises UsageError."""
    given = USUAL_REST if rest is None else rest
    return [read_span("--rest", span) for span in given if span != "none"]


def read_days(days: Sequence[str]) -> list[int]:
    """mon, tue ... or mon-fri as numbers from 0. Raises UsageError."""
    found: list[int] = []
    for word in days:
        first, dash, last = word.lower().partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise UsageError(f"--day {word}: use {', '.join(DAYS)}, or a range like mon-fri")
        begin = DAYS.index(first)
        end = DAYS.index(last) if dash else begin
        found += [(begin + offset) % 7 for offset in range((end - begin) % 7 + 1)]
    return found


def read_date(option: str, text: str) -> date:
    """2026-12-31. Raises UsageError."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: write the date as 2026-12-31") from error


def windows_words(windows: Windows) -> str:
    """Calling windows in a line: mon-sun 09:00-11:30, 14:30-17:30, no holidays."""
    days = "every day" if len(windows.days) == len(DAYS) else " ".join(DAYS[day] for day in windows.days)
    hours = ", ".join(f"{begin:%H:%M}-{end:%H:%M}" for begin, end in windows.hours)
    notes = [
        note
        for note, applies in (("no weekends", not windows.weekends), ("no holidays", not windows.holidays))
        if applies
    ]
    return ", ".join(part for part in (f"{days} {hours or 'never'}", *notes) if part)
