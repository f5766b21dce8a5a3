"""Holding the ledger against what the personas call for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.history import INTERRUPTED
from records.orders import WorkOrder
from records.visits import Visit
from speech.types import Urgency
from wenan.village.personas import Expectation, Persona


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one persona's visit, and how it differs from what was called for."""

    persona: Persona
    elder: str
    outcome: str
    level: str
    orders: tuple[str, ...]
    flags: tuple[str, ...]
    attempts: int
    differences: tuple[str, ...]

    @property
    def as_called_for(self) -> bool:
        """Whether everything is as the persona calls for."""
        return not self.differences


def result_of(session: Session, persona: Persona, visit: Visit) -> Result:
    """Read one visit's result from the ledger."""
    orders = session.scalars(select(WorkOrder).where(WorkOrder.visit_id == visit.id).order_by(WorkOrder.id))
    kinds = tuple(sorted(f"{order.kind}/{order.reason}" for order in orders))
    level = visit.assessment.overall if visit.assessment else ""
    broken_off = sum(attempt.cause.startswith(INTERRUPTED) for attempt in visit.attempts)
    attempts = sum(
        attempt.dialled_at is not None and not attempt.cause.startswith(INTERRUPTED)
        for attempt in visit.attempts
    )
    return Result(
        persona=persona,
        elder=visit.elder.name,
        outcome=visit.outcome or visit.status,
        level=level,
        orders=kinds,
        flags=tuple(flag.code for flag in visit.flags),
        attempts=attempts,
        differences=tuple(_differences(persona.expects, visit, kinds, attempts, broken_off)),
    )


def _differences(
    expects: Expectation, visit: Visit, orders: tuple[str, ...], attempts: int, broken_off: int
) -> Iterator[str]:
    outcome = visit.outcome or visit.status
    if outcome != expects.outcome:
        yield f"outcome {outcome}, not {expects.outcome}"
    level = visit.assessment.overall if visit.assessment else ""
    if expects.level and level != expects.level:
        yield f"level {level or 'none'}, not {expects.level}"
    if orders != tuple(sorted(expects.orders)):
        yield f"orders {', '.join(orders) or 'none'}, not {', '.join(expects.orders) or 'none'}"
    # A call that our own program broke off may have been the one that mattered, or one too many.
    if not attempts <= expects.attempts <= attempts + broken_off:
        yield f"rung {attempts} times, not {expects.attempts}"
    yield from _wrong_flags(expects, visit)
    needs = {code for answer in visit.answers for code in answer.codes}
    if missing := [code for code in expects.needs if code not in needs]:
        yield f"need not heard: {', '.join(missing)}"


def _wrong_flags(expects: Expectation, visit: Visit) -> Iterator[str]:
    standing = {flag.code: flag for flag in visit.flags if flag.confirmed != "no"}
    if missing := [code for code in expects.flags if code not in standing]:
        yield f"not flagged: {', '.join(missing)}"
    false_alarms = [
        code
        for code, flag in standing.items()
        if code not in expects.flags and Urgency.parse(flag.urgency) is Urgency.EMERGENCY
    ]
    if false_alarms:
        yield f"flagged without cause: {', '.join(false_alarms)}"
