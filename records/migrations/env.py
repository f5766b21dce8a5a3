"""Alembic runs this file: it migrates over the connection that ``records.upgrading`` hands it.

That connection already is in a transaction which holds the ledger's migration lock, so a step that fails
leaves nothing behind, and two programs that start at the same time take turns.
"""

from __future__ import annotations

from typing import Any

from alembic import context

from records.base import UtcDateTime
from records.sealing import Sealed, SealedJson
from records.tables import Base


def render_item(kind: str, item: object, _: object) -> str | bool:
    """Write our own column types into migrations as the plain types they are stored in."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Sealed):
        return "sa.Text()"
    if kind == "type" and isinstance(item, SealedJson):
        return "sa.JSON()"
    return False


options: dict[str, Any] = {
    "connection": context.config.attributes["connection"],
    "target_metadata": Base.metadata,
    "render_as_batch": True,  # SQLite cannot alter a table in place
    "render_item": render_item,
    "compare_type": True,
}
context.configure(**options)
with context.begin_transaction():
    context.run_migrations()
