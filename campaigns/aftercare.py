"""What happens after: the border to the room that makes work orders. ``escalation`` stands behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from records.visits import Flag, Visit


class Aftercare(Protocol):
    """Is told within the transaction that records it: a flag and its work order stand or fall together.

    Both methods may be called again for the same flag or visit, after a crash, and must then change nothing.
    They write through ``session`` only and neither commit nor roll back.
    """

    def flag_raised(self, session: Session, visit: Visit, flag: Flag, now: datetime) -> None:
        """A person must look at this; the elder may still be on the line. ``flag`` has its id."""

    def visit_ended(self, session: Session, visit: Visit, now: datetime) -> None:
        """The visit is over, with its outcome, answers, flags and attempts in place."""


class ToldLater:
    """Stands in where aftercare itself stood in the way: it is told of every flag once more afterwards."""

    def flag_raised(self, session: Session, visit: Visit, flag: Flag, now: datetime) -> None:
        """Leave the flag in the ledger."""

    def visit_ended(self, session: Session, visit: Visit, now: datetime) -> None:
        """Leave the visit as it is."""
