"""A million elders with years of visits: open visits are found without reading what is over.

One index holds the open visits of a campaign in the order in which they are claimed, another those that are
being called, a third each elder's visits that count. What they replace is dropped, so that a visit costs no
more writes than before. ``comes_first`` repeats the elder's tier, because no index reaches over two tables;
``to_hear`` marks what a person should listen to. Who is absent is asked every minute, and few are.

Revision: 0019
Follows: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

STILL_OPEN = sa.text("status <> 'ended'")
UNDER_WAY = sa.text("status = 'in_progress'")
ABSENT = sa.text("status IN ('in_hospital', 'away')")
COUNTS = sa.text("outcome IN ('completed', 'escalated')")
MARK = """
    UPDATE visits SET to_hear = true WHERE (
        id IN (SELECT visit_id FROM flags)
        OR id IN (SELECT visit_id FROM answers WHERE answer = 'unclear')
        OR id IN (SELECT visit_id FROM assessments WHERE overall IN ('orange', 'red'))
    ) AND id NOT IN (SELECT visit_id FROM assessments WHERE reviewed_at IS NOT NULL)
"""


def upgrade() -> None:
    """Add who comes first, what is to be heard, indexes and the table of tallies."""
    op.add_column("visits", sa.Column("comes_first", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE visits SET comes_first = true WHERE status <> 'ended' "
        "AND elder_id IN (SELECT id FROM elders WHERE tier = 'key')"
    )
    _index(
        "ix_visits_open",
        ["campaign_id", "status", "mode", "comes_first", "next_attempt_at", "id"],
        STILL_OPEN,
    )
    _index("ix_visits_under_way", ["lease_until"], UNDER_WAY)
    _index("ix_visits_counted", ["elder_id", "ended_at"], COUNTS)
    op.create_index("ix_elders_absent", "elders", ["back_on"], sqlite_where=ABSENT, postgresql_where=ABSENT)
    op.drop_index("ix_visits_due", "visits")
    op.drop_index(op.f("ix_visits_campaign_id"), "visits")
    op.add_column("visits", sa.Column("to_hear", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(MARK)
    _index("ix_visits_to_hear", ["id"], sa.text("to_hear"))
    op.create_table(
        "tallies",
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("elders", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_tallies_area_id_areas")),
        sa.PrimaryKeyConstraint("subject", "area_id", name=op.f("pk_tallies")),
    )


def downgrade() -> None:
    """Back to indexes over all visits."""
    op.drop_table("tallies")
    op.drop_index("ix_elders_absent", "elders")
    op.create_index(op.f("ix_visits_campaign_id"), "visits", ["campaign_id"])
    op.create_index("ix_visits_due", "visits", ["status", "next_attempt_at"])
    for name in ("ix_visits_to_hear", "ix_visits_counted", "ix_visits_under_way", "ix_visits_open"):
        op.drop_index(name, "visits")
    for name in ("comes_first", "to_hear"):  # in place: other tables refer to the visits
        op.drop_column("visits", name)


def _index(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, "visits", columns, sqlite_where=where, postgresql_where=where)
