"""Who is asked next: the ladder of an order, its steps, and who is away.

Revision: 0007
Follows: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add absences, and to orders the ladder with the moment of its next step."""
    op.create_table(
        "absences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("worker_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stand_in_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["stand_in_id"], ["workers.id"], name=op.f("fk_absences_stand_in_id_workers")
        ),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"], name=op.f("fk_absences_worker_id_workers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_worker_id"), "absences", ["worker_id"], unique=False)
    op.add_column("work_orders", sa.Column("ladder", sa.JSON(), nullable=True))
    op.add_column("work_orders", sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_work_orders_climbing", "work_orders", ["status", "next_step_at"], unique=False)
    op.add_column("work_order_events", sa.Column("step", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Drop them with all they hold."""
    op.drop_column("work_order_events", "step")
    op.drop_index("ix_work_orders_climbing", table_name="work_orders")
    op.drop_column("work_orders", "next_step_at")
    op.drop_column("work_orders", "ladder")
    op.drop_index(op.f("ix_absences_worker_id"), table_name="absences")
    op.drop_table("absences")
