"""Windows of areas, wishes and absences of elders, policies by area and version, surge days.

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
    op.create_table(
        "policy_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_policy_versions_area_id_areas")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_versions")),
        sa.UniqueConstraint("area_id", "version", name=op.f("uq_policy_versions_area_id_version")),
    )
    op.create_table(
        "surge_days",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("tiers", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("cadence_days", sa.Integer(), nullable=False),
        sa.Column("module", sa.String(length=40), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_surge_days_area_id_areas")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surge_days")),
        sa.UniqueConstraint("name", name=op.f("uq_surge_days_name")),
    )


def downgrade() -> None:
    """Drop the columns with all they hold."""
    op.drop_table("surge_days")
    op.drop_table("policy_versions")
    op.drop_column("elders", "back_on")
    op.drop_column("elders", "call_wish")
    op.drop_column("areas", "windows")
