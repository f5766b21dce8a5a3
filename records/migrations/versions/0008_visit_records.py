"""What a worker found at an elder's home, in the columns of the visit record (annex 2).

Revision: 0008
Follows: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the sealed record to the orders."""
    op.add_column("work_orders", sa.Column("record_sheet", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Drop it with all it holds."""
    op.drop_column("work_orders", "record_sheet")
