"""Campaigns, visits and the attempts to make them; what was said in them stands in ``records.said``."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, false, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.base import Base
from records.people import Elder, Phone
from records.priorities import elder_comes_first, elder_lives_in, follow_elders
from records.said import Answer as Answer  # noqa: PLC0414 - one place to import tables of visits from
from records.said import Assessment as Assessment  # noqa: PLC0414
from records.said import Flag as Flag  # noqa: PLC0414
from records.said import Turn as Turn  # noqa: PLC0414
from records.sealing import SealedJson
from records.versions import ScriptVersion as ScriptVersion  # noqa: PLC0414 - one place to import tables of visits from
from records.versions import VisitTerms

_NOT_OVER = text("status <> 'ended'")
_NOT_FINALLY_COUNTED = text("NOT finally_counted")


class Campaign(Base):
    """A round of visits: who, which script, when, how often to try.

    Most campaigns by far are over after some years: gateways, sweeper and keepers, who look every few
    seconds, find the others by an index (``is_not_over``).
    """

    __tablename__ = "campaigns"
    __table_args__ = (
        Index("ix_campaigns_not_over", "id", sqlite_where=_NOT_OVER, postgresql_where=_NOT_OVER),
        Index(
            "ix_campaigns_to_count",
            "id",
            sqlite_where=_NOT_FINALLY_COUNTED,
            postgresql_where=_NOT_FINALLY_COUNTED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    script_version_id: Mapped[int] = mapped_column(ForeignKey("script_versions.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """Last day of the period, inclusive."""
    timezone: Mapped[str] = mapped_column(String(64))
    who: Mapped[dict[str, Any]]
    """Filter: area ids, tiers, categories, ages."""
    windows: Mapped[dict[str, Any]]
    """Calling windows: {"days": [0..6], "hours": [["09:00", "11:30"], ["14:30", "17:30"]]}."""
    retries: Mapped[dict[str, Any]]
    """Retry policy per disposition, as ``campaigns.retries`` reads it."""
    max_concurrent: Mapped[int] = mapped_column(default=4)
    status: Mapped[str] = mapped_column(String(16), default="draft")
    """draft, running, paused or ended."""
    status_reason: Mapped[str] = mapped_column(String(200), default="")
    finally_counted: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it is over and was counted a last time for the pages of a city (``campaigns.census``)."""
    created_at: Mapped[datetime]

    script_version: Mapped[ScriptVersion] = relationship()
    visits: Mapped[list[Visit]] = relationship(back_populates="campaign")


_STILL_OPEN = text("status <> 'ended'")
_RECORDED = text("recording <> ''")
_UNDER_WAY = text("status = 'in_progress'")
VISITED = ("completed", "escalated")
"""Outcomes that count as a visit: all was asked, or a person has taken over. Nothing else is rounded up."""
_TO_HEAR = text("to_hear")
_NOTED = text("noted")
_UNSETTLED = text("status = 'ended' AND mode = 'telephone' AND NOT settled")
_TRIED = text("status <> 'ended' AND attempts_made >= 2")
_WAITS = text("status = 'planned' AND mode = 'telephone'")
_COUNTS = text("outcome IN ('completed', 'escalated')")


