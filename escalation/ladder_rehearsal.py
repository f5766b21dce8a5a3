"""Who would be asked on each step of a ladder if an order came now. Queries only; nobody is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from escalation.duty import of_role, on_call
from escalation.ladders import OrderLadder, Step, Target
from escalation.step_people import area_of, told_besides
from records.people import Worker


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A step with the people who would be asked or told."""

    step: Step
    after: int
    """Minutes from the beginning of the round."""
    people: tuple[Worker, ...]
    nobody: bool = False
    """Nobody is on duty: those named are told so, and none of them is asked."""


def rehearse(
    session: Session, area_id: int, ladder: OrderLadder, steps: Sequence[Step], now: datetime
) -> list[Rehearsed]:
    """The steps of a round in order, as if nobody took the order and nobody had it."""
    asked: set[int] = set()
    after, found = 0, []
    for step in steps:
        offers = [target for target in step.to if target.who == "on_duty"]
        named = (_on_duty(session, area_id, ladder, target, asked, now) for target in offers)
        worker = next((each for each in named if each is not None), None)
        people = told_besides(session, area_id, step.to, None, now)
        if worker is not None:
            people.insert(0, worker)
        nobody = bool(offers) and worker is None and not asked
        if nobody:
            people += of_role(session, area_id, "coordinator", now)
        asked |= {worker.id} if worker is not None else set()
        found.append(Rehearsed(step, after, tuple({each.id: each for each in people}.values()), nobody))
        after += step.wait
    return found


def _on_duty(
    session: Session, area_id: int, ladder: OrderLadder, target: Target, asked: set[int], now: datetime
) -> Worker | None:
    place = area_of(session, target, area_id)
    return on_call(session, place, ladder.roles, but=asked, now=now)
