"""Fresh ledgers for tests, quickly: each is a copy of one that was migrated once."""

from __future__ import annotations

import base64
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import patch

from sqlalchemy import Dialect, Engine, event

from records.engines import open_engine
from records.keyring import Keyring
from records.sessions import Ledger
from support.postgres import Server

TEMPLATE = "wenan_template"
TEST_KEY = base64.urlsafe_b64encode(b"only for tests, 32 bytes long...")[:44]
"""The key of all ledgers of tests."""


class Ledgers(Protocol):
    """Where fresh ledgers of one kind of database come from."""

    kind: str

    def empty_url(self, folder: Path) -> str:
        """The URL of a database without any table; ``folder`` is the test's own."""

    def migrated_url(self, folder: Path) -> str:
        """The URL of a database that is migrated already."""

    def discard(self, url: str) -> None:
        """Give back the room of a database that is closed."""


class SqliteLedgers:
    """Ledgers in files."""

    kind = "sqlite"

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        self._template = folder / "template.db"
        with opened(f"sqlite:///{self._template}", keyring) as ledger:
            ledger.migrate()

    def empty_url(self, folder: Path) -> str:
        return f"sqlite:///{folder / 'ledger.db'}"

    def migrated_url(self, folder: Path) -> str:
        shutil.copy(self._template, folder / "ledger.db")
        return self.empty_url(folder)

    def discard(self, url: str) -> None:
        """Pytest removes the test's folder."""


class PostgresLedgers:
    """Ledgers on a server: fresh databases from a migrated template.

    Making one and dropping one waits for the server's disk, some 50 ms each. So the next one is made, and the
    last one dropped, while a test is busy with its own.
    """

    kind = "postgresql"

    def __init__(self, server: Server, keyring: Keyring) -> None:
        self._server = server
        self._number = count(1)
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="databases")
        server.create(TEMPLATE)
        with opened(server.url(TEMPLATE), keyring) as ledger:
            ledger.migrate()
        self._next: Future[str] = self._aside.submit(self._fresh, TEMPLATE)
        self._dropped: Future[None] | None = None

    def empty_url(self, folder: Path) -> str:  # noqa: ARG002 - the server has folders of its own
        return self._aside.submit(self._fresh, "template1").result()

    def migrated_url(self, folder: Path) -> str:  # noqa: ARG002 - the server has folders of its own
        url = self._next.result()
        self._next = self._aside.submit(self._fresh, TEMPLATE)
        return url

    def discard(self, url: str) -> None:
        if self._dropped is not None:
            self._dropped.result()  # tells now what went wrong then
        self._dropped = self._aside.submit(self._server.drop, url.rpartition("/")[2])

    def close(self) -> None:
        """Before the server is stopped."""
        self._aside.shutdown(cancel_futures=True)

    def _fresh(self, template: str) -> str:
        name = f"wenan_{next(self._number)}"
        self._server.create(name, template=template)
        return self._server.url(name)


def ledger_at(url: str, keyring: Keyring) -> Ledger:
    """The product's ledger, quicker: commits do not wait for the disk, statements are compiled once."""
    with patch("records.sessions.open_engine", _quick_engine):
        return Ledger(url, keyring)


@contextmanager
def opened(url: str, keyring: Keyring) -> Iterator[Ledger]:
    """A ledger that is closed at the end."""
    ledger = ledger_at(url, keyring)
    try:
        yield ledger
    finally:
        ledger.dispose()


_compiled: dict[str, tuple[Dialect, dict[Any, Any]]] = {}
"""By kind of database: a dialect that has seen its server, and the statements compiled for it."""


def _quick_engine(url: str) -> Engine:
    """The product's engine. A new one compiles every statement anew: two fifths of a short test."""
    engine = open_engine(url)
    kind = engine.dialect.name
    dialect, statements = _compiled.get(kind, (engine.dialect, {}))
    engine.dialect = dialect  # statements are kept by dialect
    engine.update_execution_options(compiled_cache=statements)
    event.listen(engine, "connect", lambda *_: _compiled.setdefault(kind, (dialect, statements)), once=True)
    if kind == "sqlite":
        event.listen(engine, "connect", _survives_no_power_cut)
    return engine


def _survives_no_power_cut(connection: sqlite3.Connection, _record: Any) -> None:
    """Nobody cuts the power of a test, and everybody else sees a commit before it is on the disk."""
    connection.execute("PRAGMA synchronous=OFF")
