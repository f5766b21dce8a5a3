"""What was recorded is forgotten in time: when a recording was deleted, when words were, and which are left.

Revision: 0022
Follows: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None

RECORDED = sa.text("recording <> ''")


def upgrade() -> None:
    """Add both moments and the index of what is recorded."""
    op.add_column(
        "call_attempts", sa.Column("recording_deleted_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("visits", sa.Column("words_deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_call_attempts_recorded",
        "call_attempts",
        ["ended_at"],
        sqlite_where=RECORDED,
        postgresql_where=RECORDED,
    )


def downgrade() -> None:
    """Forget when; what was deleted stays so."""
    op.drop_index("ix_call_attempts_recorded", "call_attempts")
    op.drop_column("visits", "words_deleted_at")
    op.drop_column("call_attempts", "recording_deleted_at")
