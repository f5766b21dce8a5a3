"""What elders say of a service that was done for them (服务反馈), in words that can be counted."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import ColumnElement, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.base import Base
from records.orders import WorkOrder
from records.people import Elder

Rating = Literal["very_satisfied", "satisfied", "so_so", "unsatisfied", "nothing"]
"""``nothing``: would or could not say; counted apart, since an empty answer is no praise."""
SaidBy = Literal["elder", "supporter"]
"""Whose word it is: the elder's own, or that of whoever supports them."""

RATINGS: tuple[Rating, ...] = get_args(Rating)
SAID_BY: tuple[SaidBy, ...] = get_args(SaidBy)
SATISFIED: tuple[Rating, ...] = ("very_satisfied", "satisfied")
_TO_ASK = text("rating IS NULL")


class Feedback(Base):
    """A service that is done, and what is said of it; the row stands from the moment the order is closed."""

    __tablename__ = "feedback"
    __table_args__ = (
        Index("ix_feedback_noted", "noted_at"),
        Index("ix_feedback_to_ask", "served_at", sqlite_where=_TO_ASK, postgresql_where=_TO_ASK),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("work_orders.id"), primary_key=True, autoincrement=False)
    elder_id: Mapped[int] = mapped_column(ForeignKey("elders.id"), index=True)
    served_by: Mapped[str] = mapped_column(String(64))
    """Login of whoever closed the order."""
    served_at: Mapped[datetime]
    rating: Mapped[str | None] = mapped_column(String(16))
    """None while nobody has asked."""
    said_by: Mapped[str] = mapped_column(String(16), default="")
    noted_by: Mapped[str] = mapped_column(String(64), default="")
    """Login of whoever asked; the same as ``served_by`` where nobody else did."""
    noted_at: Mapped[datetime | None]

    order: Mapped[WorkOrder] = relationship()
    elder: Mapped[Elder] = relationship()


def is_to_ask() -> ColumnElement[bool]:
    """Whether nobody has been asked yet."""
    return Feedback.rating.is_(None)
