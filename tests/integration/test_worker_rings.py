"""A worker's telephone is taken by one call at a time, on either database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session
from support.duty_night import Duty, TheOrder

from escalation.on_call_now import Busy, Nobody, Ring, next_to_ring
from records.orders import WorkOrder
from records.people import Worker
from records.rings import give_back_ring, hold_ring, ringing_about, take_ring
from records.sessions import Ledger

NUMBERS = {"li": "+8613853300011", "wu": "+8613853300012", "zhao": "+8613853300014"}


@pytest.fixture
def duty(ledger: Ledger) -> Duty:
    duty = Duty(ledger)
    with ledger.session() as session:
        for login, number in NUMBERS.items():
            session.get_one(Worker, duty.village.workers[login]).number = number
    return duty


def look(duty: Duty, order: TheOrder, *tried: str, holder: str = "transfer") -> Ring | Busy | Nobody:
    """Whom to ring next."""
    with duty.ledger.session() as session:
        row = session.get_one(WorkOrder, order.id)
        ids = {duty.village.workers[login] for login in tried}
        return next_to_ring(session, row, ids, holder=holder, now=duty.clock.now(), seconds=60)


def login_of(found: Ring | Busy | Nobody) -> str:
    assert isinstance(found, Ring), found
    return found.login


def test_one_call_at_a_time(duty: Duty) -> None:
    order, li, now = duty.elder_says("chest_pain"), duty.village.workers["li"], duty.clock.now()

    def take(session: Session, holder: str, after_s: float = 0.0) -> bool:
        at = now + timedelta(seconds=after_s)
        return take_ring(session, li, order.id, holder=holder, now=at, seconds=60)

    with duty.ledger.session() as session:
        assert take(session, "one")
        assert not take(session, "other")
        assert take(session, "one"), "after a crash a call takes up its own place again"
        assert ringing_about(session, li, now) == order.id
        hold_ring(session, li, now=now, seconds=300)
        assert not take(session, "other", after_s=299)
        assert take(session, "other", after_s=300), "and nobody's for ever"
        give_back_ring(session, li, holder="one")
        assert not take(session, "one"), "only a call's own place is given back"
        give_back_ring(session, li, holder="other")
        assert ringing_about(session, li, now) is None


def test_the_ladder_says_who_is_first_and_coordinators_are_last(duty: Duty) -> None:
    order = duty.elder_says("chest_pain")
    found = [login_of(look(duty, order)), login_of(look(duty, order, "li")), ""]
    found[2] = login_of(look(duty, order, "li", "wu"))
    assert found == ["li", "wu", "zhao"], "zhang has no telephone number"
    assert look(duty, order, *NUMBERS) == Nobody(taken=False)
    assert order.offered_to == "li", "the ladder is not moved"


def test_whoever_is_called_about_this_very_order_is_waited_for(duty: Duty) -> None:
    order, li, now = duty.elder_says("chest_pain"), duty.village.workers["li"], duty.clock.now()
    with duty.ledger.session() as session:
        take_ring(session, li, order.id, holder="outbox", now=now, seconds=60)
    assert look(duty, order) == Busy(about_this=True)


def test_whoever_is_called_about_another_is_passed_over_and_waited_for_at_the_end(duty: Duty) -> None:
    first, second = duty.elder_says("chest_pain"), duty.elder_says("fall_now", name="李秀英")
    assert login_of(look(duty, first)) == "li"
    assert login_of(look(duty, second, holder="transfer-2")) != "li"
    assert look(duty, second, "wu", "zhao", holder="transfer-3") == Busy(about_this=False)


def test_an_order_that_somebody_has_is_for_them_alone(duty: Duty) -> None:
    order = duty.elder_says("chest_pain")
    duty.worker("wu").takes(order)
    assert login_of(look(duty, order)) == "wu"
    assert look(duty, order, "wu") == Nobody(taken=True)
    duty.worker("wu").arrives(order)
    assert look(duty, order) == Nobody(taken=True)


def test_who_handed_it_on_is_not_rung_for_it(duty: Duty) -> None:
    order = duty.elder_says("chest_pain")
    duty.worker("li").takes(order).hands_back(order, "too far away")
    assert login_of(look(duty, order)) == "wu"
