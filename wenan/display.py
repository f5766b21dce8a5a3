"""What the terminal shows: preparation, live calls, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from campaigns.planner import PlanReport
from campaigns.progress import ProgressEvent
from campaigns.roster import RosterReport
from campaigns.tiers import reason_text
from wenan.village.expectations import Result

MOST_NAMES = 200
"""Names shown of a plan at most."""
LEVELS = {"green": "bold green", "yellow": "bold yellow", "orange": "bold dark_orange", "red": "bold red"}


@contextmanager
def bar(console: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar; the function it gives takes (done, total)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(what, total=None)

        def show(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield show


@contextmanager
def busy(what: str) -> Iterator[None]:
    """What is being worked at and for how long already, on standard error; gone when it is done.

    For work in one piece, of which nobody can say how much is left. Where nobody looks nothing is written.
    """
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(what, total=None)
        yield


def show_import(console: Console, report: RosterReport) -> None:
    """What became of a roster: counts, then every cell that must be mended."""
    console.print(
        f"Roster: {report.rows} rows; {report.added} new, {report.updated} changed, "
        f"{report.unchanged} as before, {report.left_out} left out"
    )
    if report.problems:
        table = Table("row", "column", "value", "what is wrong", "what to do", "taken", title="To be mended")
        for problem in report.problems:
            taken = "without it" if problem.kept else "no"
            table.add_row(
                str(problem.row), problem.column, problem.value, problem.reason, problem.advice, taken
            )
        console.print(table)
    if report.not_phoned:
        table = Table("elder", "why", title="Not to be phoned: a person visits")
        for name, reason in report.not_phoned:
            table.add_row(name, reason)
        console.print(table)
    for header in report.unknown_columns:
        console.print(f"[yellow]The column {header!r} was not understood and not read.[/yellow]")


def show_plan(console: Console, plan: PlanReport, names: Mapping[int, str]) -> None:
    """Whom a campaign will phone and whom not; ``names`` of the latter by id."""
    console.print(
        f"Plan: {len(plan.telephone)} to be phoned, {len(plan.in_home)} to be visited in person, "
        f"{len(plan.left_out)} left out, {plan.known} planned before"
    )
    others = [*plan.in_home, *plan.left_out]
    for planned in others[:MOST_NAMES]:
        console.print(f"  {names[planned.elder_id]}: {reason_text(planned.reason)}")
    if len(others) > MOST_NAMES:
        console.print(f"  ... and {len(others) - MOST_NAMES} more")


class LiveCalls(AbstractContextManager["LiveCalls"]):
    """The calls under way, and how many visits are over."""

    def __init__(self, console: Console, visits: int) -> None:
        self._under_way: dict[int, ProgressEvent] = {}
        self._ended = 0
        self._visits = visits
        self._live = Live(self._picture(), console=console, refresh_per_second=4, transient=True)

    @property
    def console(self) -> Console:
        """Where others may print without disturbing the display."""
        return self._live.console

    def __enter__(self) -> Self:
        """Start drawing."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing."""
        self._live.stop()

    def note(self, event: ProgressEvent) -> None:
        """Take in one event of the dialer."""
        if event.state == "campaign_paused":
            self.console.print(f"[bold red]Campaign paused:[/bold red] {event.reason}")
        elif event.state in ("ended", "not_called"):
            self._under_way.pop(event.visit_id, None)
            self._ended += bool(event.outcome)
            self.console.print(_ended_line(event))
        else:
            self._under_way[event.visit_id] = event
        self._live.update(self._picture())

    def _picture(self) -> RenderableType:
        table = Table("village time", "elder", "call", "", box=None)
        for event in self._under_way.values():
            doing = f"answered “{event.question}”" if event.question else event.state
            table.add_row(f"{event.at.astimezone():%H:%M:%S}", event.elder, f"no. {event.attempt}", doing)
        return Group(table, Text(f"{self._ended} of {self._visits} visits are over", style="bold"))


def _ended_line(event: ProgressEvent) -> Text:
    line = Text(f"{event.elder}  no. {event.attempt}  {event.disposition or event.state}")
    if event.outcome:
        line.append(f"  → {event.outcome}", style="bold")
    elif event.next_attempt_at:
        line.append(f"  → again {event.next_attempt_at.astimezone():%a %H:%M}", style="dim")
    return line


def show_results(console: Console, results: Sequence[Result]) -> None:
    """The table at the end, with a word on whatever is not as called for."""
    table = Table("elder", "part", "visit", "rung", "score", "flags", "work orders", "", title="The village")
    for result in results:
        verdict = (
            Text("✓", style="green") if result.as_called_for else Text("; ".join(result.differences), "red")
        )
        table.add_row(
            result.elder,
            result.persona.title["zh-CN"],
            result.outcome,
            str(result.attempts),
            Text(result.level or "–", style=LEVELS.get(result.level, "dim")),
            ", ".join(result.flags),
            "\n".join(result.orders),
            verdict,
        )
    console.print(table)
    wrong = sum(not result.as_called_for for result in results)
    if wrong:
        console.print(f"[bold red]{wrong} of {len(results)} outcomes are not as called for.[/bold red]")
    else:
        console.print(f"[bold green]All {len(results)} outcomes are as called for.[/bold green]")
