"""The process may die at every commit between decision and delivery: no alert is lost, none is doubled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import pytest
from sqlalchemy import select
from support.casebook import HandClock, notifications, rules
from support.duty_night import Duty, TheOrder
from support.powercuts import DyingLedger

from escalation.climber import Climber
from escalation.notifiers import MemoryNotifier
from escalation.outbox import Outbox
from escalation.work_orders import OrderTakenError
from records.orders import WorkOrder, WorkOrderEvent
from records.sessions import Ledger, LedgerError

DELIVERY = rules().policy.delivery


def work(ledger: Ledger, clock: HandClock, telephone: MemoryNotifier) -> None:
    """One pulse of the product, with parts that have just been started."""
    Climber(ledger, rules(), clock).make_round()
    Outbox(ledger, {"memory": telephone}, DELIVERY, clock).drain()


def steps(ledger: Ledger, order: TheOrder) -> list[tuple[int | None, str, str]]:
    with ledger.reading() as session:
        rows = session.scalars(
            select(WorkOrderEvent)
            .where(WorkOrderEvent.order_id == order.id, WorkOrderEvent.step.is_not(None))
            .order_by(WorkOrderEvent.id)
        )
        return [(row.step, row.kind, row.note) for row in rows]


@pytest.mark.parametrize("committed", [True, False], ids=["after the commit", "before the commit"])
def test_dying_at_every_commit_of_a_step_loses_and_doubles_no_alert(ledger: Ledger, committed: bool) -> None:
    duty = Duty(ledger)
    died = 0
    for at in range(1, 40):
        order = duty.elder_says("chest_pain", name=f"elder {at}")
        duty.worker("li").takes(order).hands_back(order, "没空")  # two steps are messages already
        duty.clock.forward(minutes=5)
        dying = DyingLedger(ledger, at=at, committed=committed)
        with suppress(LedgerError):
            work(dying, duty.clock, duty.telephone)
        died += dying.dead
        duty.clock.forward(seconds=DELIVERY.lease + 1)
        work(ledger, duty.clock, duty.telephone)
        with ledger.session() as session:  # the next story begins with a clean table
            session.get_one(WorkOrder, order.id).status = "closed"
        assert steps(ledger, order) == [
            (1, "assigned", "li"),
            (2, "assigned", "wu"),
            (3, "assigned", "zhang"),
            (3, "escalated", "zhao"),
        ]
        if not dying.dead:
            break
    assert died > 5, "the story has more commits than that"
    with ledger.reading() as session:
        rows = notifications(session)
        assert {row.status for row in rows} == {"sent"}
        assert {each.key for each in duty.telephone.delivered} == {row.dedupe_key for row in rows}
        named = {(row.order_id, row.step, row.recipient, row.channel) for row in rows if row.step}
        assert len(named) == sum(1 for row in rows if row.step), (
            "one message per order, step, person, channel"
        )
    again = len(duty.telephone.delivered) - len({each.key for each in duty.telephone.delivered})
    assert again <= died, "only a delivery whose mark was lost is repeated, under the same key"


def test_two_processes_that_climb_at_once_take_one_step(ledger: Ledger) -> None:
    duty = Duty(ledger)
    order = duty.elder_says("chest_pain")
    duty.clock.forward(minutes=5)
    together = Barrier(2)

    def round_of(_: int) -> int:
        climber = Climber(ledger, rules(), duty.clock)
        together.wait(timeout=20)
        return climber.make_round()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(round_of, range(2))) == 1
    assert steps(ledger, order) == [(1, "assigned", "li"), (2, "assigned", "wu")]


@pytest.mark.parametrize("login", ["li", "wu", "zhang"])
def test_a_step_and_a_worker_who_takes_the_order_at_the_same_moment_agree(ledger: Ledger, login: str) -> None:
    duty = Duty(ledger)
    order = duty.elder_says("chest_pain")
    duty.clock.forward(minutes=5)
    together = Barrier(2)

    def take() -> None:
        together.wait(timeout=20)
        duty.worker(login).takes(order)

    def step() -> None:
        together.wait(timeout=20)
        Climber(ledger, rules(), duty.clock).make_round()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(take), pool.submit(step)]:
            done.result(timeout=30)
    assert order.row.status == "accepted"
    assert order.offered_to == login
    assert order.events in (
        ["opened", "assigned", "accepted"],
        ["opened", "assigned", "assigned", "accepted"],
    ), "whoever commits first: once somebody has the order no step follows"


def test_of_two_who_take_an_order_while_it_is_being_offered_one_holds_it(ledger: Ledger) -> None:
    duty = Duty(ledger)
    order = duty.elder_says("chest_pain")
    duty.clock.forward(minutes=5)
    together = Barrier(3)

    def take(login: str) -> str:
        together.wait(timeout=20)
        try:
            duty.worker(login).takes(order)
        except OrderTakenError:
            return "too late"
        return login

    def step() -> None:
        together.wait(timeout=20)
        Climber(ledger, rules(), duty.clock).make_round()

    with ThreadPoolExecutor(3) as pool:
        stepping = pool.submit(step)
        results = list(pool.map(take, ["li", "wu"]))
        stepping.result(timeout=30)
    assert results.count("too late") == 1
    assert order.offered_to in results
    assert order.events.count("accepted") == 1


def test_a_ladder_that_cannot_be_read_is_replaced_and_holds_up_no_other(ledger: Ledger) -> None:
    duty = Duty(ledger)
    first, second = duty.elder_says("chest_pain", name="甲"), duty.elder_says("gas", name="乙")
    with ledger.session() as session:
        session.get_one(WorkOrder, first.id).ladder = {"version": "from another world"}
    duty.clock.forward(minutes=5)
    duty.pulse()

    assert first.events == second.events == ["opened", "assigned", "assigned"]
