"""Calls that come in: who rang us, what they were talked with about, what came of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.base import Base
from records.people import Elder
from records.sealing import Sealed
from records.visits import CallAttempt


class CallIn(Base):
    """One call that came in; the row stands before it is answered."""

    __tablename__ = "call_ins"
    __table_args__ = (
        UniqueConstraint("line", "provider_call_id"),
        Index("ix_call_ins_under_way", "ended_at", "came_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[str] = mapped_column(String(32))
    provider_call_id: Mapped[str] = mapped_column(String(120))
    number: Mapped[str] = mapped_column(Sealed, default="")
    """E.164; empty when it was withheld or could not be read."""
    number_key: Mapped[str] = mapped_column(String(64), default="", index=True)
    """Keyed hash of the number; empty without one."""
    elder_id: Mapped[int | None] = mapped_column(ForeignKey("elders.id"), index=True)
    """Who it was taken for; none for strangers."""
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("call_attempts.id"))
    """Where they went on with a visit that was waiting."""
    came_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """None while it goes on, and for ever when it was lost with its process."""
    outcome: Mapped[str] = mapped_column(String(24), default="")
    """visit (see the attempt), lost, or what the talk came to, as ``ivr.report.CallOutcome``."""
    words: Mapped[str] = mapped_column(Sealed, default="")
    """The message that was left."""

    elder: Mapped[Elder | None] = relationship()
    attempt: Mapped[CallAttempt | None] = relationship()
