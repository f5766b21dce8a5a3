"""What workers and elders said about health is sealed wherever it stands; photos of work orders.

Revision: 0018
Follows: 0017
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from records.keyring import KeyringError
from records.sealing import keyring

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TEXTS = (("work_orders", "result"), ("work_order_events", "note"), ("assessments", "review_note"))
DOCUMENTS = (("assessments", "record_sheet"), ("turns", "evidence"))
BATCH = 500
"""Rows that are held in memory at a time."""


def upgrade() -> None:
    """Seal what is not sealed yet; what is stays as it is, so that it may be run again at any time.

    The whole upgrade is one transaction: one that is cut off leaves nothing half done and begins anew.
    """
    _leave_no_trace()
    for table, column in TEXTS:
        _rewrite(table, column, sa.Text(), _sealed_text)
    for table, column in DOCUMENTS:
        _rewrite(table, column, sa.JSON(), _sealed_document)
    op.create_table(
        "order_photos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("picture_key", sa.String(length=64), nullable=False),
        sa.Column("file", sa.String(length=80), nullable=False),
        sa.Column("taken_by", sa.String(length=64), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["work_orders.id"], name=op.f("fk_order_photos_order_id_work_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_photos")),
        sa.UniqueConstraint("order_id", "picture_key", name=op.f("uq_order_photos_order_id_picture_key")),
    )
    op.create_index(op.f("ix_order_photos_order_id"), "order_photos", ["order_id"])


def downgrade() -> None:
    """Write everything out in plain words again; the rows of photos go."""
    op.drop_table("order_photos")
    for table, column in TEXTS:
        _rewrite(table, column, sa.Text(), _opened_text)
    for table, column in DOCUMENTS:
        _rewrite(table, column, sa.JSON(), _opened_document)


def _leave_no_trace() -> None:
    """SQLite would leave the old words in the free room of its pages; for PostgreSQL see docs/running.md."""
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        bind.exec_driver_sql("PRAGMA secure_delete=ON")


def _rewrite(table: str, column: str, kind: sa.types.TypeEngine[Any], change: Callable[[Any], Any]) -> None:
    """Put every value of a column through ``change``, in the order of the rows' numbers."""
    bind = op.get_bind()
    rows = sa.table(table, sa.column("id", sa.Integer()), sa.column(column, kind))
    value = rows.c[column]
    last = 0
    while True:
        batch = bind.execute(
            sa.select(rows.c.id, value).where(rows.c.id > last).order_by(rows.c.id).limit(BATCH)
        ).all()
        if not batch:
            return
        changed = [
            {"row": row, "fresh": fresh}
            for row, old in batch
            if old is not None and (fresh := change(old)) != old
        ]
        if changed:
            bind.execute(
                sa.update(rows)
                .where(rows.c.id == sa.bindparam("row"))
                .values({column: sa.bindparam("fresh", type_=kind)}),
                changed,
            )
        last = batch[-1][0]


def _sealed_text(text: str) -> str:
    return text if _is_sealed(text) else keyring().seal(text)


def _sealed_document(document: Any) -> Any:
    if _holds_sealed(document):
        return document
    return {"sealed": keyring().seal(json.dumps(document, ensure_ascii=False))}


def _opened_text(text: str) -> str:
    return keyring().open(text) if _is_sealed(text) else text


def _opened_document(document: Any) -> Any:
    return json.loads(keyring().open(document["sealed"])) if _holds_sealed(document) else document


def _holds_sealed(document: Any) -> bool:
    return isinstance(document, dict) and set(document) == {"sealed"} and _is_sealed(document["sealed"])


def _is_sealed(text: Any) -> bool:
    """Only this ledger's key makes text that opens with it."""
    try:
        keyring().open(text)
    except (KeyringError, AttributeError, UnicodeEncodeError):
        return False
    return True
