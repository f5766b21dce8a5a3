"""What a person sees while models are fetched."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as RichBars


class Progress(Protocol):
    """Is told how fetching goes. Calls for one ``what`` come in the order start, advance..., finish."""

    def start(self, what: str, *, total: int | None, done: int) -> None:
        """Something of ``total`` bytes (None: unknown) begins, of which ``done`` are already here."""

    def advance(self, what: str, count: int) -> None:
        """So many more bytes of it are here."""

    def finish(self, what: str) -> None:
        """It is over, well or not."""

    def note(self, message: str) -> None:
        """Something worth a line: a model is complete, a source failed."""


class SilentProgress:
    """Says nothing; keeps the notes for whoever asks."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def start(self, what: str, *, total: int | None, done: int) -> None:
        """Say nothing."""

    def advance(self, what: str, count: int) -> None:
        """Say nothing."""

    def finish(self, what: str) -> None:
        """Say nothing."""

    def note(self, message: str) -> None:
        """Keep the note."""
        self.notes.append(message)


class RichProgress:
    """Progress bars in the terminal; plain lines where there is none. Use it as a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        self._bars = RichBars(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console or Console(stderr=True),
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Show the bars."""
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bars away."""
        self._bars.stop()

    def start(self, what: str, *, total: int | None, done: int) -> None:
        """Add a bar."""
        self._tasks[what] = self._bars.add_task(what, total=total, completed=done)
        if not self._bars.console.is_terminal:
            self.note(f"fetching {what}")

    def advance(self, what: str, count: int) -> None:
        """Move its bar."""
        self._bars.advance(self._tasks[what], count)

    def finish(self, what: str) -> None:
        """Remove its bar."""
        self._bars.remove_task(self._tasks.pop(what))

    def note(self, message: str) -> None:
        """Print a line above the bars."""
        self._bars.console.print(message, markup=False, highlight=False, soft_wrap=True)
