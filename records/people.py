"""Areas, elders, the people around them and the people who work for them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.base import Base
from records.sealing import Sealed

NOT_ON_ROSTER = "caller"
"""State of somebody who is no elder on the roster, but rang us and needed help."""


class Area(Base):
    """District, town, community or grid; a tree."""

    __tablename__ = "areas"
    __table_args__ = (UniqueConstraint("parent_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    level: Mapped[str] = mapped_column(String(16))
    """district, town, community or grid."""
    name: Mapped[str] = mapped_column(String(120))
    timezone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai")
    """IANA name; calling hours here are read on this clock. In a zone that is unknown nobody is phoned."""
    windows: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Calling windows of this area and all below it that have none of their own; None: campaigns decide."""
    lines: Mapped[int | None]
    """How many elders of this area and all below it may be called at the same time; None: as many as there
    are lines. Every limit on the way up holds."""

    parent: Mapped[Area | None] = relationship(remote_side="Area.id")


_ABSENT = text("status IN ('in_hospital', 'away')")


class Elder(Base):
    """A person to be visited, as the survey form (摸底表, annex 1) describes them."""

    __tablename__ = "elders"
    __table_args__ = (Index("ix_elders_absent", "back_on", sqlite_where=_ABSENT, postgresql_where=_ABSENT),)

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    roster_key: Mapped[str] = mapped_column(String(64), unique=True)
    """Keyed hash of the resident ID (or of name and address): the same row imported twice is one elder."""
    place_key: Mapped[str] = mapped_column(String(64), default="", index=True)
    """Keyed hash of name and address: recognises an elder whose resident ID came or went between rosters."""
    name: Mapped[str] = mapped_column(Sealed)
    sex: Mapped[str] = mapped_column(String(8), default="unknown")
    """female, male or unknown."""
    birth_date: Mapped[date | None]
    resident_id: Mapped[str | None] = mapped_column(Sealed)
    categories: Mapped[list[str]] = mapped_column(default=list)
    """Codes of policy: living_alone, empty_nest, left_behind, disabled_by_age, severely_disabled,
    special_family_planning, living_with_disabled_child, and beside these groups safety_net, dementia,
    bedridden and limited_mobility."""
    ability: Mapped[str] = mapped_column(String(16), default="unknown")
    """intact, mild, moderate, severe, complete or unknown."""
    tier: Mapped[str] = mapped_column(String(16))
    """key, secondary or general."""
    visit_mode: Mapped[str] = mapped_column(String(16))
    """telephone or in_home."""
    mode_reason: Mapped[str] = mapped_column(String(200), default="")
    """Why this elder may not be phoned: a code of ``campaigns.tiers.ModeReason``; empty when they may."""
    address: Mapped[str] = mapped_column(Sealed, default="")
    language: Mapped[str] = mapped_column(String(8), default="zh-CN")
    """zh-CN, es, en, or another language's code: whom the robot cannot speak with is not phoned."""
    speech_preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What earlier calls taught: {"speed": 0.85, "gain_db": 6}."""
    call_wish: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """When the elder likes to be phoned: {"days": [1, 3], "hours": [["09:00", "11:00"]]}; {} for any time."""
    wanted_services: Mapped[list[str]] = mapped_column(default=list)
    remarks: Mapped[str] = mapped_column(Sealed, default="")
    status: Mapped[str] = mapped_column(String(16), default="active")
    """active, in_hospital, away, moved, deceased or opted_out; ``NOT_ON_ROSTER`` for an unknown caller."""
    back_on: Mapped[date | None]
    """The day on which somebody who is in hospital or away will be at home again, if it is known."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    area: Mapped[Area] = relationship()
    phones: Mapped[list[Phone]] = relationship(back_populates="elder", order_by="Phone.position")
    contacts: Mapped[list[Contact]] = relationship(
        back_populates="elder", order_by="Contact.position", cascade="all, delete-orphan"
    )
    consents: Mapped[list[Consent]] = relationship(back_populates="elder", order_by="Consent.recorded_at")


def is_noted_absent() -> ColumnElement[bool]:
    """Whether an elder is down as in hospital or away, spelt out so that the index of the absent serves."""
    return Elder.status.in_([literal_column("'in_hospital'"), literal_column("'away'")])


class Phone(Base):
    """One telephone number of an elder, in the order in which they are tried."""

    __tablename__ = "phones"
    __table_args__ = (UniqueConstraint("elder_id", "number_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    elder_id: Mapped[int] = mapped_column(ForeignKey("elders.id"), index=True)
    position: Mapped[int]
    number: Mapped[str] = mapped_column(Sealed)
    """E.164, an extension after ``;ext=``."""
    number_key: Mapped[str] = mapped_column(String(64), index=True)
    """Keyed hash of the number, to find who calls back."""
    kind: Mapped[str] = mapped_column(String(16), default="landline")
    status: Mapped[str] = mapped_column(String(16), default="usable")
    """usable, wrong_number, invalid, or former: no longer on the roster, kept for the calls made to it."""

    elder: Mapped[Elder] = relationship(back_populates="phones")


class Contact(Base):
    """A relative, guardian, neighbour or keyholder."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    elder_id: Mapped[int] = mapped_column(ForeignKey("elders.id"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Sealed)
    relation: Mapped[str] = mapped_column(String(40), default="")
    number: Mapped[str] = mapped_column(Sealed, default="")
    keyholder: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(String(24), default="")
    """``roster`` for those that the next import of a roster may replace."""

    elder: Mapped[Elder] = relationship(back_populates="contacts")


class Consent(Base):
    """A recorded yes or no of the elder (or the person supporting them); the newest of a kind counts."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_elder_kind", "elder_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    elder_id: Mapped[int] = mapped_column(ForeignKey("elders.id"))
    kind: Mapped[str] = mapped_column(String(24))
    """telephone_visit, in_home_visit or recording."""
    granted: Mapped[bool]
    given_by: Mapped[str] = mapped_column(String(40), default="elder")
    source: Mapped[str] = mapped_column(String(120))
    recorded_at: Mapped[datetime]

    elder: Mapped[Elder] = relationship(back_populates="consents")


class Worker(Base):
    """Somebody who works with the elders and may sign in to the panel."""

    __tablename__ = "workers"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(24))
    """coordinator, social_worker, grid_worker or viewer."""
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    number: Mapped[str] = mapped_column(Sealed, default="")
    language: Mapped[str] = mapped_column(String(8), default="zh-CN")
    active: Mapped[bool] = mapped_column(default=True)

    area: Mapped[Area] = relationship()


class Absence(Base):
    """A time in which a worker is not to be asked, and who stands in."""

    __tablename__ = "absences"

    id: Mapped[int] = mapped_column(primary_key=True)
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    """The first moment at which the worker is there again."""
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("workers.id"))
    recorded_at: Mapped[datetime]

    worker: Mapped[Worker] = relationship(foreign_keys=[worker_id])
    stand_in: Mapped[Worker | None] = relationship(foreign_keys=[stand_in_id])

    @property
    def last_at(self) -> datetime:
        """A moment of the absence's last day."""
        return self.ends_at - timedelta(seconds=1)


class WorkerAddress(Base):
    """Where a worker is reached on one channel: an e-mail address, an account, a number."""

    __tablename__ = "worker_addresses"
    __table_args__ = (UniqueConstraint("worker_id", "channel"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"))
    channel: Mapped[str] = mapped_column(String(24))
    address: Mapped[str] = mapped_column(Sealed)

    worker: Mapped[Worker] = relationship()