class Visit(Base):
    """One elder in one period. The row is the truth about whether somebody must still act.

    Most visits by far are over: the indexes hold what is open, and of what is over only what counts. A query
    finds these by ``is_open``, ``is_under_way`` and ``counts``, which spell out what the indexes hold. None
    holds ``lease_until``: a lease is renewed at every turn of a call, and that writes the row and no index.
    """

    __tablename__ = "visits"
    __table_args__ = (
        UniqueConstraint("campaign_id", "elder_id"),
        Index(
            "ix_visits_open",
            *("campaign_id", "status", "mode", "comes_first", "next_attempt_at", "id"),
            sqlite_where=_STILL_OPEN,
            postgresql_where=_STILL_OPEN,
        ),
        Index(
            "ix_visits_waiting_in",
            *("campaign_id", "comes_first", "area_id", "next_attempt_at", "id"),
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
        ),
        Index("ix_visits_under_way", "id", sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY),
        Index("ix_visits_to_hear", "id", sqlite_where=_TO_HEAR, postgresql_where=_TO_HEAR),
        Index("ix_visits_noted", "id", sqlite_where=_NOTED, postgresql_where=_NOTED),
        Index("ix_visits_noted_of", "elder_id", sqlite_where=_NOTED, postgresql_where=_NOTED),
        Index("ix_visits_unsettled", "ended_at", sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED),
        Index("ix_visits_tried", "campaign_id", "id", sqlite_where=_TRIED, postgresql_where=_TRIED),
        Index("ix_visits_counted", "elder_id", "ended_at", sqlite_where=_COUNTS, postgresql_where=_COUNTS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    elder_id: Mapped[int] = mapped_column(ForeignKey("elders.id"), index=True)
    mode: Mapped[str] = mapped_column(String(16))
    """telephone, or in_home when the rules do not allow a call: then a person goes."""
    mode_reason: Mapped[str] = mapped_column(String(200), default="")
    status: Mapped[str] = mapped_column(String(16), default="planned")
    """planned, in_progress or ended."""
    outcome: Mapped[str | None] = mapped_column(String(16))
    """completed, partial, refused, wrong_person, unreachable, escalated, cancelled or expired."""
    comes_first: Mapped[bool] = mapped_column(default=elder_comes_first, server_default=false())
    """Whether it is claimed before others that are due: visits to elders of the key tier are."""
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), default=elder_lives_in)
    """Where the elder lives, repeated while the visit is open; None for visits that were over before this was
    written down."""
    to_hear: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether a person should listen to it and has not yet; ``records.to_hear`` keeps it."""
    noted: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether anything was flagged, unclear or grave, reviewed or not; ``records.to_hear`` keeps it."""
    settled: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it has its scores, and its order if it needs one; ``records.aftermath`` keeps it."""
    next_attempt_at: Mapped[datetime | None]
    attempts_made: Mapped[int] = mapped_column(default=0)
    """Attempts that were really dialled."""
    terms_id: Mapped[int | None] = mapped_column(ForeignKey("visit_terms.id"))
    """None only for a visit that was put on record without any."""
    dialogue_state: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)
    """Where a call that broke off goes on; holds the elder's name and words."""
    lease_owner: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    """Grows with every claim; a writer with an older number has lost the visit."""
    words_deleted_at: Mapped[datetime | None]
    """When the elder's words were taken out of it, since their time was over; what they meant stays."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    campaign: Mapped[Campaign] = relationship(back_populates="visits")
    elder: Mapped[Elder] = relationship()
    attempts: Mapped[list[CallAttempt]] = relationship(back_populates="visit", order_by="CallAttempt.number")
    answers: Mapped[list[Answer]] = relationship(back_populates="visit", order_by="Answer.id")
    flags: Mapped[list[Flag]] = relationship(back_populates="visit", order_by="Flag.id")
    assessment: Mapped[Assessment | None] = relationship(back_populates="visit")
    terms: Mapped[VisitTerms | None] = relationship()

    @property
    def snapshot(self) -> dict[str, Any]:
        """The policy, retry rules and script module in force when it was planned; never changed."""
        return self.terms.document if self.terms else {}

    @snapshot.setter
    def snapshot(self, document: dict[str, Any]) -> None:
        self.terms = VisitTerms.of(document) if document else None


def is_not_over() -> ColumnElement[bool]:
    """Whether a campaign has not ended, spelt out so that the index of those serves; goes with any status."""
    return Campaign.status != literal_column("'ended'")


def is_to_count() -> ColumnElement[bool]:
    """Whether a campaign was not counted a last time, spelt out as the index of those does."""
    return literal_column("NOT campaigns.finally_counted")


def is_open() -> ColumnElement[bool]:
    """Whether a visit is not over, spelt out so that the index of open visits serves."""
    return Visit.status != literal_column("'ended'")


def waits() -> tuple[ColumnElement[bool], ...]:
    """Whether a visit waits for its call, spelt out so that the index of those waiting in an area serves."""
    return (
        Visit.status == literal_column("'planned'"),
        Visit.mode == literal_column("'telephone'"),
    )


def is_under_way() -> ColumnElement[bool]:
    """Whether somebody works on a visit, spelt out so that the index of those under way serves."""
    return Visit.status == literal_column("'in_progress'")


def counts() -> ColumnElement[bool]:
    """Whether an elder was visited, spelt out so that the index of visits that count serves."""
    return Visit.outcome.in_([literal_column(f"'{outcome}'") for outcome in VISITED])


class CallAttempt(Base):
    """One ringing of one telephone, theirs or ours. The row is committed before the call is placed."""

    __tablename__ = "call_attempts"
    __table_args__ = (
        UniqueConstraint("visit_id", "number"),
        Index(
            "ix_call_attempts_open",
            "phone_id",
            sqlite_where=_STILL_OPEN,
            postgresql_where=_STILL_OPEN,
        ),
        Index("ix_call_attempts_recorded", "ended_at", sqlite_where=_RECORDED, postgresql_where=_RECORDED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), index=True)
    number: Mapped[int]
    """1, 2, 3 ... within the visit."""
    phone_id: Mapped[int] = mapped_column(ForeignKey("phones.id"))
    reference: Mapped[str] = mapped_column(String(64), unique=True)
    """What the line's provider was given to recognise the attempt by."""
    fence: Mapped[int]
    direction: Mapped[str] = mapped_column(String(8), default="out", server_default="out")
    """out when we rang the elder, in when they rang us: that uses up nobody's patience."""
    status: Mapped[str] = mapped_column(String(16), default="intended")
    """intended (not yet given to the line), dialling (given to the line) or ended."""
    disposition: Mapped[str | None] = mapped_column(String(24))
    call_outcome: Mapped[str | None] = mapped_column(String(24))
    cause: Mapped[str] = mapped_column(String(120), default="")
    line: Mapped[str] = mapped_column(String(32), default="")
    provider_call_id: Mapped[str] = mapped_column(String(120), default="")
    intended_at: Mapped[datetime]
    dialled_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    duration_s: Mapped[float] = mapped_column(default=0.0)
    recording: Mapped[str] = mapped_column(String(200), default="")
    """File below the recordings folder, sealed (``records.sealed_files``); empty when nothing was recorded,
    and when it has been deleted."""
    recording_deleted_at: Mapped[datetime | None]
    """When its time was over; see ``escalation.retention``."""
    put_through_to: Mapped[str] = mapped_column(String(64), default="")
    """Login of the worker with whom the elder spoke in this call; empty for none."""
    put_through_at: Mapped[datetime | None]
    put_through_s: Mapped[float] = mapped_column(default=0.0)

    visit: Mapped[Visit] = relationship(back_populates="attempts")
    phone: Mapped[Phone] = relationship()
    turns: Mapped[list[Turn]] = relationship(back_populates="attempt", order_by="Turn.index")


follow_elders(Visit)
