"""The rounds that were opened by themselves: each area's period once, whatever number of keepers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.base import Base
from records.people import Area
from records.visits import Campaign


class Round(Base):
    """A campaign that the policy or surge days called for."""

    __tablename__ = "rounds"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    """What called for it, where, and its first day: no second one is opened."""
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    """The area with all below it that has no rounds of its own; None: the whole ledger."""
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), unique=True)
    opened_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    """When its visits were planned; None while it waits for somebody to start it."""

    area: Mapped[Area | None] = relationship()
    campaign: Mapped[Campaign] = relationship()
