"""Work that must not be done twice at the same time, whatever process does it."""

from __future__ import annotations

import zlib

from sqlalchemy import text
from sqlalchemy.orm import Session

NAMESPACE = 0x7765
"""First half of PostgreSQL's advisory lock keys that are ours ("we" in ASCII)."""


def take_turns(session: Session, work: str) -> None:
    """Wait until nobody else does the same work; the lock ends with the session's transaction.

    ``work`` names it, e.g. ``roster``. On SQLite all writers take turns already.
    """
    if session.get_bind().dialect.name == "postgresql":
        key = zlib.crc32(work.encode()) - 2**31  # a signed 32-bit number
        session.execute(text("SELECT pg_advisory_xact_lock(:ours, :work)"), {"ours": NAMESPACE, "work": key})
