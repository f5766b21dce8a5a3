"""Whoever takes an order on one process's telephone while the elder waits on another's is told so."""

from __future__ import annotations

import pytest
from support.duty_night import Duty

from escalation.history import note_event
from escalation.waiting_elsewhere import LONGEST_SEARCH_S, WAITED, WAITS, number_of
from escalation.worker_call import decided
from records.orders import WorkOrder
from records.people import Phone
from records.sessions import Ledger


@pytest.mark.parametrize(
    ("events", "seconds", "words"),
    [
        ((), 0, "accepted"),
        ((WAITS,), 20, "elsewhere"),
        ((WAITS,), LONGEST_SEARCH_S, "accepted"),  # that process died: it is not believed for ever
        ((WAITS, WAITED), 20, "accepted"),
        ((WAITS, WAITED, WAITS), 20, "elsewhere"),
    ],
)
def test_a_key_is_answered_by_what_stands_in_the_history(
    sqlite_ledger: Ledger, events: tuple[str, ...], seconds: float, words: str
) -> None:
    duty = Duty(sqlite_ledger)
    taken = duty.elder_says("chest_pain")
    with sqlite_ledger.session() as session:
        order = session.get_one(WorkOrder, taken.id)
        for kind in events:
            note_event(session, order, kind, "", now=duty.clock.now())
    duty.clock.forward(seconds=seconds)
    with sqlite_ledger.session() as session:
        said = decided(session, duty.laws, taken.id, "li", "accept", bridge=None, now=duty.clock.now())
    assert said == words


def test_the_number_to_call_back_is_one_that_may_be_called(sqlite_ledger: Ledger) -> None:
    duty = Duty(sqlite_ledger)
    taken = duty.elder_says("chest_pain")
    with sqlite_ledger.session() as session:
        elder = session.get_one(WorkOrder, taken.id).elder
        for phone in elder.phones:
            phone.status = "wrong_number"
        elder.phones.append(Phone(position=9, number="+8653355182222", number_key="b", status="usable"))
    with sqlite_ledger.reading() as session:
        assert number_of(session.get_one(WorkOrder, taken.id)) == "+8653355182222"
