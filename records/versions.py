"""What visits rest on, stored once and never changed: questionnaires, and the terms of planning.

A city plans millions of visits under a handful of terms. Terms are found by their content, so that the same
ones are kept once however many visits, campaigns and processes rest on them.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from records.base import Base
from records.bulk import upserting


class ScriptVersion(Base):
    """A questionnaire as it was when a campaign took it; never changed once stored."""

    __tablename__ = "script_versions"
    __table_args__ = (UniqueConstraint("script_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    script_id: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    document: Mapped[dict[str, Any]]


class VisitTerms(Base):
    """The policy, retry rules, hours and script module under which visits were planned."""

    __tablename__ = "visit_terms"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    """Of the document in a form of its own, see ``fingerprint``."""
    document: Mapped[dict[str, Any]]
    """As ``campaigns.snapshots`` reads it."""

    @classmethod
    def of(cls, document: dict[str, Any]) -> VisitTerms:
        """Terms that are not on record yet."""
        return cls(sha256=fingerprint(document), document=document)


def fingerprint(document: dict[str, Any]) -> str:
    """A hash that is the same for the same content, in whatever order it was written down."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def keep_terms(session: Session, document: dict[str, Any]) -> int:
    """The id of these terms, put on record if they are new; of two who do so at once both get the same."""
    sha256 = fingerprint(document)
    kept = select(VisitTerms.id).where(VisitTerms.sha256 == sha256)
    found = session.scalar(kept)
    if found is not None:
        return found
    fresh = upserting(session, VisitTerms).values(sha256=sha256, document=document)
    session.execute(fresh.on_conflict_do_nothing(index_elements=["sha256"]))
    return session.scalars(kept).one()
