"""Work orders in the hands of workers: who may do what, and of two who press at once only one holds it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from support.casebook import (
    MORNING,
    Village,
    aftercare,
    end,
    history,
    notifications,
    orders,
    plan_visit,
    raise_flag,
    rules,
    settle_village,
)

from escalation import work_orders
from escalation.decide import decide
from escalation.opening import open_order
from escalation.reading import ScriptShelf, read_visit
from escalation.work_orders import (
    MissingWordsError,
    NotYourOrderError,
    OrderError,
    OrderNotFoundError,
    OrderTakenError,
    WrongStepError,
)
from records.audit import AuditEvent
from records.orders import WorkOrder
from records.people import Worker
from records.sessions import Ledger
from records.visits import Visit
from speech.types import Urgency

CARE = aftercare()
LATER = MORNING + timedelta(minutes=10)
STAFF = ("grid_worker:li", "grid_worker:wu", "social_worker:zhang", "^coordinator:zhao", "viewer:qian")


class Duty:
    """One emergency in a staffed village; steps are taken in transactions of their own."""

    def __init__(self, ledger: Ledger, *staff: str, mode: str = "telephone") -> None:
        self.ledger = ledger
        self.village: Village = settle_village(ledger, *(staff or STAFF))
        with ledger.session() as session:
            visit = plan_visit(session, self.village, mode=mode)
            if mode == "in_home":
                CARE.order_in_home(session, MORNING)
            else:
                CARE.flag_raised(session, visit, raise_flag(session, visit, "gas"), MORNING)
            self.visit_id = visit.id
            self.order_id = orders(session)[0].id

    def does(self, login: str, step: str, *words: str) -> str:
        """A worker takes a step; returns the order's new status."""
        with self.ledger.session() as session:
            worker = session.get_one(Worker, self.village.workers[login])
            take = getattr(work_orders, step)
            if step in ("decline", "reopen"):
                order = take(session, rules(), self.order_id, worker, *words, LATER)
            else:
                order = take(session, self.order_id, worker, *words, LATER)
            return str(order.status)

    @property
    def order(self) -> WorkOrder:
        with self.ledger.reading() as session:
            order = session.get_one(WorkOrder, self.order_id)
            _ = order.assignee
            return order

    @property
    def events(self) -> list[str]:
        with self.ledger.reading() as session:
            return history(session, session.get_one(WorkOrder, self.order_id))

    def told(self) -> list[str]:
        with self.ledger.reading() as session:
            return [each.recipient for each in notifications(session)]


def test_an_order_goes_its_whole_way(ledger: Ledger) -> None:
    duty = Duty(ledger)

    assert duty.does("li", "accept") == "accepted"
    assert duty.does("li", "on_the_way") == "on_the_way"
    assert duty.does("li", "on_site") == "on_site"
    assert duty.does("li", "close", "已关闭煤气阀门，老人无恙") == "closed"
    assert duty.order.result == "已关闭煤气阀门，老人无恙"
    assert duty.order.closed_at == LATER
    assert duty.events == ["opened", "assigned", "accepted", "on_the_way", "on_site", "closed"]
    with ledger.reading() as session:
        trail = session.query(AuditEvent).filter_by(subject_type="work_order", actor="li").all()
        assert [each.action for each in trail] == [
            "order_accepted", "order_on_the_way", "order_on_site", "order_closed",
        ]  # fmt: skip


def test_pressing_twice_does_nothing_the_second_time(ledger: Ledger) -> None:
    duty = Duty(ledger)
    for step in ("accept", "accept", "on_the_way", "on_the_way", "on_site", "on_site"):
        duty.does("li", step)
    duty.does("li", "close", "好了")

    assert duty.does("li", "close", "好了") == "closed"
    assert len(duty.events) == 6


def test_a_colleague_may_take_what_was_offered_to_another(ledger: Ledger) -> None:
    duty = Duty(ledger)
    assert duty.order.assignee is not None
    assert duty.order.assignee.login == "li"

    duty.does("wu", "accept")

    assert duty.order.assignee is not None
    assert duty.order.assignee.login == "wu"


