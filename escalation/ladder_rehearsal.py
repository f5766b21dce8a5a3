"""Who would be asked on each step of a ladder if an order came now. Queries only; nobody is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.duty import Roster, of_role, on_call
from escalation.ladders import OrderLadder, Step, Target
from records.people import Area, Worker


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A step with the people who would be asked or told."""

    step: Step
    after: int
    """Minutes from the beginning of the round."""
    people: tuple[Worker, ...]


def rehearse(
    session: Session, area_id: int, ladder: OrderLadder, steps: Sequence[Step], now: datetime
) -> list[Rehearsed]:
    """The steps of a round in order, as if nobody took the order and nobody had it."""
    asked: set[int] = set()
    after, found = 0, []
    for step in steps:
        people: dict[int, Worker] = {}
        for target in step.to:
            for worker in _people(session, area_id, ladder, target, asked, now):
                people[worker.id] = worker
                if target.who == "on_duty":
                    asked.add(worker.id)
        found.append(Rehearsed(step, after, tuple(people.values())))
        after += step.wait
    return found


def _people(
    session: Session, area_id: int, ladder: OrderLadder, target: Target, asked: set[int], now: datetime
) -> Sequence[Worker]:
    place = area_id
    if target.area:
        place = session.scalar(select(Area.id).where(Area.name == target.area).order_by(Area.id)) or area_id
    if target.who == "on_duty":
        worker = on_call(session, place, ladder.roles, but=asked, now=now)
        return [worker] if worker is not None else []
    if target.who == "role" and target.role is not None:
        return of_role(session, place, target.role, now)
    if target.who == "worker":
        named = session.scalar(select(Worker).where(Worker.login == target.login))
        return Roster.at(session, now).present(session, [named]) if named is not None else []
    return []
