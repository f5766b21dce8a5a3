"""What was said in visits and what it was taken for: exchanges, answers, flags, scores."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.base import Base
from records.sealing import Sealed, SealedJson

if TYPE_CHECKING:
    from records.visits import CallAttempt, Visit


class Turn(Base):
    """One exchange in a call: what was asked, what came back, what it was taken for and why."""

    __tablename__ = "turns"
    __table_args__ = (UniqueConstraint("attempt_id", "index"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("call_attempts.id"))
    index: Mapped[int]
    question: Mapped[str] = mapped_column(String(40))
    prompt: Mapped[str] = mapped_column(Sealed)
    """What was asked; may name the elder."""
    transcript: Mapped[str] = mapped_column(Sealed, default="")
    alternatives: Mapped[str] = mapped_column(Sealed, default="")
    """Other readings, one a line."""
    key: Mapped[str] = mapped_column(String(4), default="")
    answer: Mapped[str] = mapped_column(String(16), default="")
    urgency: Mapped[str] = mapped_column(String(16), default="none")
    codes: Mapped[list[str]] = mapped_column(default=list)
    confidence: Mapped[float] = mapped_column(default=0.0)
    engine: Mapped[str] = mapped_column(String(40), default="")
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(SealedJson, default=list)
    """Each as ``speech.types.Evidence``; holds the elder's words."""
    asked_at: Mapped[datetime]
    started_s: Mapped[float]
    ended_s: Mapped[float]
    response_delay_s: Mapped[float | None]
    speech_s: Mapped[float] = mapped_column(default=0.0)
    pause_s: Mapped[float | None]
    """Seconds of silence between stretches of speech; this and both levels are None where unmeasured."""
    speech_dbfs: Mapped[float | None]
    background_dbfs: Mapped[float | None]
    longest_pause_s: Mapped[float | None]
    """The longest of those silences."""
    gap_wait_s: Mapped[float | None]
    """Before the prompt, since the elder's words before it: what was waited in case more came; this and the
    next are None where the prompt answered nothing."""
    gap_delay_s: Mapped[float | None]
    """And what the machine took beyond that to begin its reply."""
    barge_in: Mapped[bool] = mapped_column(default=False)

    attempt: Mapped[CallAttempt] = relationship(back_populates="turns")


class Answer(Base):
    """The answer that stands for one question of a visit, whichever call or person it came from."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("visit_id", "question"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"))
    question: Mapped[str] = mapped_column(String(40))
    answer: Mapped[str] = mapped_column(String(16))
    urgency: Mapped[str] = mapped_column(String(16), default="none")
    codes: Mapped[list[str]] = mapped_column(default=list)
    turn_id: Mapped[int | None] = mapped_column(ForeignKey("turns.id"))
    confirmed_by: Mapped[str] = mapped_column(String(64), default="")
    """Empty, elder, or the login of the worker who listened to it."""

    visit: Mapped[Visit] = relationship(back_populates="answers")
    turn: Mapped[Turn | None] = relationship()


_GRAVE = text("urgency IN ('urgent', 'emergency') AND confirmed <> 'no'")


class Flag(Base):
    """A code that a person must look at."""

    __tablename__ = "flags"
    __table_args__ = (
        UniqueConstraint("visit_id", "code"),
        Index("ix_flags_grave", "raised_at", sqlite_where=_GRAVE, postgresql_where=_GRAVE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"))
    turn_id: Mapped[int | None] = mapped_column(ForeignKey("turns.id"))
    code: Mapped[str] = mapped_column(String(40))
    urgency: Mapped[str] = mapped_column(String(16))
    confirmed: Mapped[str] = mapped_column(String(16))
    """yes, no, unclear or not_asked, as ``ivr.report.Confirmed``."""
    words: Mapped[str] = mapped_column(Sealed, default="")
    raised_at: Mapped[datetime]

    visit: Mapped[Visit] = relationship(back_populates="flags")
    turn: Mapped[Turn | None] = relationship()


class Assessment(Base):
    """The scores of a visit, with their evidence."""

    __tablename__ = "assessments"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), unique=True)
    overall: Mapped[str] = mapped_column(String(8))
    """green, yellow, orange or red."""
    score: Mapped[float]
    """0 (well) .. 100 (worst)."""
    dimensions: Mapped[dict[str, Any]]
    """health, money, home_safety, needs, other -> {"level", "score", "evidence": [...]}."""
    record_sheet: Mapped[dict[str, Any]] = mapped_column(SealedJson)
    """The nine columns of the visit record (记录表, annex 2) -> text."""
    manner: Mapped[dict[str, Any]]
    """How the elder spoke, with the numbers and the baseline they were compared with."""
    weights_version: Mapped[str] = mapped_column(String(40))
    assessed_at: Mapped[datetime]
    reviewed_by: Mapped[str] = mapped_column(String(64), default="")
    reviewed_at: Mapped[datetime | None]
    review_note: Mapped[str] = mapped_column(Sealed, default="")

    visit: Mapped[Visit] = relationship(back_populates="assessment")
