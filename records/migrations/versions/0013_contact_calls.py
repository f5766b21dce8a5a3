"""Calls to the people around an elder whom nobody reached.

Revision: 0013
Follows: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "contact_calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("number_key", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("relation", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dialled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["work_orders.id"], name=op.f("fk_contact_calls_order_id_work_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_calls")),
        sa.UniqueConstraint(
            "order_id", "number_key", "number", name=op.f("uq_contact_calls_order_id_number_key_number")
        ),
    )
    op.create_index(op.f("ix_contact_calls_order_id"), "contact_calls", ["order_id"])
    op.create_index("ix_contact_calls_due", "contact_calls", ["status", "due_at"])


def downgrade() -> None:
    """Drop the table with all it holds."""
    op.drop_table("contact_calls")
