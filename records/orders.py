"""Work orders (工单) and the outbox of notifications."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.base import Base
from records.people import Elder, Worker
from records.sealing import Sealed, SealedJson
from records.visits import Visit


class WorkOrder(Base):
    """Something a person must do for an elder, by a deadline."""

    __tablename__ = "work_orders"
    __table_args__ = (
        Index("ix_work_orders_open", "status", "deadline"),
        Index("ix_work_orders_climbing", "status", "next_step_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    elder_id: Mapped[int] = mapped_column(ForeignKey("elders.id"), index=True)
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id"), index=True)
    dedupe_key: Mapped[str] = mapped_column(String(120), unique=True)
    """What the order is about, e.g. ``visit:12:emergency``: deciding twice makes one order."""
    kind: Mapped[str] = mapped_column(String(24))
    """in_person_visit, phone_follow_up, service_referral or data_correction."""
    urgency: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(40))
    """The rule's reason code, e.g. emergency, urgent, need, unreachable, wrong_person, asked_for_person."""
    codes: Mapped[list[str]] = mapped_column(default=list)
    summary: Mapped[str] = mapped_column(Sealed)
    """One or two sentences a worker can act on."""
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    policy_version: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(16), default="open")
    """open, accepted, on_the_way, on_site or closed."""
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("workers.id"))
    deadline: Mapped[datetime]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(Sealed, default="")
    record_sheet: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)
    """What a worker found and did at home: column of the visit record (annex 2) -> words. None: nothing."""
    ladder: Mapped[dict[str, Any] | None]
    """The ladder as it was when the order was opened (``escalation.ladders.OrderLadder``); None on orders
    older than ladders."""
    next_step_at: Mapped[datetime | None]
    """When to look at the ladder again; None: at once. The order's events decide what is due then."""

    elder: Mapped[Elder] = relationship()
    visit: Mapped[Visit | None] = relationship()
    assignee: Mapped[Worker | None] = relationship()
    events: Mapped[list[WorkOrderEvent]] = relationship(back_populates="order", order_by="WorkOrderEvent.id")


class WorkOrderEvent(Base):
    """What happened to a work order, in order."""

    __tablename__ = "work_order_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_orders.id"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(24))
    note: Mapped[str] = mapped_column(Sealed, default="")
    """A worker's words, a code or a login, by kind; sealed, since words may be about health."""
    step: Mapped[int | None]
    """Which step of the ladder this was, counted over the order's whole life; None for what people did."""

    order: Mapped[WorkOrder] = relationship(back_populates="events")


class Notification(Base):
    """A message to be delivered at least once: the outbox row stands before the message is sent."""

    __tablename__ = "notifications"
    __table_args__ = (Index("ix_notifications_pending", "status", "next_try_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(String(160), unique=True)
    """(order, ladder step, recipient, channel): one message for each."""
    order_id: Mapped[int | None] = mapped_column(ForeignKey("work_orders.id"), index=True)
    """None when the auditor speaks of something that has no order, such as a silent component."""
    step: Mapped[int] = mapped_column(default=0)
    channel: Mapped[str] = mapped_column(String(24))
    recipient: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Sealed)
    urgency: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16), default="pending")
    """pending, sent (the channel took it), delivered or undelivered (as its provider reported afterwards),
    failed, or lapsed when nobody needed it any more."""
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]

    order: Mapped[WorkOrder | None] = relationship()
