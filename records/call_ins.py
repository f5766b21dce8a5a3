"""Calls that come in: who rang us, what they were talked with about, what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.base import Base
from records.people import Elder
from records.sealing import Sealed, SealedJson
from records.visits import CallAttempt

BUSY = "busy"
MISSED = "missed"
UNHEARD = (BUSY, MISSED)
"""Outcomes of calls with which nobody has spoken."""
_OWED = text("call_back_at IS NOT NULL")
_WAITING = text("outcome IN ('busy', 'missed') AND followed_up = ''")


class CallIn(Base):
    """One call that came in; the row stands before it is answered, or hears that we are busy."""

    __tablename__ = "call_ins"
    __table_args__ = (
        UniqueConstraint("line", "provider_call_id"),
        Index("ix_call_ins_under_way", "ended_at", "came_at"),
        Index("ix_call_ins_came", "came_at"),
        Index("ix_call_ins_waiting", "came_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_call_ins_owed", "call_back_at", sqlite_where=_OWED, postgresql_where=_OWED),
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
    taken_at: Mapped[datetime | None]
    """When whoever has the line took it; None where nobody did, as for who heard that we are busy."""
    ended_at: Mapped[datetime | None]
    """None while it goes on, and for ever when it was lost with its process."""
    outcome: Mapped[str] = mapped_column(String(24), default="")
    """visit (see the attempt), lost, gone, busy, missed (let in, and nobody there to take it), or what the
    talk came to, as ``ivr.report.CallOutcome``; of a call that was returned, what that came to."""
    words: Mapped[str] = mapped_column(Sealed, default="")
    """The message that was left."""
    said: Mapped[list[dict[str, Any]] | None] = mapped_column(SealedJson)
    """What was asked and answered, exchange by exchange: see ``campaigns.talks``; None for strangers."""
    call_back_at: Mapped[datetime | None]
    """When an elder whom nobody spoke with is rung back, or handed to a person; None when nothing is owed."""
    calls_back: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often we have rung back."""
    followed_up: Mapped[str] = mapped_column(String(16), default="", server_default="")
    """How a call with which nobody spoke was made good: rung_back, called_again, handed_over (to a person by
    a work order), by_person (see ``seen_by``) or with_later (with their next call, see there); empty where
    nobody has, or need not."""
    seen_by: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Login of the worker who has looked after it."""
    seen_at: Mapped[datetime | None]
    recording: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """File below the recordings folder, sealed; empty for strangers, and as ``CallAttempt.recording``."""
    recording_deleted_at: Mapped[datetime | None]

    elder: Mapped[Elder | None] = relationship()
    attempt: Mapped[CallAttempt | None] = relationship()


def waits_for_somebody() -> ColumnElement[bool]:
    """Whether nobody spoke with the caller and nothing has made it good, spelt out as the index does."""
    unheard = CallIn.outcome.in_([literal_column(f"'{outcome}'") for outcome in UNHEARD])
    return unheard & (CallIn.followed_up == literal_column("''"))
