"""Bring a ledger's tables up to what this program expects, safely even when two programs start at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, text

from records.engines import OUTSIDE_TRANSACTIONS, describe, sqlite_file
from records.errors import LedgerError

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x77656E_616E
"""PostgreSQL's advisory lock that a migrating program holds: "wenan" in ASCII."""


def upgrade(engine: Engine, *, check: Callable[[Connection], None]) -> None:
    """Run the missing migrations, all in one transaction, with ``check`` as its last deed.

    An SQLite file is created readable for its owner only. Raises LedgerError when a newer program has
    migrated the ledger or its file cannot be created.
    """
    file = sqlite_file(engine.url)
    if file is None:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            _upgrade_over(connection)
            check(connection)
        return
    with _alone_in(file.parent, engine.url):
        _create_privately(file, engine.url)
        _use_write_ahead_log(engine)
        with engine.begin() as connection:
            _upgrade_over(connection)
            check(connection)


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for our migrations over an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade_over(connection: Connection) -> None:
    config = alembic_config(connection)
    steps = ScriptDirectory.from_config(config)
    known = {step.revision for step in steps.walk_revisions()}
    present = set(MigrationContext.configure(connection).get_current_heads())
    if present == set(steps.get_heads()):
        return
    if unknown := present - known:
        raise LedgerError(
            f"{describe(connection.engine.url)} was made by a newer version of this program "
            f"(its tables are at {', '.join(sorted(unknown))}): install that version or a later one."
        )
    command.upgrade(config, "head")


@contextmanager
def _alone_in(folder: Path, url: URL) -> Iterator[None]:
    """Hold a lock on the ledger's folder: switching a file to write-ahead logging must not be raced for."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise LedgerError(f"{describe(url)} cannot be created: {error.strerror}: {folder}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _create_privately(file: Path, url: URL) -> None:
    """SQLite's side files copy the permissions of the main one, so this is the one place to set them."""
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise LedgerError(f"{describe(url)} cannot be opened for writing: {error.strerror}") from error


def _use_write_ahead_log(engine: Engine) -> None:
    with engine.connect().execution_options(**{OUTSIDE_TRANSACTIONS: True}) as connection:
        granted = connection.exec_driver_sql("PRAGMA journal_mode=WAL").scalar() == "wal"
    if not granted:
        raise LedgerError(
            f"{describe(engine.url)} cannot use write-ahead logging where it lies (a network folder?): "
            "move it to a local disk."
        )
