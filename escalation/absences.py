"""Who is away, and who stands in: noted beforehand, so that ladders do not ask an empty chair."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.asking import FIELD_ROLES
from escalation.duty import areas_above
from records.audit import audit
from records.people import Absence, Worker


class AbsenceError(Exception):
    """An absence that cannot be noted; the message says why.

    AbsenceError
     +-- BackwardAbsenceError
     +-- StandInError
          +-- StandInElsewhereError
    """


class BackwardAbsenceError(AbsenceError):
    """The absence ends before it begins, or is over already."""


class StandInError(AbsenceError):
    """The one named cannot stand in."""


class StandInElsewhereError(StandInError):
    """The one named works in an area that does not cover the worker's; somebody must say that it is meant."""


def covers(session: Session, stand_in: Worker, worker: Worker) -> bool:
    """Whether a stand-in sees the elders about whom a worker is asked: from the same area or above."""
    return stand_in.area_id in areas_above(session, worker.area_id)


def note_absence(
    session: Session,
    worker: Worker,
    starts_at: datetime,
    ends_at: datetime,
    *,
    stand_in: Worker | None = None,
    from_elsewhere: bool = False,
    actor: str,
    now: datetime,
) -> Absence:
    """Note that a worker is away from ``starts_at`` until just before ``ends_at`` (both aware).

    ``from_elsewhere``: it is meant that whoever stands in works in another area; see ``covers``.

    Raises:
        BackwardAbsenceError, StandInError: nothing is noted then.
    """
    if ends_at <= max(starts_at, now):
        raise BackwardAbsenceError("An absence must end after it begins, and in the future")
    if stand_in is not None:
        if stand_in.id == worker.id:
            raise StandInError(f"{worker.name} cannot stand in for themselves")
        if not stand_in.active or stand_in.role not in FIELD_ROLES:
            raise StandInError(f"{stand_in.name} takes no orders and cannot stand in")
        if not from_elsewhere and not covers(session, stand_in, worker):
            raise StandInElsewhereError(f"{stand_in.name} works in another area than {worker.name}")
    absence = Absence(
        worker_id=worker.id,
        starts_at=starts_at,
        ends_at=ends_at,
        stand_in_id=None if stand_in is None else stand_in.id,
        recorded_at=now,
    )
    session.add(absence)
    session.flush()
    _audit(session, worker, "absence_noted", actor, now, stand_in=absence.stand_in_id)
    return absence


def end_absences(session: Session, worker: Worker, *, actor: str, now: datetime) -> int:
    """The worker is there (again): absences that hold now end, later ones are dropped. Returns how many."""
    ahead = session.scalars(
        select(Absence).where(Absence.worker_id == worker.id, Absence.ends_at > now)
    ).all()
    for absence in ahead:
        if absence.starts_at >= now:
            session.delete(absence)
        else:
            absence.ends_at = now
    if ahead:
        _audit(session, worker, "absence_ended", actor, now)
    return len(ahead)


def absences_ahead(session: Session, now: datetime) -> dict[int, Absence]:
    """The absences that hold now or later, the first of each worker, by worker id."""
    rows = session.scalars(select(Absence).where(Absence.ends_at > now).order_by(Absence.starts_at.desc()))
    return {absence.worker_id: absence for absence in rows}


def _audit(
    session: Session, worker: Worker, action: str, actor: str, now: datetime, **detail: object
) -> None:
    audit(session, at=now, actor=actor, action=action, subject_type="worker", subject_id=worker.id, **detail)
