"""How long recordings, photos and words are kept, and their deletion when that time is over.

What somebody may still have to hear is kept whatever its age: of visits with an order that is open or was
closed within the same time, and of emergencies that nobody has reviewed. Rows are changed first, in a
transaction with its entry in the audit trail, and files deleted then: a file that a crash leaves behind has
no row that names it and goes with the next round.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, literal, select
from sqlalchemy.orm import Session

from escalation.photos import FOLDER, forget_photos
from records.audit import audit, beat
from records.call_ins import CallIn
from records.orders import WorkOrder
from records.sessions import Ledger
from records.visits import Assessment, CallAttempt, Flag, Visit

COMPONENT = "retention"
"""Name of the heartbeat, and of whoever deletes in the audit trail."""
BATCH = 200
"""Rows of one transaction, so that nobody waits long for them."""


@dataclass(frozen=True, slots=True)
class KeepFor:
    """Days after the end of a call, or of an order for its photos; 0: for ever."""

    recordings: int
    photos: int
    words: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many went."""

    recordings: int = 0
    photos: int = 0
    visits: int = 0
    """Whose words went."""


def forget(ledger: Ledger, folder: Path, keep: KeepFor, now: datetime) -> Forgotten:
    """Delete everything whose time is over; ``folder``: of the recordings. Doing it again changes nothing.

    Raises LedgerError, and OSError when a file cannot be deleted: it goes with the next round.
    """
    recordings = photos = visits = 0
    if keep.recordings:
        recordings = _forget_recordings(ledger, folder, now - timedelta(days=keep.recordings), now)
    if keep.photos:
        before = now - timedelta(days=keep.photos)
        photos = forget_photos(ledger, folder, closed_before=before, now=now, but=_unreviewed_order())
    if keep.words:
        visits = _forget_words(ledger, now - timedelta(days=keep.words), now)
    with ledger.session() as session:
        beat(session, COMPONENT, now, recordings=recordings, photos=photos, visits=visits)
    return Forgotten(recordings, photos, visits)


def held(before: datetime) -> ColumnElement[bool]:
    """Whether a visit must be kept as it is: what came of it is not over, or was not before this moment."""
    order = select(WorkOrder.id).where(WorkOrder.visit_id == Visit.id)
    pending = order.where((WorkOrder.status != "closed") | (WorkOrder.closed_at >= before)).exists()
    grave = order.where(WorkOrder.urgency == "emergency").exists() | (
        select(Flag.id).where(Flag.visit_id == Visit.id, Flag.urgency == "emergency").exists()
    )
    return pending | (grave & ~_reviewed(Visit.id))


def _reviewed(visit_id: Any) -> ColumnElement[bool]:
    done = select(Assessment.id).where(Assessment.visit_id == visit_id, Assessment.reviewed_at.is_not(None))
    return done.exists()


def _unreviewed_order() -> ColumnElement[bool]:
    """Whether an order is an emergency's whose call nobody has reviewed; those without a visit have none."""
    return (
        (WorkOrder.urgency == "emergency") & WorkOrder.visit_id.is_not(None) & ~_reviewed(WorkOrder.visit_id)
    )


def _forget_recordings(ledger: Ledger, folder: Path, before: datetime, now: datetime) -> int:
    of_visits = (
        select(CallAttempt)
        .join(Visit, Visit.id == CallAttempt.visit_id)
        .where(CallAttempt.recording != "", CallAttempt.ended_at < before, ~held(before))
        .with_for_update(of=CallAttempt)
    )
    of_talks = (
        select(CallIn)
        .where(CallIn.recording != "", CallIn.ended_at < before, ~_held_talk(before))
        .with_for_update(of=CallIn)
    )
    gone = _forget_voices(ledger, folder, of_visits, "call_attempt", now)
    gone += _forget_voices(ledger, folder, of_talks, "call_in", now)
    _sweep(ledger, folder, before)
    return gone


