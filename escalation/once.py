"""Inserting a row exactly once, however often and by however many processes it is tried."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from records.base import Base

LONGEST_KEY = 120
"""Characters of the shortest column that holds such a key."""


def insert_once(session: Session, table: type[Base], values: dict[str, Any]) -> bool:
    """Insert a row unless one with its ``dedupe_key`` stands already. Returns whether it was inserted.

    Unlike a failed INSERT this leaves the transaction usable, so the work that decided on the row need not
    be done again. On PostgreSQL it waits for a concurrent transaction that inserts the same key.
    """
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    key = table.__table__.c.dedupe_key
    statement = insert.values(**values).on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(key)
    return session.scalar(statement) is not None


def key_of(*parts: object) -> str:
    """A readable key from its parts; one that would not fit its column keeps its beginning and a hash."""
    key = ":".join(str(part) for part in parts)
    if len(key) <= LONGEST_KEY:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"{key[: LONGEST_KEY - len(digest) - 1]}:{digest}"
