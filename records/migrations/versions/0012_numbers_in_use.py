"""Whether a number is being rung is asked before every call: the open attempts, out of a year of them.

Revision: 0012
Follows: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STILL_OPEN = sa.text("status <> 'ended'")


def upgrade() -> None:
    """Add the index; it holds the calls under way and nothing else."""
    op.create_index(
        "ix_call_attempts_open",
        "call_attempts",
        ["phone_id"],
        sqlite_where=STILL_OPEN,
        postgresql_where=STILL_OPEN,
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_index("ix_call_attempts_open", "call_attempts")
