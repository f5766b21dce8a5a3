"""The process may die at any statement: nothing is half done, nothing is lost, nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session
from support.casebook import (
    MORNING,
    HandClock,
    Village,
    aftercare,
    assessment,
    end,
    history,
    plan_visit,
    raise_flag,
    ring,
    rules,
    say,
    settle_village,
)

from escalation.notifiers import MemoryNotifier
from escalation.outbox import Outbox
from records.audit import AuditEvent
from records.orders import Notification, WorkOrder, WorkOrderEvent
from records.sessions import Ledger
from records.visits import Assessment, Flag, Visit

CARE = aftercare()
STAFF = ("grid_worker:li", "social_worker:zhang", "^coordinator:zhao")


class Killed(Exception):  # noqa: N818 - what happens, not what is wrong
    """The process dies here; nothing may catch it."""


class Fuse:
    """Kills the process after so many statements; counts them while unlit."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.count = 0
        self.blows_at: int | None = None

    @contextmanager
    def lit(self, blows_at: int | None = None) -> Iterator[None]:
        self.count, self.blows_at = 0, blows_at
        event.listen(self.ledger.engine, "after_cursor_execute", self._tick)
        try:
            yield
        finally:
            event.remove(self.ledger.engine, "after_cursor_execute", self._tick)

    def _tick(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("BEGIN", "PRAGMA")):
            return  # a process that dies here has not begun
        self.count += 1
        if self.count == self.blows_at:
            raise Killed


def tell(ledger: Ledger, village: Village, name: str) -> int:
    """A call with an emergency, something urgent and a wish, as the dialer records it. No aftercare yet."""
    with ledger.session() as session:
        visit = plan_visit(session, village, name=name)
        call = ring(session, visit, "answered_human", "partial")
        turn = say(session, call, "falls", "摔了起不来", "problem", urgency="emergency", codes=("fall_now",))
        raise_flag(session, visit, "fall_now", turn=turn)
        say(session, call, "eating", "没吃的了", "problem", urgency="urgent", codes=("no_food",))
        say(session, call, "help_needed", "想装个扶手", "concern", urgency="need", codes=("need_aids",))
        return visit.id


def care_in_call(ledger: Ledger, visit_id: int) -> None:
    with ledger.session() as session:
        visit = session.get_one(Visit, visit_id)
        CARE.flag_raised(session, visit, visit.flags[0], MORNING)


def care_at_end(ledger: Ledger, visit_id: int) -> None:
    with ledger.session() as session:
        visit = session.get_one(Visit, visit_id)
        end(visit, "escalated", MORNING)
        CARE.visit_ended(session, visit, MORNING + timedelta(minutes=2))


def outcome(ledger: Ledger, visit_id: int) -> dict[str, Any]:
    """What stands for a visit, without the ids that tell one visit from another."""
    with ledger.reading() as session:
        visit = session.get_one(Visit, visit_id)
        made = session.scalars(
            select(WorkOrder).where(WorkOrder.visit_id == visit_id).order_by(WorkOrder.kind)
        )
        return {
            "orders": [
                (o.kind, o.urgency, o.reason, o.codes, o.deadline, history(session, o), _told(session, o))
                for o in made
            ],
            "overall": assessment(session, visit).overall,
            "sheet": assessment(session, visit).record_sheet,
        }


def _told(session: Session, order: WorkOrder) -> list[str]:
    rows = session.scalars(
        select(Notification).where(Notification.order_id == order.id).order_by(Notification.id)
    )
    return [row.recipient for row in rows]


def counts(ledger: Ledger) -> list[int]:
    tables = (WorkOrder, WorkOrderEvent, Notification, Assessment, AuditEvent, Flag)
    with ledger.reading() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_dying_at_any_statement_leaves_nothing_and_the_next_try_everything(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    fuse = Fuse(ledger)
    model = tell(ledger, village, "model")
    with fuse.lit():
        care_in_call(ledger, model)
    in_call = fuse.count
    with fuse.lit():
        care_at_end(ledger, model)
    at_end = fuse.count
    expected = outcome(ledger, model)
    assert in_call + at_end > 40, "otherwise the fuse does not see the statements"
    stride = 3 if ledger.engine.dialect.name == "sqlite" else 7

    for number in range(1, in_call + at_end + 1, stride):
        visit_id = tell(ledger, village, f"elder {number}")
        step, blows_at = (care_in_call, number) if number <= in_call else (care_at_end, number - in_call)
        if step is care_at_end:
            care_in_call(ledger, visit_id)
        before = counts(ledger)
        with pytest.raises(Killed), fuse.lit(blows_at):
            step(ledger, visit_id)
        assert counts(ledger) == before, f"statement {number} left something behind"
        care_in_call(ledger, visit_id)
        care_at_end(ledger, visit_id)
        care_at_end(ledger, visit_id)
        assert outcome(ledger, visit_id) == expected


def test_dying_right_after_a_commit_doubles_nothing(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    visit_id = tell(ledger, village, "王桂兰")
    care_in_call(ledger, visit_id)
    care_at_end(ledger, visit_id)
    expected, before = outcome(ledger, visit_id), counts(ledger)

    for step in (care_in_call, care_at_end, care_in_call):
        step(ledger, visit_id)
    assert outcome(ledger, visit_id) == expected
    assert counts(ledger) == before


def test_the_end_without_the_call_comes_to_the_same_orders(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    whole, late = tell(ledger, village, "whole"), tell(ledger, village, "late")
    care_in_call(ledger, whole)
    care_at_end(ledger, whole)
    care_at_end(ledger, late)

    def kinds(visit_id: int) -> list[tuple[Any, ...]]:
        return [order[:4] for order in outcome(ledger, visit_id)["orders"]]

    assert kinds(late) == kinds(whole)


def test_dying_at_any_statement_of_the_outbox_loses_no_message(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    fuse, clock, delivery = Fuse(ledger), HandClock(), rules().policy.delivery
    visit_id = tell(ledger, village, "model")
    care_in_call(ledger, visit_id)
    delivered = MemoryNotifier()

    def drain() -> None:
        Outbox(ledger, {"memory": delivered}, delivery, clock).drain()

    with fuse.lit():
        drain()
    statements = fuse.count
    for number in range(1, statements + 1):
        care_in_call(ledger, tell(ledger, village, f"elder {number}"))
        clock.forward(seconds=1)
        with pytest.raises(Killed), fuse.lit(number):
            drain()
        clock.forward(seconds=delivery.lease + 1)
        drain()
    with ledger.reading() as session:
        rows = session.scalars(select(Notification)).all()
        assert {row.status for row in rows} == {"sent"}
        assert {each.key for each in delivered.delivered} == {row.dedupe_key for row in rows}
        notified = session.scalars(select(WorkOrderEvent).where(WorkOrderEvent.kind == "notified")).all()
        assert len(notified) == len(rows), "each delivery stands in its order's history once"
