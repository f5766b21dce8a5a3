"""The visiting policies of areas, version by version."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.base import Base
from records.people import Area


class PolicyVersion(Base):
    """A visiting policy as an area took it; never changed once stored, followed by later versions."""

    __tablename__ = "policy_versions"
    __table_args__ = (UniqueConstraint("area_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    """Holds there and in every area below that has no policy of its own; None: in the whole ledger."""
    version: Mapped[str] = mapped_column(String(40))
    effective_from: Mapped[date]
    document: Mapped[dict[str, Any]]
    """As ``campaigns.policy.Policy`` reads it."""
    note: Mapped[str] = mapped_column(String(200), default="")
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    """When tiers and ways of visiting were derived anew by it; None while it is still to come."""

    area: Mapped[Area | None] = relationship()
