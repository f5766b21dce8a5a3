"""An elder cries for help on a real SIP call, and is put through to whoever is on duty."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support.recorded import read_recording
from support.sip import need_pjsip, part_quickly
from support.sip_transfers import (
    CRIES,
    ELDER_WAITS_AND_SPEAKS,
    HEARD_OUT,
    TAKES_IT_AND_SPEAKS,
    QuickTones,
    phoned_by_sip,
    seconds_heard,
)
from support.transfers import ELDERS_VOICE, WORKERS_VOICE, Town

from escalation.switchboard import REFERRED
from escalation.worker_call import PUT_THROUGH
from ivr.lines.handing_over import HANDED_OVER
from ivr.transfer_texts import transfer_texts
from records.sessions import Ledger

pytestmark = pytest.mark.sip


@pytest.fixture
def town(sqlite_ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    need_pjsip()
    part_quickly(monkeypatch)
    return Town(sqlite_ledger, tmp_path, voice=QuickTones())


def test_the_worker_hears_the_order_presses_1_and_the_two_hear_each_other(town: Town) -> None:
    heard = asyncio.run(
        phoned_by_sip(
            town, {"elder-1": {"acts": ELDER_WAITS_AND_SPEAKS}, "li": {"acts": TAKES_IT_AND_SPEAKS}}
        )
    )
    elder, li = heard["elder-1"], heard["li"]
    assert not elder["unfinished"]
    assert not li["unfinished"]
    assert seconds_heard(li, 300.0) >= 1.0, "the robot told the worker what it is about"
    assert seconds_heard(elder, WORKERS_VOICE) >= 2.0
    assert seconds_heard(li, ELDERS_VOICE) >= 1.0
    assert town.holder() == "li"
    assert (PUT_THROUGH, "li") in town.events()
    assert transfer_texts().left.zh[0] in town.said, "the elder is not left in silence afterwards"
    attempt = town.community.visit().attempts[0]
    assert (attempt.line, attempt.put_through_to) == ("sip", "li")
    assert attempt.put_through_s > 2
    assert len(read_recording(town.folder / attempt.recording)), "both are on the recording"


def test_who_presses_2_and_who_is_busy_are_followed_by_the_next(town: Town) -> None:
    heard = asyncio.run(
        phoned_by_sip(
            town,
            {
                "elder-1": {"acts": ELDER_WAITS_AND_SPEAKS},
                "li": {"acts": [HEARD_OUT, ["press", "2"], ["wait", 60.0]]},
                "wu": {"refuses": 486},
                "zhao": {"acts": TAKES_IT_AND_SPEAKS},
            },
        )
    )
    assert set(heard) == {"elder-1", "li", "wu", "zhao"}
    assert town.holder() == "zhao"
    assert seconds_heard(heard["elder-1"], WORKERS_VOICE) >= 2.0
    kinds = [kind for kind, _ in town.events()]
    assert kinds.index("declined") < kinds.index("accepted")
    assert kinds.count("worker_rung_for_elder") == 3
    assert town.said.count(transfer_texts().announce.zh[0]) == 1, "it is said once, however many are rung"


def test_who_does_not_answer_is_followed_by_the_next(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("escalation.switchboard.RING_S", 4.0)
    heard = asyncio.run(
        phoned_by_sip(
            town,
            {
                "elder-1": {"acts": ELDER_WAITS_AND_SPEAKS},
                "li": {"answers_after_s": 60.0},
                "wu": {"acts": TAKES_IT_AND_SPEAKS},
            },
        )
    )
    assert heard["li"]["ended"].startswith("487"), "their telephone stops ringing"
    assert town.holder() == "wu"
    assert seconds_heard(heard["elder-1"], WORKERS_VOICE) >= 2.0
    assert seconds_heard(heard["wu"], ELDERS_VOICE) >= 1.0


def test_once_1_is_pressed_the_network_connects_them_and_the_order_is_the_workers(town: Town) -> None:
    elder = [*CRIES, ["hear", WORKERS_VOICE], ["say", ELDERS_VOICE, 5.0], ["hang_up"]]
    heard = asyncio.run(
        phoned_by_sip(town, {"elder-1": {"acts": elder}, "li": {"acts": TAKES_IT_AND_SPEAKS}}, by="attended")
    )
    assert heard["li"]["replaced"], "the worker's telephone talks with the elder's, not with us"
    assert not heard["li"]["unfinished"]
    assert seconds_heard(heard["elder-1"], WORKERS_VOICE) >= 2.0
    assert town.holder() == "li"
    attempt = town.community.visit().attempts[0]
    assert (attempt.put_through_to, attempt.put_through_s, attempt.cause) == ("li", 0.0, HANDED_OVER)
    assert town.community.visit().flags[0].code == "fall_now", "what it was about stays on record"


def test_a_blind_transfer_that_the_exchange_refuses_is_bridged(town: Town) -> None:
    heard = asyncio.run(
        phoned_by_sip(
            town,
            {"elder-1": {"acts": ELDER_WAITS_AND_SPEAKS, "refers": 603}, "li": {"acts": TAKES_IT_AND_SPEAKS}},
            by="blind",
        )
    )
    assert heard["elder-1"]["referred_to"], "it was asked first"
    assert town.holder() == "li"
    assert REFERRED not in dict(town.events())
    assert seconds_heard(heard["elder-1"], WORKERS_VOICE) >= 2.0
    assert seconds_heard(heard["li"], ELDERS_VOICE) >= 1.0


def test_a_blind_transfer_to_who_is_busy_goes_on_to_the_next_and_the_order_is_still_asked_for(
    town: Town,
) -> None:
    elder = [*CRIES, ["hear", WORKERS_VOICE], ["say", ELDERS_VOICE, 5.0], ["wait", 60.0]]
    wu = [["wait", 1.0], ["say", WORKERS_VOICE, 3.0], ["hear", ELDERS_VOICE], ["wait", 1.0], ["hang_up"]]
    heard = asyncio.run(
        phoned_by_sip(
            town, {"elder-1": {"acts": elder}, "li": {"refuses": 486}, "wu": {"acts": wu}}, by="blind"
        )
    )
    assert not heard["wu"]["unfinished"]
    assert town.holder() == "", "nobody has pressed a key: the ladder goes on asking"
    assert (REFERRED, "wu") in town.events()
    attempt = town.community.visit().attempts[0]
    assert (attempt.put_through_to, attempt.cause) == ("wu", HANDED_OVER)
