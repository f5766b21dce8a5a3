"""Photos that workers took where a work order sent them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.base import Base
from records.orders import WorkOrder
from records.sealing import SealedJson


class OrderPhoto(Base):
    """One photo; the picture itself is a sealed file (``escalation.photos``), this says whose and where."""

    __tablename__ = "order_photos"
    __table_args__ = (UniqueConstraint("order_id", "picture_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_orders.id"), index=True)
    picture_key: Mapped[str] = mapped_column(String(64))
    """Keyed hash of the picture: the same one sent twice is kept once."""
    file: Mapped[str] = mapped_column(String(80))
    """Below the folder of photos."""
    taken_by: Mapped[str] = mapped_column(String(64))
    """Login of whoever sent it."""
    added_at: Mapped[datetime]
    place: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)
    """Where it was taken, ``{"lat": degrees, "lon": degrees}``, if the worker allowed that to be kept."""

    order: Mapped[WorkOrder] = relationship()
