"""A ledger that dies in the middle of the work, as by a kill or a power cut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from records.sessions import Ledger, LedgerError


class DyingLedger(Ledger):
    """Passes everything on to a real ledger until transaction number ``at``; from then on nothing is written.

    ``committed`` says whether that last transaction still reaches the disk: its writer never learns.
    """

    def __init__(
        self, ledger: Ledger, *, at: int, committed: bool
    ) -> None:  # the real ledger is open already
        self._ledger = ledger
        self._at = at
        self._committed = committed
        self._begun = 0
        self.dead = False
        self.engine: Engine = ledger.engine

    @contextmanager
    def session(self) -> Iterator[Session]:
        """As the ledger's, until it dies."""
        self._check()
        self._begun += 1
        last = self._begun == self._at
        with self._ledger.session() as session:
            yield session
            if last and not self._committed:
                self._die()
        if last:
            self._die()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """As the ledger's, until it dies."""
        self._check()
        with self._ledger.reading() as session:
            yield session

    def _check(self) -> None:
        if self.dead:
            raise LedgerError("The power is cut.")

    def _die(self) -> None:
        self.dead = True
        self._check()


class FalteringLedger(Ledger):
    """Passes everything on to a real ledger, except a few transactions, for which it is away."""

    def __init__(self, ledger: Ledger, *, fails: int, after: int = 0) -> None:  # it is open already
        self._ledger = ledger
        self._fails = fails
        self._after = after
        self.engine: Engine = ledger.engine

    @contextmanager
    def session(self) -> Iterator[Session]:
        """As the ledger's, once it is back."""
        if self._after > 0:
            self._after -= 1
        elif self._fails > 0:
            self._fails -= 1
            raise LedgerError("The ledger is away.")
        with self._ledger.session() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """As the ledger's."""
        with self._ledger.reading() as session:
            yield session


class AwayLedger(Ledger):
    """A real ledger that can be away for as long as one likes."""

    def __init__(self, ledger: Ledger) -> None:  # the real ledger is open already
        self._ledger = ledger
        self.away = False
        self.engine: Engine = ledger.engine

    @contextmanager
    def session(self) -> Iterator[Session]:
        """As the ledger's, while it is there."""
        if self.away:
            raise LedgerError("The ledger is away.")
        with self._ledger.session() as session:
            yield session
