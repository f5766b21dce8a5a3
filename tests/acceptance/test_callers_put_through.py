"""A cry for help in any call, whoever makes it: the order stands, and whoever is on duty is put through."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from support.callers import TELEPHONES, Town, presses
from support.campaigning import number
from support.telephone import Behaviour, Person, hang_up, hum, press, quiet, say, until_robot_is_silent
from support.transfers import (
    ELDERS_VOICE,
    NOT_ANSWERED,
    WORKERS_VOICE,
    accepts_and,
    hears,
    seconds_of,
    speaks,
    waits,
)

from escalation.worker_call import PUT_THROUGH
from ivr.transfer_texts import transfer_texts
from records.people import Worker
from records.sessions import Ledger

STRANGER = "+8613853399999"
TEXTS = transfer_texts()


@pytest.fixture
def town(sqlite_ledger: Ledger, tmp_path: Path) -> Town:
    return Town(sqlite_ledger, tmp_path / "recordings")


def takes_it() -> Person:
    return Person(accepts_and(waits(8), speaks(WORKERS_VOICE), hears(ELDERS_VOICE), waits(2), hang_up))


def caller(*then: Callable[[], Behaviour], keys: str = "") -> Callable[[], Behaviour]:
    """Presses their way to the question, cries, and waits for a voice that is not the robot's."""

    def behaviour() -> Behaviour:
        for key in keys:
            yield from until_robot_is_silent(for_s=2.0)
            yield from press(key)
        yield from until_robot_is_silent(for_s=2.0)
        yield from say(hum(1.2))
        for each in then or (hears(WORKERS_VOICE), speaks(ELDERS_VOICE, 3.0), lambda: quiet(600)):
            yield from each()

    return behaviour


def visited(town: Town) -> None:
    """The elder's visit of this month is over: nothing waits for them."""
    town.settle()
    town.is_called((number(1), presses(then="1")))
    assert town.community.visit().outcome == "completed"
    town.said.clear()


def test_an_elder_for_whom_no_visit_waits_is_put_through(town: Town) -> None:
    li = takes_it()
    town.workers = {"li": li}
    visited(town)

    town.is_called((number(1), caller(keys="1")), heard=["我摔倒了起不来了"])

    (order,) = town.orders
    assert (order.urgency, order.visit_id, order.status) == ("emergency", None, "accepted")
    assert order.assignee is not None
    assert order.assignee.login == "li"
    assert PUT_THROUGH in town.events(order)
    assert "老人正在电话上等着您。" in town.said
    assert town.said.index(TEXTS.announce.zh[0]) < town.said.index(TEXTS.connected.zh[0])
    assert seconds_of(li.heard, ELDERS_VOICE) > 2
    assert town.messages, "the alert is out as well"


def test_a_stranger_who_cries_is_put_through_too(town: Town) -> None:
    li = takes_it()
    town.workers = {"li": li}
    town.settle()

    town.is_called((STRANGER, caller()), heard=["救命啊"])

    (order,) = town.orders
    assert (order.urgency, order.status) == ("emergency", "accepted")
    assert PUT_THROUGH in town.events(order)
    assert "求助的人正在电话上等着您。" in town.said, "nobody knows whether it is an elder"
    assert seconds_of(li.heard, ELDERS_VOICE) > 2


def test_a_stranger_who_waits_in_vain_hears_that_somebody_comes(town: Town) -> None:
    town.workers = {"li": Person(ring=NOT_ANSWERED), "zhao": Person(ring=NOT_ANSWERED)}
    town.settle()

    town.is_called((STRANGER, caller(lambda: quiet(600))), heard=["救命啊"])

    (order,) = town.orders
    assert (order.urgency, order.status) == ("emergency", "open")
    assert TEXTS.announce.zh[0] in town.said
    assert TEXTS.nobody.zh[0] in town.said


def test_a_stranger_whose_house_burns_is_told_to_get_out_and_not_kept(town: Town) -> None:
    town.workers = {"li": takes_it()}
    town.settle()

    line = town.is_called((STRANGER, caller(lambda: quiet(60))), heard=["着火了救命"])

    assert [order.urgency for order in town.orders] == ["emergency"]
    assert any("赶快出门" in sentence for sentence in town.said)
    assert TELEPHONES["li"] not in [entry.number for entry in line.journal], "nobody is rung: they must go"


def test_where_nobody_has_a_telephone_nothing_is_promised(town: Town) -> None:
    town.workers = {"li": takes_it()}
    town.settle()
    with town.ledger.session() as session:
        for worker in session.scalars(select(Worker)):
            worker.number = ""

    town.is_called((STRANGER, caller(lambda: quiet(60))), heard=["救命啊"])

    assert [order.urgency for order in town.orders] == ["emergency"]
    assert not {*TEXTS.announce.zh, *TEXTS.wait.zh} & {*town.said}
