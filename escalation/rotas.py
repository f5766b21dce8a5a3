"""Rotas: workers take duty in turns, a week each perhaps. Whose turn it is stands in for the others.

A rota is written down as absences with stand-ins, so that everything that asks who is there goes by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.absences import AbsenceError, note_absence
from records.locks import take_turns
from records.people import Absence, Worker

MOST_TURNS = 60


class RotaError(AbsenceError):
    """A rota cannot be noted so; the message says why."""


class RotaClashError(RotaError):
    """Some of these workers have a rota in this time already."""


def turns(count: int, first: date, days: int, number: int) -> list[tuple[int, date, date]]:
    """The turns of ``count`` workers: whose it is (from 0), first and last day; ``number`` turns in all."""
    return [
        (turn % count, first + timedelta(days=turn * days), first + timedelta(days=(turn + 1) * days - 1))
        for turn in range(number)
    ]


def note_rota(
    session: Session,
    workers: Sequence[Worker],
    first: date,
    *,
    days: int,
    number: int,
    zone: tzinfo,
    actor: str,
    now: datetime,
) -> int:
    """Let workers take duty in turns from a day on, ``days`` each, ``number`` turns; how many absences.

    Raises RotaError for fewer than two workers or a length that makes no sense, RotaClashError where one of
    them stands in for another in this time already, AbsenceError as ``note_absence``: nothing is noted then.
    """
    if len({worker.id for worker in workers}) != len(workers) or len(workers) < 2:  # noqa: PLR2004 - turns need two
        raise RotaError("A rota needs at least two workers, each once")
    if days < 1 or not 1 <= number <= MOST_TURNS:
        raise RotaError(f"A turn needs at least a day, and a rota 1 to {MOST_TURNS} turns")
    take_turns(session, "rotas")
    begins = datetime.combine(first, time(0), zone)
    ends = datetime.combine(first + timedelta(days=days * number), time(0), zone)
    ids = [worker.id for worker in workers]
    clash = session.scalar(
        select(Absence.id)
        .where(Absence.worker_id.in_(ids), Absence.stand_in_id.in_(ids))
        .where(Absence.starts_at < ends, Absence.ends_at > begins)
        .limit(1)
    )
    if clash is not None:
        raise RotaClashError("Some of these workers have a rota in this time already; end it first")
    noted = 0
    for whose, start, last in turns(len(workers), first, days, number):
        for worker in workers:
            if worker is not workers[whose]:
                note_absence(
                    session,
                    worker,
                    datetime.combine(start, time(0), zone),
                    datetime.combine(last + timedelta(days=1), time(0), zone),
                    stand_in=workers[whose],
                    from_elsewhere=True,  # a rota over several areas is said by naming its workers
                    actor=actor,
                    now=now,
                )
                noted += 1
    return noted
