"""The longest pause in an answer, and how long a reply took; unknown of what was said before.

Revision: 0011
Follows: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MEASURES = ("longest_pause_s", "gap_wait_s", "gap_delay_s")


def upgrade() -> None:
    """Add the measures to the turns."""
    for name in MEASURES:
        op.add_column("turns", sa.Column(name, sa.Double(), nullable=True))


def downgrade() -> None:
    """Drop the measures with all they hold."""
    for name in reversed(MEASURES):
        op.drop_column("turns", name)
