"""What elders say of a service is on record; campaigns that are over are no longer read again and again.

Revision: 0030
Follows: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TO_ASK = sa.text("rating IS NULL")
NOT_OVER = sa.text("status <> 'ended'")
NOT_FINALLY_COUNTED = sa.text("NOT finally_counted")


def upgrade() -> None:
    """Of services that were closed before nobody is asked any more; campaigns are counted once more."""
    op.create_table(
        "feedback",
        sa.Column("order_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("elder_id", sa.Integer(), nullable=False),
        sa.Column("served_by", sa.String(64), nullable=False),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rating", sa.String(16), nullable=True),
        sa.Column("said_by", sa.String(16), nullable=False),
        sa.Column("noted_by", sa.String(64), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["work_orders.id"], name=op.f("fk_feedback_order_id_work_orders")
        ),
        sa.ForeignKeyConstraint(["elder_id"], ["elders.id"], name=op.f("fk_feedback_elder_id_elders")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_feedback")),
    )
    op.create_index(op.f("ix_feedback_elder_id"), "feedback", ["elder_id"])
    op.create_index("ix_feedback_noted", "feedback", ["noted_at"])
    op.create_index(
        "ix_feedback_to_ask", "feedback", ["served_at"], sqlite_where=TO_ASK, postgresql_where=TO_ASK
    )
    op.add_column(
        "campaigns", sa.Column("finally_counted", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_index(
        "ix_campaigns_not_over", "campaigns", ["id"], sqlite_where=NOT_OVER, postgresql_where=NOT_OVER
    )
    op.create_index(
        "ix_campaigns_to_count",
        "campaigns",
        ["id"],
        sqlite_where=NOT_FINALLY_COUNTED,
        postgresql_where=NOT_FINALLY_COUNTED,
    )


def downgrade() -> None:
    """What elders said is forgotten."""
    op.drop_index("ix_campaigns_to_count", table_name="campaigns")
    op.drop_index("ix_campaigns_not_over", table_name="campaigns")
    op.drop_column("campaigns", "finally_counted")
    op.drop_table("feedback")
