"""Visits under way are found by themselves, not by their leases: renewing a lease writes no index any more.

Revision: 0031
Follows: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

NAME = "ix_visits_under_way"
UNDER_WAY = sa.text("status = 'in_progress'")


def upgrade() -> None:
    """Few visits are under way at a time: whoever looks for a lease that ran out looks at all of them."""
    _replace_by("id")


def downgrade() -> None:
    """As it was."""
    _replace_by("lease_until")


def _replace_by(column: str) -> None:
    op.drop_index(NAME, table_name="visits")
    op.create_index(NAME, "visits", [column], sqlite_where=UNDER_WAY, postgresql_where=UNDER_WAY)
