"""From an elder's words to somebody at the door, in the words of the domain and in virtual time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.cry_story import CryVillage

from records.sessions import Ledger
from speech.types import Language


@pytest.fixture
def village(sqlite_ledger: Ledger) -> CryVillage:
    return CryVillage(sqlite_ledger)


def test_a_faint_cry_is_asked_back_and_goes_up_until_somebody_is_there(village: CryVillage) -> None:
    elder = village.elder("王桂兰").says("我摔倒了", faintly=True).expect_confirmation().presses("1")
    elder.hears("这就通知社区的人过来", "幺二零")
    duty = village.duty
    duty.worker("li").gets_alert_within("60 s").reads("紧急", "王桂兰").ignores()
    duty.clock.forward(minutes=5)
    wu = duty.worker("wu").gets_alert_within("60 s").takes(elder.order)
    duty.worker("zhang").gets_nothing_for("10 min")
    wu.sets_out(elder.order).arrives(elder.order)
    assert elder.order.row.deadline - elder.order.row.opened_at <= timedelta(minutes=30)
    wu.closes(elder.order, "扶起来了，没有伤")
    assert elder.order.row.status == "closed"


def test_a_clear_cry_is_not_asked_back(village: CryVillage) -> None:
    elder = village.elder("王桂兰").says("我摔倒了")
    elder.hears("这就通知社区的人过来")
    village.duty.worker("li").gets_alert_within("5 s")
    assert [order.id for order in village.orders] == [elder.order.id]


@pytest.mark.parametrize(
    ("language", "words", "hears"),
    [
        ("en", "I have fallen and I cannot get up", "I am calling for help right now"),
        ("es", "Me he caído y no me puedo levantar", "ahora mismo"),
    ],
)
def test_a_cry_in_another_language_goes_the_same_way(
    village: CryVillage, language: Language, words: str, hears: str
) -> None:
    elder = village.elder("王桂兰", language).says(words, faintly=True).expect_confirmation().presses("1")
    elder.hears(hears)
    village.duty.worker("li").gets_alert_within("60 s").reads("紧急", "王桂兰")


@pytest.mark.parametrize("reply", ["啊吧啊吧", "你说啥"])
def test_an_unclear_reply_takes_no_cry_back(village: CryVillage, reply: str) -> None:
    elder = village.elder("王桂兰").says("我摔倒了", faintly=True).expect_confirmation()
    for _ in range(4):
        if not village.orders:
            elder.says(reply)
    village.duty.worker("li").gets_alert_within("5 s").reads("紧急")


def test_who_hangs_up_while_being_asked_back_is_gone_to(village: CryVillage) -> None:
    village.elder("王桂兰").says("我摔倒了", faintly=True).expect_confirmation().hangs_up()
    village.duty.worker("li").gets_alert_within("5 s").reads("紧急")


def test_only_a_clear_no_takes_it_back_and_nobody_is_sent(village: CryVillage) -> None:
    village.elder("王桂兰").says("我摔倒了", faintly=True).expect_confirmation().presses("3")
    assert [order for order in village.orders if order.row.kind == "in_person_visit"] == []
    village.duty.worker("li").gets_nothing_for("5 min")


@pytest.mark.parametrize(
    ("words", "number"), [("胸口疼得厉害", "幺二零"), ("家里着火了", "幺幺九"), ("有煤气味", "幺幺九")]
)
def test_where_life_is_at_stake_they_hear_whom_to_call(village: CryVillage, words: str, number: str) -> None:
    village.elder("王桂兰").says(words).hears(number)
    village.duty.worker("li").gets_alert_within("5 s")
