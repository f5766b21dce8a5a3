"""Every call that comes in is on record, also one that hears that we are busy, and how it was made good.

Revision: 0028
Follows: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

OWED = sa.text("call_back_at IS NOT NULL")
WAITING = sa.text("outcome IN ('busy', 'missed') AND followed_up = ''")
MOMENTS = ("taken_at", "call_back_at", "seen_at", "recording_deleted_at")
WORDS = {"followed_up": 16, "seen_by": 64, "recording": 200}


def upgrade() -> None:
    """Add what became of calls with which nobody spoke, and the sound of those with which somebody did."""
    for name in MOMENTS:
        op.add_column("call_ins", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("call_ins", sa.Column("calls_back", sa.Integer(), server_default="0", nullable=False))
    for name, length in WORDS.items():
        op.add_column("call_ins", sa.Column(name, sa.String(length), server_default="", nullable=False))
    op.execute("UPDATE call_ins SET taken_at = came_at")
    op.create_index("ix_call_ins_came", "call_ins", ["came_at"])
    op.create_index(
        "ix_call_ins_waiting", "call_ins", ["came_at"], sqlite_where=WAITING, postgresql_where=WAITING
    )
    op.create_index(
        "ix_call_ins_owed", "call_ins", ["call_back_at"], sqlite_where=OWED, postgresql_where=OWED
    )


def downgrade() -> None:
    """Calls with which nobody spoke stay, and what was done about them is forgotten."""
    op.drop_index("ix_call_ins_owed", "call_ins")
    op.drop_index("ix_call_ins_waiting", "call_ins")
    op.drop_index("ix_call_ins_came", "call_ins")
    for name in (*WORDS, "calls_back", *MOMENTS):
        op.drop_column("call_ins", name)
