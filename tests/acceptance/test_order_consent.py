"""Nobody enters a home unasked, and nobody in danger waits for being asked."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from support.casebook import agree_to_visits
from support.duty_night import Duty, OneOnDuty, TheOrder

from escalation import work_orders
from escalation.consents import Reply, consent_state
from escalation.work_orders import ConsentError, NotYourOrderError
from records.orders import WorkOrder
from records.people import Consent, Worker
from records.sessions import Ledger
from records.visits import Visit
from speech.types import Urgency


def says(duty: Duty, order: TheOrder, reply: Reply, login: str = "li") -> None:
    with duty.ledger.session() as session:
        worker = session.get_one(Worker, duty.village.workers[login])
        work_orders.answer_consent(session, order.id, worker, reply, duty.clock.now())


def state(duty: Duty, order: TheOrder) -> str:
    with duty.ledger.reading() as session:
        return consent_state(session, session.get_one(WorkOrder, order.id))


def offered(ledger: Ledger, urgency: Urgency = Urgency.URGENT) -> tuple[Duty, TheOrder, OneOnDuty]:
    duty = Duty(ledger)
    code = "fall_recent" if urgency is Urgency.URGENT else "chest_pain"
    order = duty.elder_says(code, urgency)
    return duty, order, duty.worker("li").takes(order)


def test_an_emergency_does_not_wait_for_consent(ledger: Ledger) -> None:
    duty, order, li = offered(ledger, Urgency.EMERGENCY)
    assert state(duty, order) == "not_needed"
    li.sets_out(order).arrives(order)
    assert order.row.status == "on_site"


def test_without_consent_on_file_the_elder_or_the_family_is_asked_first(ledger: Ledger) -> None:
    duty, order, li = offered(ledger)
    assert state(duty, order) == "ask"
    with pytest.raises(ConsentError, match="ask the elder"):
        li.sets_out(order)
    with pytest.raises(ConsentError):
        li.arrives(order)
    assert order.row.status == "accepted"

    says(duty, order, "supporter_agrees")
    li.sets_out(order).arrives(order)
    with ledger.reading() as session:
        (consent,) = session.scalars(select(Consent))
        assert (consent.kind, consent.granted, consent.given_by) == ("in_home_visit", True, "supporter")
    assert "consent_given" in order.events


def test_whoever_cannot_be_asked_beforehand_is_asked_at_the_door(ledger: Ledger) -> None:
    duty, order, li = offered(ledger)
    says(duty, order, "at_door")
    assert state(duty, order) == "at_door"
    li.sets_out(order).arrives(order)

    says(duty, order, "elder_agrees")
    assert state(duty, order) == "given"


def test_a_refusal_is_respected_and_something_new_may_be_asked_about_again(ledger: Ledger) -> None:
    duty, order, li = offered(ledger)
    says(duty, order, "elder_refuses")
    with pytest.raises(ConsentError, match="refused"):
        li.sets_out(order)
    li.closes(order, "老人不愿意上门，约好明天再打电话")
    duty.clock.forward(hours=1)
    duty.worker("zhao").reopens(order, "女儿说老人改了主意")

    assert state(duty, order) == "ask"


def test_a_refused_visit_goes_ahead_when_it_becomes_an_emergency(ledger: Ledger) -> None:
    duty, order, li = offered(ledger)
    says(duty, order, "elder_refuses")
    with ledger.session() as session:
        session.get_one(WorkOrder, order.id).urgency = "emergency"
    li.sets_out(order)
    assert order.row.status == "on_the_way"


def test_consent_on_file_is_enough(ledger: Ledger) -> None:
    duty, order, li = offered(ledger)
    with ledger.session() as session:
        agree_to_visits(session, session.get_one(Visit, order.row.visit_id))
    li.sets_out(order)
    assert state(duty, order) == "given"


def test_only_whoever_has_the_order_notes_what_was_said(ledger: Ledger) -> None:
    duty, order, _ = offered(ledger)
    with pytest.raises(NotYourOrderError):
        says(duty, order, "elder_agrees", login="wu")
    says(duty, order, "elder_agrees", login="zhao")
    assert state(duty, order) == "given"
