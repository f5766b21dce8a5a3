"""Where an answer paused and how loud it was; unknown of what was said before.

Revision: 0005
Follows: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MEASURES = ("pause_s", "speech_dbfs", "background_dbfs")


def upgrade() -> None:
    """Add the measures to the turns."""
    for name in MEASURES:
        op.add_column("turns", sa.Column(name, sa.Double(), nullable=True))


def downgrade() -> None:
    """Drop the measures with all they hold."""
    for name in reversed(MEASURES):
        op.drop_column("turns", name)
