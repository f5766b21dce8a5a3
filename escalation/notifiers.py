"""Ways of telling people: the console, a file, and a memory for tests, all behind one Protocol."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.text import Text


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person on one channel."""

    key: str
    """The same for every delivery of the same message: receivers that see it twice may drop the second."""
    order_id: int | None
    recipient: str
    body: str
    urgency: str
    """none, need, urgent or emergency."""
    created_at: datetime


class DeliveryError(Exception):
    """A message could not be delivered; the message says why.

    ``hopeless`` means that it never can be (no such address), ``lapsed`` that nobody needs it any more;
    otherwise it is tried again.
    """

    def __init__(self, reason: str, *, hopeless: bool = False, lapsed: bool = False) -> None:
        super().__init__(reason)
        self.hopeless = hopeless
        self.lapsed = lapsed


class Notifier(Protocol):
    """Delivers messages on one channel."""

    def deliver(self, message: Message) -> None:
        """Deliver, blocking; returning means that the channel has taken it over. Raises DeliveryError.

        May be called again with the same ``message.key`` after a crash.
        """


class ConsoleNotifier:
    """Writes messages to the terminal, one line each."""

    _STYLES: Mapping[str, str] = {"emergency": "bold white on red", "urgent": "bold yellow", "need": "cyan"}

    def __init__(self, console: Console | None = None) -> None:
        """``console``: where to write, e.g. the one a live display owns; standard output by default."""
        self._console = console or Console()

    def deliver(self, message: Message) -> None:
        """Print. A closed terminal raises DeliveryError."""
        line = Text(f"→ {message.recipient}  ", style="dim")
        line.append(message.body, style=self._STYLES.get(message.urgency, ""))
        try:
            self._console.print(line, soft_wrap=True)
        except (OSError, ValueError) as error:
            raise DeliveryError(f"The terminal cannot be written to: {error}") from error


class FileNotifier:
    """Appends messages to a file, one JSON object a line, each on the disk before it counts as delivered.

    A message that stands in the file already is not written again. Several processes may share the file.
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """``path``: the file, made when the first message comes. ``now``: for the time of delivery."""
        self._path = path
        self._now = now
        self._seen: set[str] = set()
        self._read_to = 0

    def deliver(self, message: Message) -> None:
        """Append. Raises DeliveryError when the file cannot be written."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                self._append(descriptor, message)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise DeliveryError(f"The file {self._path} cannot be written: {error.strerror}") from error

    def _append(self, descriptor: int, message: Message) -> None:
        """Write one line with one call; a line that a crash left torn is closed off first."""
        torn = self._catch_up(descriptor)
        if message.key in self._seen:
            return
        line = json.dumps(
            {
                "key": message.key,
                "order": message.order_id,
                "recipient": message.recipient,
                "urgency": message.urgency,
                "body": message.body,
                "created_at": message.created_at.isoformat(),
                "delivered_at": self._now().isoformat(),
            },
            ensure_ascii=False,
        )
        data = (("\n" if torn else "") + line + "\n").encode()
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)

    def _catch_up(self, descriptor: int) -> bool:
        """Learn the keys that others have written since; returns whether the file ends within a line."""
        size = os.fstat(descriptor).st_size
        if size < self._read_to:
            self._seen.clear()
            self._read_to = 0
        data = os.pread(descriptor, size - self._read_to, self._read_to)
        whole, _, rest = data.rpartition(b"\n")
        self._read_to += len(data) - len(rest)
        self._seen.update(key for line in whole.splitlines() if (key := _key_in(line)))
        return bool(rest)


def _key_in(line: bytes) -> str:
    """The key of a line; empty for one that a crash left torn."""
    try:
        found = json.loads(line)
    except ValueError:
        return ""
    return str(found.get("key", "")) if isinstance(found, dict) else ""


class MemoryNotifier:
    """Keeps messages, and fails on request: for tests and dry runs."""

    def __init__(self) -> None:
        self.delivered: list[Message] = []
        self.failures: list[DeliveryError] = []
        """Raised one by one by the next deliveries."""

    def deliver(self, message: Message) -> None:
        """Keep the message, or raise the next failure."""
        if self.failures:
            raise self.failures.pop(0)
        self.delivered.append(message)
