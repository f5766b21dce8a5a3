"""What a telephone provider reported of our calls: each report once, however often it comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, UniqueConstraint, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from records.base import Base


class ProviderEvent(Base):
    """One report about one call. Holds no number and nobody's name. Never changed."""

    __tablename__ = "provider_events"
    __table_args__ = (
        UniqueConstraint("provider", "token"),
        UniqueConstraint("provider", "seal"),
        Index("ix_provider_events_call_id", "call_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(16))
    token: Mapped[str] = mapped_column(String(120))
    """What the provider repeats when it reports the same thing again."""
    seal: Mapped[str | None] = mapped_column(String(64))
    """Hash of the report's signature; null for what we found out by asking."""
    call_id: Mapped[str] = mapped_column(String(64))
    """The provider's name for the call."""
    reference: Mapped[str] = mapped_column(String(64))
    """The attempt's, as it was given to the provider."""
    status: Mapped[str] = mapped_column(String(24))
    """The provider's word for how the call is."""
    final: Mapped[bool]
    """Whether the call is over with it."""
    sip_code: Mapped[int | None]
    error_code: Mapped[int | None]
    at: Mapped[datetime]
    """When it reached us."""


class Stored(StrEnum):
    """What became of a report."""

    NEW = "new"
    REPEATED = "repeated"
    """The provider has reported it before."""
    REPLAYED = "replayed"
    """Somebody sends a known signature as something new: not the provider."""


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call of which no end was reported."""

    call_id: str
    reference: str


def store_event(session: Session, event: ProviderEvent) -> Stored:
    """Keep a report unless it is known; of two that come at the same time one is kept."""
    known = _known(session, event)
    if known is not None:
        return known
    try:
        with session.begin_nested():
            session.add(event)
    except IntegrityError:
        return _known(session, event) or Stored.REPEATED
    return Stored.NEW


def open_calls(session: Session, provider: str, *, quiet_since: datetime) -> Sequence[OpenCall]:
    """The calls of which no end was reported, and nothing at all since a moment."""
    other = aliased(ProviderEvent)
    same_call = (other.provider == ProviderEvent.provider, other.call_id == ProviderEvent.call_id)
    rows = session.execute(
        select(ProviderEvent.call_id, ProviderEvent.reference)
        .where(ProviderEvent.provider == provider)
        .where(~exists().where(*same_call, other.final.is_(True)))
        .where(~exists().where(*same_call, other.at > quiet_since))
        .group_by(ProviderEvent.call_id, ProviderEvent.reference)
        .order_by(ProviderEvent.call_id)
    )
    return [OpenCall(call_id, reference) for call_id, reference in rows]


def _known(session: Session, event: ProviderEvent) -> Stored | None:
    earlier = session.scalars(
        select(ProviderEvent).where(
            ProviderEvent.provider == event.provider,
            (ProviderEvent.token == event.token)
            | ((ProviderEvent.seal == event.seal) & ProviderEvent.seal.is_not(None)),
        )
    ).all()
    if not earlier:
        return None
    return Stored.REPEATED if any(each.token == event.token for each in earlier) else Stored.REPLAYED
