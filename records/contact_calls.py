"""Calls to the people around an elder whom nobody reached."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.base import Base
from records.orders import WorkOrder
from records.sealing import Sealed


class ContactCall(Base):
    """One call to one contact about one order; the row stands before the telephone rings.

    Name and number are kept here, because a new roster replaces the contacts themselves.
    """

    __tablename__ = "contact_calls"
    __table_args__ = (
        UniqueConstraint("order_id", "number_key", "number"),
        Index("ix_contact_calls_due", "status", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_orders.id"), index=True)
    number_key: Mapped[str] = mapped_column(String(64))
    """Keyed hash of the telephone number: nobody is rung twice for being named twice."""
    number: Mapped[int]
    """Which call to this contact about this order it is, from 1."""
    position: Mapped[int]
    """Contacts are called in this order, one by one."""
    name: Mapped[str] = mapped_column(Sealed)
    relation: Mapped[str] = mapped_column(String(40), default="")
    phone: Mapped[str] = mapped_column(Sealed)
    """E.164."""
    purpose: Mapped[str] = mapped_column(String(16), default="ask")
    """ask: whether the elder is well; follow_up: what became of "I will go"."""
    status: Mapped[str] = mapped_column(String(16), default="planned")
    """planned, dialling, ended, or dropped when nobody needs to be asked any more."""
    due_at: Mapped[datetime]
    dialled_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(24), default="")
    """What came of it: well, going, not_yet, unknown, trouble, wrong_person, none (no clear word), lost
    (our side broke off), or how the line says that nobody was reached."""

    order: Mapped[WorkOrder] = relationship()
