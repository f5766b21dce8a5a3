"""The terms visits were planned under are stored once, and visits refer to them.

Every visit carried two kilobytes of policy, hours and retry rules, the same for thousands of them. What
visits said is moved, not made anew: each different document becomes one row, found by its content.

Revision: 0025
Follows: 0022
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0022"
branch_labels = None
depends_on = None

TERMS = sa.table(
    "visit_terms",
    sa.column("id", sa.Integer()),
    sa.column("sha256", sa.String()),
    sa.column("document", sa.JSON()),
)
FOREIGN_KEY = "fk_visits_terms_id_visit_terms"


def upgrade() -> None:
    """Move every different document to a row of its own."""
    op.create_table(
        "visit_terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_terms")),
        sa.UniqueConstraint("sha256", name=op.f("uq_visit_terms_sha256")),
    )
    # In place: other tables refer to the visits, and there may be very many.
    if _is_sqlite():
        refers = f"CONSTRAINT {FOREIGN_KEY} REFERENCES visit_terms (id)"
        op.execute(f"ALTER TABLE visits ADD COLUMN terms_id INTEGER {refers}")
    else:
        op.add_column("visits", sa.Column("terms_id", sa.Integer(), nullable=True))
        op.create_foreign_key(op.f(FOREIGN_KEY), "visits", "visit_terms", ["terms_id"], ["id"])
    _move()
    op.drop_column("visits", "snapshot")


def downgrade() -> None:
    """Give every visit its own copy again."""
    op.add_column("visits", sa.Column("snapshot", sa.JSON(), nullable=False, server_default=sa.text("'{}'")))
    document = "SELECT document FROM visit_terms WHERE visit_terms.id = visits.terms_id"
    op.execute(f"UPDATE visits SET snapshot = ({document}) WHERE terms_id IS NOT NULL")  # noqa: S608
    op.drop_column("visits", "terms_id")
    op.drop_table("visit_terms")


def _move() -> None:
    """Each visit's terms, looked up by their text as it stands: one pass over the visits."""
    bind = op.get_bind()
    key = "snapshot" if _is_sqlite() else "md5(snapshot::text)"
    text = "snapshot" if _is_sqlite() else "snapshot::text"
    bind.execute(sa.text("CREATE TEMPORARY TABLE moved (said TEXT PRIMARY KEY, terms_id INTEGER NOT NULL)"))
    known: dict[str, int] = {}
    rows = bind.execute(sa.text(f"SELECT {key} AS said, min({text}) AS document FROM visits GROUP BY 1"))  # noqa: S608
    for said, document in rows.all():
        terms = json.loads(document)
        if not terms:
            continue
        sha256 = _fingerprint(terms)
        if sha256 not in known:
            known[sha256] = len(known) + 1
            bind.execute(sa.insert(TERMS).values(id=known[sha256], sha256=sha256, document=terms))
        bind.execute(
            sa.text("INSERT INTO moved (said, terms_id) VALUES (:said, :terms)"),
            {"said": said, "terms": known[sha256]},
        )
    bind.execute(
        sa.text(f"UPDATE visits SET terms_id = (SELECT terms_id FROM moved WHERE said = {key})")  # noqa: S608
    )
    if not _is_sqlite():
        bind.execute(
            sa.text(
                "SELECT setval(pg_get_serial_sequence('visit_terms', 'id'), "
                "coalesce(max(id), 0) + 1, false) FROM visit_terms"
            )
        )
    bind.execute(sa.text("DROP TABLE moved"))


def _fingerprint(document: Any) -> str:
    """As ``records.versions.fingerprint`` reckons it; repeated here because migrations do not change."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
