"""What the auditor and the panel ask of years of visits is found by marks and indexes of the few that matter.

``noted`` marks visits with something to hear, reviewed or not; ``settled`` those that have their scores and
order, so that the auditor looks at the others. Old visits count as settled, as far as they are older than the
auditor looks back: on PostgreSQL no row of theirs is written anew.

Revision: 0020
Follows: 0019
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

LOOKED_BACK = timedelta(days=31)
NOTED = """
    UPDATE visits SET noted = true WHERE id IN (
        SELECT visit_id FROM flags
        UNION SELECT visit_id FROM answers WHERE answer = 'unclear'
        UNION SELECT visit_id FROM assessments WHERE overall IN ('orange', 'red'))
"""
SETTLED = """
    id IN (SELECT visit_id FROM assessments) AND (
        coalesce(outcome, '') IN ('completed', 'cancelled')
        OR id IN (SELECT visit_id FROM work_orders WHERE visit_id IS NOT NULL))
"""
INDEXES = {
    "ix_visits_noted": (["id"], "noted"),
    "ix_visits_noted_of": (["elder_id"], "noted"),
    "ix_visits_unsettled": (["ended_at"], "status = 'ended' AND mode = 'telephone' AND NOT settled"),
    "ix_visits_tried": (["campaign_id", "id"], "status <> 'ended' AND attempts_made >= 2"),
}
GRAVE = sa.text("urgency IN ('urgent', 'emergency') AND confirmed <> 'no'")


def upgrade() -> None:
    """Add both marks and what is found by them."""
    op.add_column("visits", sa.Column("noted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(NOTED)
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("visits", sa.Column("settled", sa.Boolean(), nullable=False, server_default=sa.true()))
        op.alter_column("visits", "settled", server_default=sa.false())
        lately = "status <> 'ended' OR ended_at > :since"
        looked_at = sa.text(f"UPDATE visits SET settled = false WHERE ({lately}) AND NOT ({SETTLED})")  # noqa: S608
        since = datetime.now(UTC) - LOOKED_BACK
        op.execute(looked_at.bindparams(sa.bindparam("since", since, type_=sa.DateTime(timezone=True))))
    else:
        op.add_column("visits", sa.Column("settled", sa.Boolean(), nullable=False, server_default=sa.false()))
        op.execute(f"UPDATE visits SET settled = true WHERE {SETTLED}")  # noqa: S608
    for name, (columns, where) in INDEXES.items():
        only = sa.text(where)
        op.create_index(name, "visits", columns, sqlite_where=only, postgresql_where=only)
    op.create_index("ix_flags_grave", "flags", ["raised_at"], sqlite_where=GRAVE, postgresql_where=GRAVE)


def downgrade() -> None:
    """Without the marks."""
    op.drop_index("ix_flags_grave", "flags")
    for name in INDEXES:
        op.drop_index(name, "visits")
    for name in ("settled", "noted"):  # in place: other tables refer to the visits
        op.drop_column("visits", name)
