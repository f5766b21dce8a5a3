"""Calls that come in, and attempts in which the elder called us.

Revision: 0015
Follows: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; every attempt so far was a call of ours."""
    op.add_column(
        "call_attempts", sa.Column("direction", sa.String(length=8), nullable=False, server_default="out")
    )
    op.create_table(
        "call_ins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("provider_call_id", sa.String(length=120), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("number_key", sa.String(length=64), nullable=False),
        sa.Column("elder_id", sa.Integer(), nullable=True),
        sa.Column("attempt_id", sa.Integer(), nullable=True),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["call_attempts.id"], name=op.f("fk_call_ins_attempt_id_call_attempts")
        ),
        sa.ForeignKeyConstraint(["elder_id"], ["elders.id"], name=op.f("fk_call_ins_elder_id_elders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_ins")),
        sa.UniqueConstraint("line", "provider_call_id", name=op.f("uq_call_ins_line_provider_call_id")),
    )
    op.create_index(op.f("ix_call_ins_elder_id"), "call_ins", ["elder_id"])
    op.create_index(op.f("ix_call_ins_number_key"), "call_ins", ["number_key"])
    op.create_index("ix_call_ins_under_way", "call_ins", ["ended_at", "came_at"])


def downgrade() -> None:
    """Drop the table with all it holds."""
    op.drop_table("call_ins")
    op.drop_column("call_attempts", "direction")
