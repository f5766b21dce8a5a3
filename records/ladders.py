"""Books of on-call ladders that were edited in the panel, version by version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from records.base import Base


class LadderBookVersion(Base):
    """A book of ladders as somebody saved it; never changed once stored. The newest is in force."""

    __tablename__ = "ladder_books"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(String(40), unique=True)
    follows: Mapped[int] = mapped_column(unique=True)
    """Id of the version it was made from, 0 for the deployment's file: nobody overwrites the unseen."""
    document: Mapped[dict[str, Any]]
    """As ``escalation.ladders.LadderBook`` reads it."""
    note: Mapped[str] = mapped_column(String(200), default="")
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