def test_whoever_comes_second_is_told_who_has_it(ledger: Ledger) -> None:
    duty = Duty(ledger)
    duty.does("wu", "accept")

    with pytest.raises(OrderTakenError, match="with wu"):
        duty.does("li", "accept")
    with pytest.raises(NotYourOrderError):
        duty.does("li", "on_site")
    with pytest.raises(NotYourOrderError):
        duty.does("li", "decline", "没空")


def test_of_two_workers_who_press_at_the_same_moment_one_gets_it(ledger: Ledger) -> None:
    duty = Duty(ledger)
    together = Barrier(2)

    def press(login: str) -> str:
        together.wait(timeout=20)
        try:
            duty.does(login, "accept")
        except OrderTakenError:
            return "too late"
        return login

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(press, ["li", "wu"]))

    assert results.count("too late") == 1
    assert duty.order.assignee is not None
    assert duty.order.assignee.login in results
    assert duty.events.count("accepted") == 1


def test_declining_asks_the_next_on_duty_and_at_last_the_coordinator(ledger: Ledger) -> None:
    duty = Duty(ledger)

    duty.does("li", "decline", "在外地")
    assert duty.order.assignee is not None
    assert duty.order.assignee.login == "wu"
    duty.does("wu", "accept")
    duty.does("wu", "decline", "车坏了")
    assert duty.order.assignee is not None
    assert duty.order.assignee.login == "zhang"
    duty.does("zhang", "decline", "生病")

    assert duty.order.assignee_id is None
    assert duty.order.status == "open"
    assert duty.events[-1] == "unassigned"
    assert duty.told() == ["li", "zhao", "wu", "zhang", "zhao", "zhao"], "the third step tells zhao as well"


def test_words_are_asked_for_where_they_matter(ledger: Ledger) -> None:
    duty = Duty(ledger)
    with pytest.raises(MissingWordsError):
        duty.does("li", "decline", "  ")
    duty.does("li", "accept")
    with pytest.raises(MissingWordsError):
        duty.does("li", "close", "")
    duty.does("li", "close", "好了")
    with pytest.raises(MissingWordsError):
        duty.does("li", "reopen", "")


@pytest.mark.parametrize(
    ("login", "steps", "error"),
    [
        ("li", [("on_site",), ("accept",), ("on_site",), ("on_the_way",)], WrongStepError),
        ("li", [("close", "好了")], WrongStepError),
        ("li", [("reopen", "还没好")], WrongStepError),
        ("qian", [("accept",)], NotYourOrderError),
    ],
)
def test_steps_that_lead_nowhere_are_refused(
    ledger: Ledger, login: str, steps: list[tuple[str, ...]], error: type[OrderError]
) -> None:
    duty = Duty(ledger)
    before = duty.events
    *first, last = steps
    for step in first:
        if step[0] == "on_site" and duty.order.status == "open":
            with pytest.raises(WrongStepError, match="possible only from"):
                duty.does(login, *step)
        else:
            duty.does(login, *step)
    with pytest.raises(error):
        duty.does(login, *last)
    assert duty.events[: len(before)] == before


def test_an_order_that_is_not_there_is_said_so(ledger: Ledger) -> None:
    duty = Duty(ledger)
    duty.order_id = 999
    for step in ("accept", "on_site", "on_the_way"):
        with pytest.raises(OrderNotFoundError, match="999"):
            duty.does("li", step)
    with pytest.raises(OrderNotFoundError):
        duty.does("li", "close", "好了")


def test_a_coordinator_may_close_any_order(ledger: Ledger) -> None:
    duty = Duty(ledger)
    duty.does("li", "accept")

    assert duty.does("zhao", "close", "家属已到，老人平安") == "closed"
    with pytest.raises(NotYourOrderError):
        Duty.does(duty, "qian", "reopen", "看看")


