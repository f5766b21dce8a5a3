"""What was said in a talk for which no visit was waiting is kept exchange by exchange, for whoever hears it.

Revision: 0029
Follows: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the exchanges of a talk, sealed."""
    op.add_column("call_ins", sa.Column("said", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Talks keep their sound and their message."""
    op.drop_column("call_ins", "said")
