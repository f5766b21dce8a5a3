"""Somebody has an order and it is not enough: it has become an emergency since, or they do not go."""

from __future__ import annotations

import pytest
from support.casebook import agree_to_visits, raise_flag
from support.duty_night import Duty, TheOrder

from escalation.call_ins import CallInAftercare
from escalation.leaving import leave
from escalation.work_orders import NotYourOrderError
from ivr.report import Confirmed, FlagRaised
from records.call_ins import CallIn
from records.people import Worker
from records.sessions import Ledger
from records.visits import Visit
from speech.types import Urgency


@pytest.fixture
def duty(sqlite_ledger: Ledger) -> Duty:
    return Duty(sqlite_ledger)


def says_more(duty: Duty, order: TheOrder, code: str = "breathless") -> None:
    """In the same call the elder says something graver."""
    now = duty.clock.now()
    with duty.ledger.session() as session:
        visit = session.get_one(Visit, order.row.visit_id)
        duty.care.flag_raised(session, visit, raise_flag(session, visit, code, at=now), now)


def test_who_took_something_milder_must_take_the_emergency_too_or_others_are_asked(duty: Duty) -> None:
    order = duty.elder_says("no_food", Urgency.URGENT)
    duty.worker("li").gets_alert_within("5 s").takes(order)

    says_more(duty, order)

    duty.worker("li").gets_alert_within("5 s").reads("紧急").ignores()
    duty.worker("zhao").gets_alert_within("5 s").reads("紧急")
    assert (order.row.status, order.offered_to) == ("open", "li")
    duty.worker("wu").gets_alert_within("5 min").reads("紧急")
    assert order.events == ["opened", "assigned", "accepted", "asked_anew", "raised", "assigned", "assigned"]


def test_who_took_it_and_takes_it_again_keeps_it(duty: Duty) -> None:
    order = duty.elder_says("no_food", Urgency.URGENT)
    duty.worker("li").gets_alert_within("5 s").takes(order)
    says_more(duty, order)
    duty.worker("li").gets_alert_within("5 s").takes(order).sets_out(order)
    duty.worker("wu").gets_nothing_for("6 min")


def test_who_has_set_out_is_told_and_nobody_else_is_asked(duty: Duty) -> None:
    order = duty.elder_says("no_food", Urgency.URGENT)
    with duty.ledger.session() as session:
        agree_to_visits(session, session.get_one(Visit, order.row.visit_id))
    duty.worker("li").gets_alert_within("5 s").takes(order).sets_out(order)

    says_more(duty, order)

    duty.worker("li").gets_alert_within("5 s").reads("紧急")
    assert order.row.status == "on_the_way"
    duty.worker("wu").gets_nothing_for("6 min")


def test_a_coordinator_has_somebody_else_asked_instead_of_who_does_not_go(duty: Duty) -> None:
    order = duty.elder_says("chest_pain")
    li = duty.worker("li").gets_alert_within("5 s").takes(order).sets_out(order)

    duty.worker("zhao").gives_to_another(order)

    duty.worker("wu").gets_alert_within("5 s").reads("紧急").takes(order)
    li.gets_alert_within("5 s").reads("您不用再去了")
    with pytest.raises(NotYourOrderError):
        li.arrives(order)
    assert order.offered_to == "wu"
    assert order.events[-3:] == ["taken_away", "assigned", "accepted"]


def test_whom_it_was_taken_from_is_not_asked_in_that_round_again(duty: Duty) -> None:
    order = duty.elder_says("chest_pain")
    duty.worker("li").gets_alert_within("5 s").takes(order)
    duty.worker("zhao").gives_to_another(order)
    duty.worker("li").gets_alert_within("5 s").reads("您不用再去了")
    duty.worker("wu").gets_alert_within("5 s").ignores()
    duty.worker("zhang").gets_alert_within("5 min").ignores()
    duty.worker("li").gets_nothing_for("4 min")


def test_an_elder_who_calls_again_is_for_whoever_goes_there_already(duty: Duty) -> None:
    order = duty.elder_says("chest_pain")
    li = duty.worker("li").gets_alert_within("5 s").takes(order).sets_out(order)
    now = duty.clock.now()
    with duty.ledger.session() as session:
        call = CallIn(
            line="sip", provider_call_id="1", elder_id=order.row.elder_id, came_at=now, taken_at=now
        )
        session.add(call)
        session.flush()
        cry = FlagRaised("help", Urgency.EMERGENCY, "why_called", 0, Confirmed.YES, "快来人")
        CallInAftercare(duty.laws).flags_raised(session, call, (cry,), now)

    li.gets_alert_within("5 s").reads("紧急").ignores()
    duty.worker("wu").gets_alert_within("5 min").reads("紧急")


def test_only_coordinators_take_an_order_from_somebody(duty: Duty) -> None:
    order = duty.elder_says("chest_pain")
    duty.worker("li").gets_alert_within("5 s").takes(order)
    with pytest.raises(NotYourOrderError):
        duty.worker("wu").gives_to_another(order)
    assert (order.row.status, order.offered_to) == ("accepted", "li")


def test_what_somebody_had_who_leaves_for_good_is_asked_of_others_at_once(duty: Duty) -> None:
    order = duty.elder_says("chest_pain")
    duty.worker("li").gets_alert_within("5 s").takes(order)
    with duty.ledger.session() as session:
        worker = session.get_one(Worker, duty.village.workers["li"])
        assert leave(session, duty.laws, worker, actor="command line", now=duty.clock.now()) == [order.id]

    duty.worker("wu").gets_alert_within("5 s").ignores()
    duty.worker("zhang").gets_alert_within("5 min").ignores()
    duty.worker("li").gets_nothing_for("6 min")
    assert "taken_away" in order.events
