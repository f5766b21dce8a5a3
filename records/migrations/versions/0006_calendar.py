"""When people may be phoned: windows of areas, wishes of elders, and when an absence ends.

Revision: 0006
Follows: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; nobody has wished for anything yet, and no area has hours of its own."""
    op.add_column("areas", sa.Column("windows", sa.JSON(), nullable=True))
    op.add_column("elders", sa.Column("call_wish", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("elders", sa.Column("back_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Drop the columns with all they hold."""
    op.drop_column("elders", "back_on")
    op.drop_column("elders", "call_wish")
    op.drop_column("areas", "windows")
