"""Counts that are kept so that the panel of a large city need not count anew for every page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from records.base import Base


class Tally(Base):
    """What was counted in one area at one moment. Never the truth, which is the rows it was counted from."""

    __tablename__ = "tallies"

    subject: Mapped[str] = mapped_column(String(40), primary_key=True)
    """What was counted: ``rates``, or ``campaign-`` and its number."""
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), primary_key=True, autoincrement=False)
    """The area itself, without those below it."""
    counted_at: Mapped[datetime]
    elders: Mapped[int]
    """How many elders live there."""
    counts: Mapped[dict[str, Any]]
    """As the one who counts writes and reads it."""
