"""What a telephone provider reported of our calls.

Revision: 0010
Follows: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "provider_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("token", sa.String(length=120), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=True),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("sip_code", sa.Integer(), nullable=True),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_events")),
        sa.UniqueConstraint("provider", "token", name=op.f("uq_provider_events_provider_token")),
        sa.UniqueConstraint("provider", "seal", name=op.f("uq_provider_events_provider_seal")),
    )
    op.create_index("ix_provider_events_call_id", "provider_events", ["call_id"], unique=False)


def downgrade() -> None:
    """Drop the table with all it holds."""
    op.drop_index("ix_provider_events_call_id", table_name="provider_events")
    op.drop_table("provider_events")
