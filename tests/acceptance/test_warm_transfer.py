"""In an emergency whoever is on duty is rung while the elder stays on the line, and put through to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select
from support.ledgers import Ledgers, opened
from support.powercuts import DyingLedger
from support.recorded import read_recording
from support.telephone import Behaviour, Person, hang_up, hum, press, quiet, say, tone, until_robot_is_silent
from support.transfers import (
    ALERT,
    CRY,
    ELDERS_VOICE,
    PHONE,
    WORKERS,
    WORKERS_VOICE,
    Town,
    accepts_and,
    cries_and,
    hears,
    seconds_of,
    speaks,
    waits,
)

from escalation.worker_call import PUT_THROUGH
from ivr.lines import Disposition
from ivr.lines.simulated import CallEntry, Ring
from ivr.transfer_texts import transfer_texts
from records.keyring import Keyring
from records.people import Consent
from records.rings import WorkerRing
from records.sessions import Ledger
from speech.types import SAMPLE_RATE

TEXTS = transfer_texts()
CALL_120 = "能打的话，您也打幺二零。"


def first(text: str) -> str:
    """The first sentence of a text."""
    return getattr(TEXTS, text).zh[0]


@pytest.fixture
def town(sqlite_ledger: Ledger, tmp_path: Path) -> Town:
    return Town(sqlite_ledger, tmp_path)


@pytest.fixture
def other_ledger(sqlite_ledgers: Ledgers, tmp_path: Path, keyring: Keyring) -> Iterator[Ledger]:
    folder = tmp_path / "other"
    folder.mkdir()
    with opened(sqlite_ledgers.migrated_url(folder), keyring) as fresh:
        yield fresh


def waiting_elder() -> Person:
    """Cries for help, waits, and answers whoever comes."""
    return Person(cries_and(hears(WORKERS_VOICE), speaks(ELDERS_VOICE, 3.0), waits(600)))


def who_takes_it(ring_s: float = 3.0, *, talks_s: float = 4.0) -> Person:
    """Presses 1, speaks once the elder is there, hears their answer and puts the receiver down."""
    talk = accepts_and(waits(12), speaks(WORKERS_VOICE), hears(ELDERS_VOICE), waits(talks_s), hang_up)
    return Person(talk, ring=Ring(answers_after_s=ring_s))


def overlap(calls: list[CallEntry]) -> bool:
    """Whether a telephone had two calls at once."""
    assert all(call.ended_at is not None for call in calls)
    return any(one.ended_at > other.dialled_at for one, other in pairwise(calls) if one.ended_at)


def test_the_first_takes_it_and_both_hear_each_other(town: Town) -> None:
    elder, li = waiting_elder(), who_takes_it()
    town.people = {"elder-1": elder, "li": li}
    town.passes(2)
    assert town.said.index(first("announce")) < town.said.index(first("connected"))
    assert seconds_of(elder.heard, WORKERS_VOICE) == pytest.approx(2.0, abs=0.1)
    assert seconds_of(li.heard, ELDERS_VOICE) == pytest.approx(3.0, abs=0.1)
    assert town.holder() == "li"
    assert [kind for kind, _ in town.events()].count("accepted") == 1
    assert (PUT_THROUGH, "li") in town.events()
    assert town.calls_to("wu") == town.calls_to("zhao") == []


def test_the_report_says_to_whom_when_and_how_long(town: Town) -> None:
    town.people = {"elder-1": waiting_elder(), "li": who_takes_it(talks_s=10.0)}
    town.passes(2)
    attempt = town.community.visit().attempts[0]
    assert attempt.put_through_to == "li"
    assert attempt.put_through_at is not None
    assert attempt.answered_at is not None
    assert attempt.answered_at < attempt.put_through_at
    assert 15 < attempt.put_through_s < 30
    spoken = [answer for answer in town.community.visit().flags if answer.code == "fall_now"]
    assert spoken, "what it was about stays on record"


def test_nothing_about_health_is_said_to_whoever_picks_up(town: Town) -> None:
    town.people = {"elder-1": waiting_elder(), "li": who_takes_it()}
    town.passes(2)
    told = next(sentence for sentence in town.said if "王桂" in sentence and "紧急" in sentence)
    assert "摔" not in told
    assert "起不来" not in told


def test_when_the_worker_puts_the_receiver_down_the_elder_is_not_left_in_silence(town: Town) -> None:
    elder = waiting_elder()
    town.people = {"elder-1": elder, "li": who_takes_it()}
    town.passes(2)
    after = town.said[town.said.index(first("left")) :]
    assert any("多保重" in sentence for sentence in after), "and the call ends kindly"
    assert elder.rung_at
    assert town.calls_to("elder-1")[0].cause == "hung up here"


def test_when_the_elder_puts_the_receiver_down_the_worker_hears_that_the_order_is_theirs(town: Town) -> None:
    elder = Person(cries_and(hears(WORKERS_VOICE), hang_up))
    li = Person(accepts_and(waits(12), speaks(WORKERS_VOICE), waits(60)))
    town.people = {"elder-1": elder, "li": li}
    town.passes(2)
    assert "那边挂了。这一单是您的，请尽快去。再见。" in town.said
    assert town.holder() == "li"
    assert town.calls_to("li")[0].cause == "hung up here", "the bridge ends on both sides"


def test_the_first_does_not_answer_and_the_second_takes_it(town: Town) -> None:
    elder = waiting_elder()
    town.people = {"elder-1": elder, "wu": who_takes_it()}
    town.passes(3)
    assert len(town.calls_to("li")) == 1
    assert town.holder() == "wu"
    assert seconds_of(elder.heard, WORKERS_VOICE) > 1
    assert town.said.count(first("announce")) == 1, "it is said once, however many are rung"


def test_two_hands_it_on_and_the_next_is_rung_at_once(town: Town) -> None:
    town.people = {
        "elder-1": waiting_elder(),
        "li": Person(accepts_and(waits(30), key="2")),
        "wu": who_takes_it(),
    }
    town.passes(3)
    assert town.holder() == "wu"
    li, wu = town.calls_to("li")[0], town.calls_to("wu")[0]
    assert li.ended_at is not None
    assert wu.dialled_at - li.ended_at < timedelta(seconds=2)
    kinds = [kind for kind, _ in town.events()]
    assert kinds.index("declined") < kinds.index("accepted")


def test_an_answering_machine_is_nobody(town: Town) -> None:
    def voicemail() -> Behaviour:
        yield from say(hum(6.0))
        yield from say(tone(0.8, 1000.0))
        yield from quiet(60.0)

    town.heard = (CRY, "您好您呼叫的用户暂时无法接听请在提示音后留言")
    town.people = {"elder-1": waiting_elder(), "li": Person(voicemail), "wu": who_takes_it()}
    town.passes(4)
    assert town.holder() == "wu"


def test_nobody_answers_and_the_elder_hears_that_somebody_comes_and_whom_to_call(town: Town) -> None:
    town.people = {"elder-1": Person(cries_and(waits(600)))}
    town.passes(4)
    assert [len(town.calls_to(who)) for who in ("li", "wu", "zhao")] == [1, 1, 1]
    assert first("wait") in town.said, "not left in silence"
    assert "要是撑不住了，您就挂了，先打幺二零。" in town.said
    assert first("nobody") in town.said
    assert CALL_120 in town.said
    assert town.order().status == "open"
    assert town.community.visit().attempts[0].put_through_to == ""


def test_the_alert_is_the_same_with_and_without(
    sqlite_ledger: Ledger, tmp_path: Path, other_ledger: Ledger
) -> None:
    """What a failed transfer leaves of the alert: every message, word for word, at the same moment."""
    with_it = Town(sqlite_ledger, tmp_path / "with", people={"elder-1": Person(cries_and(waits(600)))})
    without = Town(
        other_ledger, tmp_path / "without", people={"elder-1": Person(cries_and(waits(600)))}, transfer=False
    )
    during = [town.passes(2).alerts() for town in (with_it, without)]
    assert during[0]
    assert during[0] == during[1]
    assert all(each.dialled_at for each in with_it.calls_to("li"))
    assert without.calls_to("li") == []
    assert first("announce") not in without.said


def test_the_alert_stands_before_anybody_is_rung(town: Town) -> None:
    town.people = {"elder-1": waiting_elder(), "li": who_takes_it()}
    town.passes(2)
    asked = next(at for key, to, _, at in town.alerts() if to == "li" and key.startswith("step"))
    assert asked <= town.calls_to("li")[0].dialled_at


def test_the_elder_hangs_up_while_it_rings_and_the_order_stays(town: Town) -> None:
    town.people = {
        "elder-1": Person(cries_and(waits(6), hang_up)),
        "li": Person(accepts_and(waits(30)), ring=Ring(answers_after_s=20.0)),
    }
    town.passes(2)
    assert "刚才有人在电话里求助，这会儿电话已经挂了。" in town.said
    assert town.holder() == "li"
    assert PUT_THROUGH not in dict(town.events())
    assert town.calls_to("wu") == [], "nobody further is rung for an elder who does not wait"


def test_in_the_middle_of_a_talk_and_on_the_recording(town: Town) -> None:
    def talk() -> Behaviour:
        yield from say(hum(0.6))
        for _ in range(2):
            yield from until_robot_is_silent(for_s=1.2)
            yield from press("1")
        yield from until_robot_is_silent(for_s=1.2)
        yield from say(hum(1.2))
        yield from hears(WORKERS_VOICE)()
        yield from say(tone(3.0, ELDERS_VOICE))
        yield from quiet(600)

    town.heard = ("喂", CRY)
    town.people = {"elder-1": Person(talk), "li": who_takes_it()}
    town.passes(3)
    attempt = town.community.visit().attempts[0]
    assert attempt.put_through_to == "li"
    assert {"identity", "someone_there"} & {turn.question for turn in attempt.turns}
    recorded = read_recording(town.folder / attempt.recording)
    frames = recorded[: len(recorded) // 160 * 160].reshape(-1, 160)
    assert seconds_of(list(frames), WORKERS_VOICE) > 1, "the worker is on it"
    assert abs(len(recorded) / SAMPLE_RATE - attempt.duration_s) < 1


def test_who_does_not_want_to_be_recorded_is_not(town: Town) -> None:
    with town.ledger.session() as session:
        elder_id = town.community.visit().elder_id
        consent = Consent(
            elder_id=elder_id, kind="recording", granted=False, source="form", recorded_at=town.community.now
        )
        session.add(consent)
    town.people = {"elder-1": waiting_elder(), "li": who_takes_it()}
    town.passes(2)
    attempt = town.community.visit().attempts[0]
    assert attempt.put_through_to == "li"
    assert attempt.recording == ""
    assert list(town.folder.rglob("*.wav")) == []


def test_who_should_get_out_is_not_kept_on_the_telephone(town: Town) -> None:
    town.heard = ("着火了",)
    town.people = {"elder-1": Person(cries_and(waits(600))), "li": who_takes_it()}
    town.passes(2)
    assert town.calls_to("li") == []
    assert first("announce") not in town.said
    assert town.order().status == "open", "the alert goes out as ever"


def test_who_says_later_that_there_is_a_fire_is_let_go(town: Town) -> None:
    town.heard = (CRY, "着火了")
    town.people = {
        "elder-1": Person(cries_and(waits(22), speaks(220.0, 1.5), waits(600))),
        "li": Person(accepts_and(waits(30)), ring=Ring(answers_after_s=24.0)),
    }
    town.passes(2)
    assert {flag.code for flag in town.community.visit().flags} == {"fall_now", "fire"}
    assert first("connected") not in town.said
    assert town.holder() == "li", "whoever was being rung is told all the same"


def test_nothing_is_promised_where_nobody_can_be_rung(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    town = Town(sqlite_ledger, tmp_path, numbers=dict.fromkeys(WORKERS, ""))
    town.people = {"elder-1": Person(cries_and(waits(600)))}
    town.passes(2)
    assert not {first("announce"), first("wait"), first("nobody")} & set(town.said)
    assert len(town.journal) == 1


def test_nothing_is_promised_where_the_line_is_full(town: Town) -> None:
    full = Ring(answers_after_s=None, disposition_if_not=Disposition.FAILED, decides_after_s=0.2)
    town.people = {"elder-1": Person(cries_and(waits(600)))}
    town.people |= {login: Person(ring=full) for login in WORKERS}
    town.passes(2)
    assert len(town.calls_to("li")) == 1, "it was tried"
    assert not {first("announce"), first("wait")} & set(town.said)


def test_who_takes_it_by_another_telephone_than_ours_is_rung_once_more(town: Town) -> None:
    town.people = {"elder-1": Person(cries_and(waits(600)))}
    town.meanwhile = {45.0: lambda: town.takes("li")}
    town.passes(3)
    assert len(town.calls_to("li")) == 2, "they did not hear it ring, and have the order now"
    assert len(town.calls_to("wu")) == 1


def test_two_at_once_and_one_on_duty(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    town = Town(sqlite_ledger, tmp_path, elders=2, heard=(CRY, CRY), numbers={"li": WORKERS["li"]})
    town.people = {"elder-1": waiting_elder(), "elder-2": waiting_elder(), "li": who_takes_it()}
    town.passes(4)
    calls = town.calls_to("li")
    assert len(calls) == 2
    assert not overlap(calls), "one telephone, one call"
    assert {town.holder(1), town.holder(2)} == {"li"}
    for elder in (1, 2):
        assert town.community.visit(elder).attempts[0].put_through_to == "li"


def test_somebody_takes_it_in_the_panel_and_is_rung_for_the_elder(town: Town) -> None:
    town.people = {"elder-1": waiting_elder(), "wu": who_takes_it()}
    town.meanwhile = {15.0: lambda: town.takes("wu")}
    town.passes(3)
    assert town.holder() == "wu"
    assert town.community.visit().attempts[0].put_through_to == "wu"
    assert [kind for kind, _ in town.events()].count("accepted") == 1


def test_ears_that_fail_do_not_part_the_two(town: Town) -> None:
    town.heard = (CRY, RuntimeError("out of memory"))
    elder = Person(
        cries_and(waits(20), speaks(220.0, 1.5), hears(WORKERS_VOICE), speaks(ELDERS_VOICE), waits(600))
    )
    town.people = {"elder-1": elder, "li": who_takes_it(24.0)}
    town.passes(3)
    assert town.community.visit().attempts[0].put_through_to == "li"
    assert seconds_of(elder.heard, WORKERS_VOICE) > 1


def test_nobody_is_rung_by_two_calls_at_once(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    town = Town(sqlite_ledger, tmp_path, channels=(ALERT, PHONE))
    elder = waiting_elder()
    town.people = {"elder-1": elder, "li": who_takes_it()}
    town.passes(3)
    assert town.holder() == "li"
    assert not overlap(town.calls_to("li"))
    assert not overlap(town.calls_to("zhao"))
    assert seconds_of(elder.heard, WORKERS_VOICE) > 1, "put through, whichever of the two calls it was"


def test_the_power_is_cut_while_they_speak(town: Town) -> None:
    dying = DyingLedger(town.ledger, at=10**6, committed=True)

    def power_cut() -> None:
        dying.dead = True

    town.people = {"elder-1": waiting_elder(), "li": who_takes_it(talks_s=120.0)}
    town.meanwhile = {40.0: power_cut}
    town.passes(0.75, ledger=dying)
    assert town.holder() == "li", "the order is kept"
    alerts = town.alerts()
    assert alerts
    town.meanwhile, town.people = {}, {}
    town.passes(10)
    assert town.holder() == "li"
    assert town.alerts()[: len(alerts)] == alerts
    attempt = town.community.visit().attempts[0]
    assert attempt.status == "ended", "whoever comes next puts the call in order"
    with town.ledger.reading() as session:
        held = session.scalars(select(WorkerRing)).all()
    assert all(ring.until < town.community.now for ring in held), "li can be rung again"
