"""Fresh ledgers for tests, quickly: each is a copy of one that was migrated once."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol

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
    """Ledgers on a server: a fresh database from a migrated template takes some 50 ms."""

    kind = "postgresql"

    def __init__(self, server: Server, keyring: Keyring) -> None:
        self._server = server
        self._number = count(1)
        server.create(TEMPLATE)
        with opened(server.url(TEMPLATE), keyring) as ledger:
            ledger.migrate()

    def empty_url(self, folder: Path) -> str:  # noqa: ARG002 - the server has folders of its own
        return self._fresh("template1")

    def migrated_url(self, folder: Path) -> str:  # noqa: ARG002 - the server has folders of its own
        return self._fresh(TEMPLATE)

    def discard(self, url: str) -> None:
        self._server.drop(url.rpartition("/")[2])

    def _fresh(self, template: str) -> str:
        name = f"wenan_{next(self._number)}"
        self._server.create(name, template=template)
        return self._server.url(name)


@contextmanager
def opened(url: str, keyring: Keyring) -> Iterator[Ledger]:
    """A ledger that is closed at the end."""
    ledger = Ledger(url, keyring)
    try:
        yield ledger
    finally:
        ledger.dispose()
