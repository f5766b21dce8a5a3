"""Elders who are put through to somebody on duty, and workers who are on the telephone.

Revision: 0014
Follows: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and the columns."""
    op.create_table(
        "worker_rings",
        sa.Column("worker_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["work_orders.id"], name=op.f("fk_worker_rings_order_id_work_orders")
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.id"], name=op.f("fk_worker_rings_worker_id_workers")
        ),
        sa.PrimaryKeyConstraint("worker_id", name=op.f("pk_worker_rings")),
    )
    op.add_column(
        "call_attempts",
        sa.Column("put_through_to", sa.String(length=64), nullable=False, server_default=""),
    )
    op.add_column("call_attempts", sa.Column("put_through_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "call_attempts", sa.Column("put_through_s", sa.Double(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    """Drop them with all they hold."""
    for name in ("put_through_s", "put_through_at", "put_through_to"):
        op.drop_column("call_attempts", name)
    op.drop_table("worker_rings")
