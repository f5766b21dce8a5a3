"""Areas may have a share of the lines; open visits repeat where their elder lives, and are indexed by it.

Revision: 0027
Follows: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0025"
branch_labels = None
depends_on = None

FOREIGN_KEY = "fk_visits_area_id_areas"
WAITS = sa.text("status = 'planned' AND mode = 'telephone'")


def upgrade() -> None:
    """No area has a limit yet. What is over keeps no area: nobody asks it for one."""
    op.add_column("areas", sa.Column("lines", sa.Integer(), nullable=True))
    # In place: other tables refer to the visits, and there may be very many.
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"ALTER TABLE visits ADD COLUMN area_id INTEGER CONSTRAINT {FOREIGN_KEY} REFERENCES areas (id)"
        )
    else:
        op.add_column("visits", sa.Column("area_id", sa.Integer(), nullable=True))
        op.create_foreign_key(op.f(FOREIGN_KEY), "visits", "areas", ["area_id"], ["id"])
    home = "SELECT area_id FROM elders WHERE elders.id = visits.elder_id"
    op.execute(f"UPDATE visits SET area_id = ({home}) WHERE status <> 'ended'")  # noqa: S608 - our own words
    op.create_index(
        "ix_visits_waiting_in",
        "visits",
        ["campaign_id", "comes_first", "area_id", "next_attempt_at", "id"],
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )


def downgrade() -> None:
    """Take it all back."""
    op.drop_index("ix_visits_waiting_in", table_name="visits")
    op.drop_column("visits", "area_id")
    op.drop_column("areas", "lines")
