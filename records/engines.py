"""One engine per ledger: SQLite as the embedded default, PostgreSQL by URL.

SQLite is opened so that a committed intent survives a power cut (WAL with ``synchronous=FULL``), that foreign
keys hold, and that a writer takes its lock when it begins. A transaction that begins by reading and writes
later would fail at once, without waiting, whenever somebody else committed in between.
"""

from __future__ import annotations

import json
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from records.errors import LedgerError

BUSY_TIMEOUT_S = 30
"""How long a writer waits for another one; a roster of 10,000 elders holds the lock for some seconds."""
CONNECT_TIMEOUT_S = 5
READS_ONLY = "wenan_reads_only"
"""Execution option of connections that only read."""
OUTSIDE_TRANSACTIONS = "wenan_outside_transactions"
"""Execution option for the few settings of SQLite that cannot be changed inside a transaction."""


def open_engine(url: str) -> Engine:
    """Make the engine for a ledger's URL; nothing is connected yet.

    Its errors tell statements without their values, which are about elders.
    Raises LedgerError for a URL that names neither an SQLite file nor a PostgreSQL database.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed)
    engine = create_engine(
        parsed,
        pool_size=10,
        max_overflow=20,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "wenan"},
    )
    event.listen(engine, "connect", _answer_at_once)
    return engine


def parse_url(url: str) -> URL:
    """Read a ledger's URL. Raises LedgerError when it cannot be a ledger."""
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise LedgerError(
            "The ledger's address is not a database URL: use sqlite:////path/to/file.db or postgresql://..."
        ) from error
    if backend == "postgres":
        return parsed.set(drivername="postgresql")
    if backend not in {"sqlite", "postgresql"}:
        raise LedgerError(f"The ledger cannot be kept in {backend!r}: use sqlite:///... or postgresql://...")
    if backend == "sqlite" and sqlite_file(parsed) is None:
        raise LedgerError("The ledger must be kept in a file: use sqlite:////path/to/file.db")
    return parsed


def sqlite_file(url: URL) -> Path | None:
    """The file of an SQLite URL; None for other databases and for databases in memory."""
    database = url.database or ""
    if url.get_backend_name() != "sqlite" or not database or ":memory:" in database:
        return None
    return Path(database)


def _open_sqlite(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=20,
        hide_parameters=True,
        json_serializer=partial(json.dumps, ensure_ascii=False),
        connect_args={"timeout": BUSY_TIMEOUT_S, "isolation_level": None},
    )
    event.listen(engine, "connect", _set_up_connection)
    event.listen(engine, "begin", _begin)
    return engine


def _answer_at_once(connection: Any, record: Any) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    """No machine code is made for a query: of a city's overview that takes 100 ms, and the answer 7 ms."""
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")
    connection.commit()


def _set_up_connection(connection: sqlite3.Connection, record: Any) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    # ``isolation_level=None`` above keeps the driver from beginning transactions of its own.
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(OUTSIDE_TRANSACTIONS):
        return
    reads_only = bool(options.get(READS_ONLY))
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads_only else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def explain(error: SQLAlchemyError, url: URL) -> LedgerError | None:
    """Say in one line what a database error means for the ledger, or None when it is not about the ledger.

    Broken constraints and malformed statements are the program's affair and stay what they are.
    """
    where = describe(url)
    cause = " ".join(str(getattr(error, "orig", None) or error).split())
    if "file is not a database" in cause:
        return LedgerError(f"{where} is not a ledger: the file is not a database. Name another file.")
    if not isinstance(error, OperationalError):
        return None
    known = {
        "unable to open database file": "cannot be opened: check that its folder exists and is writable",
        "readonly database": "cannot be written to: check who owns the file and its folder",
        "database is locked": f"has been busy for {BUSY_TIMEOUT_S} seconds: another program is writing to it",
        "disk is full": "cannot grow: the disk is full",
    }
    for symptom, meaning in known.items():
        if symptom in cause:
            return LedgerError(f"{where} {meaning}.")
    return LedgerError(f"{where} cannot be used: {cause.rstrip('.')}.")


def describe(url: URL) -> str:
    """How messages name the ledger: its file, or its server without the password."""
    file = sqlite_file(url)
    return f"The ledger {file or url.render_as_string(hide_password=True)}"
