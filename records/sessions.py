"""The ledger: where everything that must not be forgotten is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from records.aftermath import keep_settled
from records.engines import READS_ONLY, describe, explain, open_engine
from records.errors import LedgerError
from records.facts import LedgerFact
from records.keyring import Keyring
from records.nudges import OnCommit, nudges_of
from records.sealing import use_keyring
from records.to_hear import keep_marks
from records.upgrading import upgrade

__all__ = ["Ledger", "LedgerError"]

SEALED_WITH = "sealed_with"
"""The fact that tells whether a key file belongs to this ledger."""


class Ledger:
    """A database of the product's tables, with the keyring that opens its personal fields.

    ``url`` is ``sqlite:////path/to/file.db`` or ``postgresql://user:password@host/name``. A ledger may be
    used from any number of threads; a session belongs to the thread that opened it. Call ``migrate`` once
    before the first session and ``dispose`` after the last.
    """

    def __init__(self, url: str, keyring: Keyring) -> None:
        use_keyring(keyring)
        self._keyring = keyring
        self.engine: Engine = open_engine(url)
        reader = self.engine.execution_options(**{READS_ONLY: True})
        if self.engine.dialect.name == "postgresql":
            reader = reader.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
        self._watchers: list[OnCommit] = []
        self._writing = sessionmaker(self.engine, expire_on_commit=False)
        keep_marks(self._writing)
        keep_settled(self._writing)
        self._reading = sessionmaker(reader, expire_on_commit=False, autoflush=False)

    def __repr__(self) -> str:
        """Name the ledger without its password."""
        return f"<{describe(self.engine.url)}>"

    def migrate(self) -> None:
        """Create the tables or bring them up to date; several programs may do so at the same time.

        Raises LedgerError when the database cannot be reached or written, was migrated by a newer program, or
        was sealed with another key file.
        """
        with self._clearly():
            upgrade(self.engine, check=self._check_key)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a transaction that may write: committed at the end, rolled back when an exception passes.

        On SQLite writers take turns from their first statement on, so keep it short and use ``reading`` for
        pages that only look. Objects stay readable after the commit. Raises LedgerError when the database is
        lost, full, locked or not writable.
        """
        with self._clearly(), self._writing.begin() as session:
            yield session
        if left := nudges_of(session):
            for told in self._watchers:
                told(left)

    def watch(self, told: OnCommit) -> None:
        """Have ``told`` hear of what is left to be done after every commit of this ledger object."""
        self._watchers.append(told)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that sees one moment of the ledger, cannot write and waits for no writer."""
        with self._clearly(reads_only=True), self._reading() as session:
            yield session

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _clearly(self, *, reads_only: bool = False) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            explained = explain(error, self.engine.url)
            if explained is None or (reads_only and "readonly" in str(error)):
                raise
            raise explained from error

    def _check_key(self, connection: Connection) -> None:
        """A lost key file that was silently replaced by a new one would leave half the ledger unreadable."""
        mine = self._keyring.lookup_key(SEALED_WITH)
        theirs = connection.scalar(select(LedgerFact.value).where(LedgerFact.name == SEALED_WITH))
        if theirs is None:
            connection.execute(insert(LedgerFact).values(name=SEALED_WITH, value=mine))
        elif theirs != mine:
            raise LedgerError(
                f"{describe(self.engine.url)} was sealed with another key file: "
                "put the key file back that was in use when the ledger was made."
            )
