"""Who did what, and whether the machinery is alive."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from records.base import Base
from records.bulk import upserting


class AuditEvent(Base):
    """One thing somebody (a worker, or a part of the system) did or saw. Never changed, never deleted."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_subject", "subject_type", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    subject_type: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int | None]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """No names, numbers or words of elders: only ids and codes."""


class Heartbeat(Base):
    """The last sign of life of a component."""

    __tablename__ = "heartbeats"

    component: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


def audit(
    session: Session,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject_type: str,
    subject_id: int | None = None,
    **detail: Any,
) -> AuditEvent:
    """Note that ``actor`` did ``action``; the note stands or falls with the session's transaction.

    ``actor`` is a worker's login or the name of a part of the system (``dialer``, ``roster``). ``detail``
    holds ids and codes that JSON can carry, never an elder's name, number or words.
    """
    noted = AuditEvent(
        at=at, actor=actor, action=action, subject_type=subject_type, subject_id=subject_id, detail=detail
    )
    session.add(noted)
    return noted


def beat(session: Session, component: str, at: datetime, **detail: Any) -> None:
    """Record a sign of life of a component, replacing its earlier one.

    Any number of processes may beat for one component at the same time; the last to commit stays.
    """
    sign = upserting(session, Heartbeat).values(component=component, at=at, detail=detail)
    session.execute(
        sign.on_conflict_do_update(
            index_elements=[Heartbeat.component],
            set_={"at": sign.excluded.at, "detail": sign.excluded.detail},
        )
    )