def test_a_reopened_order_goes_back_to_whoever_knows_it(ledger: Ledger) -> None:
    duty = Duty(ledger)
    duty.does("wu", "accept")
    duty.does("wu", "close", "好了")
    before = len(duty.told())

    assert duty.does("zhao", "reopen", "煤气又漏了") == "open"
    assert duty.order.closed_at is None
    assert duty.order.assignee is not None
    assert duty.order.assignee.login == "wu"
    assert duty.told()[before:] == ["wu"]


def test_news_after_the_order_was_closed_opens_it_again(ledger: Ledger) -> None:
    duty = Duty(ledger)
    duty.does("li", "accept")
    duty.does("li", "close", "阀门已关")
    with ledger.session() as session:
        visit = session.get_one(Visit, duty.visit_id)
        CARE.flag_raised(session, visit, raise_flag(session, visit, "fall_now", at=LATER), LATER)

    assert duty.order.status == "open"
    assert duty.order.codes == ["fall_now", "gas"]
    assert duty.order.deadline == LATER + timedelta(minutes=30), "the clock starts anew"
    assert duty.events[-2:] == ["reopened", "assigned"], "and so does the ladder"


def test_the_end_of_a_visit_does_not_wake_an_order_that_was_seen_to(ledger: Ledger) -> None:
    duty = Duty(ledger)
    duty.does("li", "accept")
    duty.does("li", "close", "阀门已关")
    with ledger.session() as session:
        visit = session.get_one(Visit, duty.visit_id)
        end(visit, "escalated")
        CARE.visit_ended(session, visit, LATER)

    assert duty.order.status == "closed"


def test_closing_a_planned_visit_in_person_ends_that_visit(ledger: Ledger) -> None:
    duty = Duty(ledger, mode="in_home")
    duty.does("li", "accept")
    duty.does("li", "close", "老人身体好")
    with ledger.reading() as session:
        visit = session.get_one(Visit, duty.visit_id)
        assert (visit.status, visit.outcome, visit.ended_at) == ("ended", "completed", LATER)


def test_a_visit_in_person_that_found_nobody_says_so(ledger: Ledger) -> None:
    duty = Duty(ledger, mode="in_home")
    with ledger.session() as session:
        worker = session.get_one(Worker, duty.village.workers["zhao"])
        work_orders.close(session, duty.order_id, worker, "敲门没人", LATER, elder_seen=False)
        assert session.get_one(Visit, duty.visit_id).outcome == "unreachable"


def test_closing_an_emergency_leaves_the_telephone_visit_to_itself(ledger: Ledger) -> None:
    duty = Duty(ledger)
    duty.does("zhao", "close", "好了")
    with ledger.reading() as session:
        assert session.get_one(Visit, duty.visit_id).status == "planned"


def test_two_processes_that_decide_at_once_make_one_order(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    with ledger.session() as session:
        visit = plan_visit(session, village)
        raise_flag(session, visit, "fire")
    together = Barrier(2)

    def decide_and_open(_: int) -> str:
        together.wait(timeout=20)
        with ledger.session() as session:
            mine = session.get_one(Visit, visit.id)
            read = read_visit(session, mine, rules().policy, rules().weights, ScriptShelf())
            (decided,) = decide(read.facts, rules().policy, now=MORNING, timezone=read.timezone)
            return open_order(session, rules(), mine, decided, topics={}, now=MORNING).change

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(decide_and_open, range(2))) == ["opened", "unchanged"]
    with ledger.reading() as session:
        (order,) = orders(session)
        assert history(session, order) == ["opened", "assigned"]
        assert [each.recipient for each in notifications(session)] == ["li", "zhao"]


def test_work_is_shared_between_those_on_duty(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    asked: list[str] = []
    with ledger.session() as session:
        for number in range(4):
            visit = plan_visit(session, village, name=f"elder {number}")
            CARE.flag_raised(session, visit, raise_flag(session, visit, "no_food", Urgency.URGENT), MORNING)
        asked = [order.assignee.login for order in orders(session) if order.assignee is not None]

    assert asked == ["li", "wu", "li", "wu"]
