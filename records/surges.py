"""Days on which an area is visited more closely: heat, cold, typhoon, epidemic, festival."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.base import Base
from records.people import Area


class SurgeDays(Base):
    """A dated order to visit some elders of an area more often, and what to speak of."""

    __tablename__ = "surge_days"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    """The area with all below it; None: everywhere."""
    name: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    """heat, cold, typhoon, epidemic, festival or other."""
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """Last day, inclusive."""
    tiers: Mapped[list[str]] = mapped_column(default=list)
    categories: Mapped[list[str]] = mapped_column(default=list)
    """Whom it is for: any of these tiers or groups; both empty: everybody."""
    cadence_days: Mapped[int]
    """Days from one visit to the next while it lasts."""
    module: Mapped[str] = mapped_column(String(40), default="")
    """The script's module that every call in these days takes; empty: the one whose turn it is."""
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When somebody called it off; None: it lasts until its last day."""

    area: Mapped[Area | None] = relationship()