def _forget_voices(
    ledger: Ledger, folder: Path, wanted: Select[CallAttempt] | Select[CallIn], subject: str, now: datetime
) -> int:
    """Delete the recordings of these rows, the row first; ``subject`` is what the audit trail calls them."""
    gone = 0
    while True:
        with ledger.session() as session:
            old = session.scalars(wanted.limit(BATCH)).all()
            names = [each.recording for each in old]
            for each in old:
                each.recording, each.recording_deleted_at = "", now
                _note(session, "recording_deleted", subject, each.id, now)
        for name in names:
            if (file := _below(folder, name)) is not None:
                file.unlink(missing_ok=True)
        gone += len(names)
        if len(names) < BATCH:
            return gone


def _held_talk(before: datetime) -> ColumnElement[bool]:
    """Whether what came of a talk without a visit is not over, or was not before this moment."""
    key = literal("call_in:").concat(cast(CallIn.id, String)).concat(":%")
    pending = (WorkOrder.status != "closed") | (WorkOrder.closed_at >= before)
    return select(WorkOrder.id).where(WorkOrder.dedupe_key.like(key), pending).exists()


def _sweep(ledger: Ledger, folder: Path, before: datetime) -> None:
    """Delete what is as old and which no row names: a crash, or an outcome that was lost, has left it."""
    for month in folder.glob("*/"):
        if month.name == FOLDER:
            continue
        old = {f"{month.name}/{file.name}": file for file in _older(month, before)}
        if not old:
            continue
        with ledger.reading() as session:
            named = {
                name
                for column in (CallAttempt.recording, CallIn.recording)
                for name in session.scalars(
                    select(column).where(column.startswith(f"{month.name}/", autoescape=True))
                )
            }
        for name in old.keys() - named:
            old[name].unlink(missing_ok=True)


def _older(folder: Path, before: datetime) -> Iterator[Path]:
    for file in folder.glob("*"):
        if file.is_file() and datetime.fromtimestamp(file.stat().st_mtime, UTC) < before:
            yield file


def _below(folder: Path, name: str) -> Path | None:
    file = (folder / name).resolve()
    return file if file.is_relative_to(folder.resolve()) else None


def _forget_words(ledger: Ledger, before: datetime, now: datetime) -> int:
    gone = 0
    while True:
        with ledger.session() as session:
            old = session.scalars(
                select(Visit)
                .where(Visit.ended_at < before, Visit.words_deleted_at.is_(None), ~held(before))
                .order_by(Visit.id)
                .limit(BATCH)
                .with_for_update()
            ).all()
            for visit in old:
                _forget_words_of(visit)
                visit.words_deleted_at = now
                _note(session, "words_deleted", "visit", visit.id, now)
        gone += len(old)
        if len(old) < BATCH:
            break
    with ledger.session() as session:
        for call in session.scalars(select(CallIn).where(CallIn.ended_at < before, ~_held_talk(before))):
            if call.words or call.said:
                call.words, call.said = "", None
                _note(session, "words_deleted", "call_in", call.id, now)
    return gone


def _forget_words_of(visit: Visit) -> None:
    """What was said goes; what it was taken for stays, so that scores and statistics can be explained."""
    for attempt in visit.attempts:
        for turn in attempt.turns:
            turn.transcript, turn.alternatives, turn.evidence = "", "", []
    for flag in visit.flags:
        flag.words = ""
    if visit.dialogue_state:
        visit.dialogue_state = _without_words(visit.dialogue_state)


def _without_words(state: Any) -> Any:
    if isinstance(state, dict):
        empty = {"transcript": "", "words": "", "alternatives": [], "evidence": []}
        return {key: empty[key] if key in empty else _without_words(value) for key, value in state.items()}
    return [_without_words(each) for each in state] if isinstance(state, list) else state


def _note(session: Session, action: str, subject: str, subject_id: int, now: datetime) -> None:
    audit(session, at=now, actor=COMPONENT, action=action, subject_type=subject, subject_id=subject_id)
