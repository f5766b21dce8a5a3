"""An elder calls, and all lines are taken: they are on record, and nobody forgets them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from support.callers import Town, presses, speaks
from support.campaigning import Talk, number, rings
from support.casebook import rules
from support.powercuts import DyingLedger, FalteringLedger
from support.telephone import Behaviour, Person, hang_up, quiet

from campaigns.arrivals import give_up, note_arrival
from campaigns.calling_back import CallOf
from campaigns.unheard import make_good, note_at_the_door, note_back, note_unheard
from escalation.call_ins import CallInAftercare
from escalation.oversights import find_oversights
from ivr.lines import Disposition
from ivr.lines.simulated import Ring
from records.audit import AuditEvent
from records.call_ins import CallIn
from records.people import Consent, Elder
from records.sealed_files import open_file
from records.sealing import keyring
from records.sessions import Ledger

STRANGER = "+8613853399999"
WELL = presses(then="1")
ENGAGED, TALKING = number(1), number(2)
"""Of two elders the second is on the line when the first one calls."""


@pytest.fixture
def town(sqlite_ledger: Ledger, tmp_path: Path) -> Town:
    return Town(sqlite_ledger, tmp_path / "recordings")


@pytest.fixture
def visited(town: Town) -> Town:
    """Two elders who were visited this month: nothing waits for either."""
    town.community.plans[ENGAGED] = rings(Talk())
    town.community.plans[TALKING] = rings(Talk())
    town.settle(2)
    town.community.run()
    assert [visit.outcome for visit in town.community.visits()] == ["completed"] * 2
    return town


def chats_for_a_while() -> Behaviour:
    yield from presses(*"11")()
    yield from quiet(20.0)
    yield from hang_up()


def calls_while_all_are_taken(
    town: Town, *, shows: str = ENGAGED, at_home: Person | None = None, for_minutes: float = 12.0
) -> Person:
    """One line only, and somebody has it already; ``at_home``: who answers when it is returned."""
    elder = at_home or Person(WELL)
    town.is_called(
        (TALKING, chats_for_a_while),
        (shows, WELL),
        most=1,
        rings_back={shows: elder},
        for_minutes=for_minutes,
    )
    return elder


def nobody_answers() -> Person:
    return Person(ring=Ring(answers_after_s=None, disposition_if_not=Disposition.NO_ANSWER))


def engaged_call(town: Town) -> tuple[str, str, int]:
    """Outcome of the call that was not taken, how it was made good, and how often we rang."""
    row = next(each for each in town.call_ins if each.taken_at is None)
    return row.outcome, row.followed_up, row.calls_back


class TestTheRecord:
    @pytest.mark.parametrize("shown", [STRANGER, ""])
    def test_says_who_called_and_when_whoever_it_was(self, town: Town, shown: str) -> None:
        town.settle(2)
        town.is_called((shown, WELL), most=0)
        (row,) = town.call_ins
        assert (row.number, row.elder_id, row.outcome, row.taken_at) == (shown, None, "busy", None)
        assert row.came_at <= row.ended_at  # type: ignore[operator]
        assert town.orders == [], "a stranger's number is rung back by nobody"

    def test_is_written_later_when_the_ledger_is_away(self, visited: Town) -> None:
        ledger = FalteringLedger(visited.ledger, fails=2)
        calls = visited.is_called((ENGAGED, WELL), most=0, ledger=ledger)
        (row,) = visited.call_ins
        assert (row.outcome, row.followed_up) == ("busy", "")
        assert calls.journal[0].cause == "busy"
        assert row.call_back_at is not None

    def test_of_a_call_whose_name_was_given_twice_is_one(self, visited: Town) -> None:
        now = visited.community.now
        call = CallOf("twilio", "CA1", ENGAGED)
        for later in range(3):
            with visited.ledger.session() as session:
                note_unheard(session, call, now + timedelta(seconds=later))
        (row,) = visited.call_ins
        assert row.came_at == now


class TestAnElder:
    def test_is_rung_back_a_minute_later_and_asked_what_it_was(self, visited: Town) -> None:
        elder = calls_while_all_are_taken(visited)
        assert len(elder.rung_at) == 1
        assert timedelta(seconds=55) < elder.rung_at[0] - visited.call_ins[0].came_at < timedelta(minutes=4)
        assert any("给您打回来" in sentence for sentence in visited.said)
        assert engaged_call(visited) == ("completed", "rung_back", 1)
        assert visited.orders == [], "they wanted nothing"

    def test_with_a_visit_waiting_has_it_now(self, town: Town) -> None:
        town.settle(2)
        calls_while_all_are_taken(town)
        first, _ = town.community.visits()
        assert (first.outcome, first.attempts_made) == ("completed", 0)
        assert engaged_call(town) == ("visit", "rung_back", 1)

    def test_who_cries_for_help_then_is_helped(self, visited: Town) -> None:
        elder = Person(speaks())
        visited.is_called(
            (ENGAGED, WELL),
            most=0,
            rings_back={ENGAGED: elder},
            for_minutes=12,
            heard=["我摔倒了起不来，快来救我"],
        )
        order = visited.orders[0]
        assert (order.kind, order.urgency) == ("in_person_visit", "emergency")
        assert engaged_call(visited)[1] == "rung_back"

    def test_who_does_not_answer_is_called_by_a_person(self, visited: Town) -> None:
        elder = calls_while_all_are_taken(visited, at_home=nobody_answers(), for_minutes=15)
        assert len(elder.rung_at) == 2
        assert engaged_call(visited) == ("busy", "handed_over", 2)
        (order,) = visited.orders
        assert (order.kind, order.reason, order.urgency) == ("phone_follow_up", "asked_for_person", "urgent")
        assert order.summary.startswith("老人打电话来，电话占线没接上")
        assert visited.messages, "somebody on duty was told"

    def test_who_calls_again_and_is_taken_is_not_rung(self, visited: Town) -> None:
        visited.is_called((ENGAGED, WELL), most=0)
        visited.community.wait(seconds=20)
        elder = Person(WELL)
        visited.is_called((ENGAGED, WELL), rings_back={ENGAGED: elder}, for_minutes=12)
        assert elder.rung_at == []
        assert engaged_call(visited) == ("busy", "called_again", 0)

    def test_who_does_not_want_to_be_phoned_is_called_by_a_person(self, visited: Town) -> None:
        with visited.ledger.session() as session:
            elder = session.scalars(select(Elder).order_by(Elder.id)).first()
            assert elder is not None
            at = visited.community.now
            elder.consents.append(
                Consent(kind="telephone_visit", granted=False, source="paper", recorded_at=at)
            )
        at_home = calls_while_all_are_taken(visited)
        assert at_home.rung_at == []
        assert engaged_call(visited) == ("busy", "handed_over", 0)
        assert [order.kind for order in visited.orders] == ["phone_follow_up"]

    def test_whom_nobody_can_ring_any_more_is_spoken_of_by_the_auditor(self, visited: Town) -> None:
        visited.is_called((ENGAGED, WELL), most=0)
        assert _raised(visited, minutes=25) == []
        assert _raised(visited, minutes=35) == [("elder_unheard", "urgent")]
        visited.community.wait(minutes=40)
        visited.is_called(for_minutes=1)  # the gateway is back, and it is too late to ring
        assert engaged_call(visited) == ("busy", "handed_over", 0)
        assert _raised(visited, minutes=60) == []

    def test_whom_a_webhook_let_in_and_nobody_took_is_rung_back(self, visited: Town) -> None:
        with visited.ledger.session() as session:
            note_at_the_door(session, CallOf("twilio", "CA2", ENGAGED), visited.community.now)
        elder = Person(WELL)
        visited.is_called(rings_back={ENGAGED: elder}, for_minutes=12)
        assert len(elder.rung_at) == 1
        assert engaged_call(visited) == ("completed", "rung_back", 1)

    @pytest.mark.parametrize("committed", [False, True])
    @pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
    def test_a_crash_at_any_moment_loses_nobody_and_rings_nobody_for_ever(
        self, visited: Town, at: int, *, committed: bool
    ) -> None:
        dying = DyingLedger(visited.ledger, at=at, committed=committed)
        visited.is_called((ENGAGED, WELL), most=0)
        elder = Person(WELL)
        visited.is_called(rings_back={ENGAGED: elder}, for_minutes=10, ledger=dying)
        visited.community.wait(minutes=5)
        visited.is_called(rings_back={ENGAGED: elder}, for_minutes=40)
        assert engaged_call(visited)[1] in ("rung_back", "handed_over")
        assert 1 <= len(elder.rung_at) <= 2
        assert all(row.call_back_at is None for row in visited.call_ins)

    def test_whose_number_is_answered_by_neither_of_the_two_is_called_by_a_person(self, town: Town) -> None:
        town.settle(2, phones=[ENGAGED])
        visitor = Person(presses("3", "3"))
        town.is_called((ENGAGED, WELL), most=0, rings_back={ENGAGED: visitor}, for_minutes=15)
        assert engaged_call(town) == ("silent", "handed_over", 1), "a stranger has answered: no second try"
        assert [order.reason for order in town.orders] == ["asked_for_person"]

    def test_whom_a_worker_has_called_meanwhile_is_left_in_peace(self, visited: Town) -> None:
        visited.is_called((ENGAGED, WELL), most=0)
        (row,), now = visited.call_ins, visited.community.now
        with visited.ledger.session() as session:
            due = make_good(session, CallInAftercare(rules()), now + timedelta(minutes=2))
            assert due is not None
        with visited.ledger.session() as session:
            session.get_one(CallIn, row.id).followed_up = "by_person"
        with visited.ledger.session() as session:
            session.get_one(CallIn, row.id).call_back_at = None
            note_back(session, row.id, None, now + timedelta(minutes=3))
        assert visited.call_ins[0].call_back_at is None

    def test_is_looked_after_on_either_database(self, ledger: Ledger, tmp_path: Path) -> None:
        town = Town(ledger, tmp_path / "recordings")
        town.settle()
        care, now = CallInAftercare(rules()), town.community.now
        for name in ("first", "first", "second"):
            with ledger.session() as session:
                note_unheard(session, CallOf("sip", name, ENGAGED), now)
        rung = []
        for minute in range(1, 40):
            at = now + timedelta(minutes=minute)
            with ledger.session() as session:
                if (due := make_good(session, care, at)) is not None:
                    rung.append(due.reference)
                    note_back(session, due.call_in_id, None, at)
        assert len(rung) == len(set(rung)) == 2, "who tries again and again is rung back for the last call"
        assert [each.followed_up for each in town.call_ins] == ["with_later", "handed_over"]
        assert len({order.elder_id for order in town.orders}) == 1


class TestStrangers:
    def test_are_on_a_list_until_somebody_has_called_them_back(self, visited: Town) -> None:
        visited.is_called((STRANGER, WELL), most=0)
        assert _raised(visited, minutes=35) == [("caller_unheard", "need")]
        with visited.ledger.session() as session:
            row = session.merge(visited.call_ins[0])
            row.followed_up, row.seen_by, row.seen_at = "by_person", "zhao", visited.community.now
        assert _raised(visited, minutes=36) == []

    def test_whose_call_is_lost_with_its_process_are_on_the_list_too(self, town: Town) -> None:
        town.settle()
        now = town.community.now
        with town.ledger.session() as session:
            call_in_id = note_arrival(session, CallOf("sip", "c1", STRANGER), now).call_in_id
        with town.ledger.session() as session:
            give_up(session, call_in_id, CallInAftercare(rules()), now + timedelta(minutes=31))
        assert [row.outcome for row in town.call_ins] == ["missed"]
        assert _raised(town, minutes=32) == [("caller_unheard", "need")]

    def test_who_call_again_and_are_taken_are_heard(self, visited: Town) -> None:
        visited.is_called((STRANGER, WELL), most=0)
        visited.is_called((STRANGER, quietly))
        assert _raised(visited, minutes=35) == []


class TestATalkWithoutAVisit:
    def test_is_kept_as_sound_and_in_the_trail(self, visited: Town) -> None:
        visited.is_called((ENGAGED, WELL))
        (row,) = visited.call_ins
        assert (row.outcome, row.taken_at) == ("completed", row.came_at)
        with open_file(keyring(), visited.recordings / row.recording) as sound:
            assert sound.read(4) == b"RIFF"
        assert [(each["question"], each["key"]) for each in row.said or ()][-1][1] == "1"
        assert any("是有什么事吗" in each["asked"] for each in row.said or ())

    def test_of_an_elder_who_does_not_want_it_is_not(self, visited: Town) -> None:
        with visited.ledger.session() as session:
            elder = session.scalars(select(Elder).order_by(Elder.id)).first()
            assert elder is not None
            at = visited.community.now
            elder.consents.append(Consent(kind="recording", granted=False, source="paper", recorded_at=at))
        visited.is_called((ENGAGED, WELL))
        (row,) = visited.call_ins
        assert (row.outcome, row.recording) == ("completed", "")

    def test_of_a_stranger_is_not(self, town: Town) -> None:
        town.settle()
        town.is_called((STRANGER, quietly))
        assert [row.recording for row in town.call_ins] == [""]


def test_whom_the_roster_has_lost_meanwhile_is_given_to_nobody_by_mistake(visited: Town) -> None:
    visited.is_called((ENGAGED, WELL), most=0)
    with visited.ledger.session() as session:
        row = session.merge(visited.call_ins[0])
        assert row.elder is not None
        row.elder.status = "moved"
    with visited.ledger.session() as session:
        later = visited.community.now + timedelta(minutes=5)
        assert make_good(session, CallInAftercare(rules()), later) is None
    assert engaged_call(visited)[1] == "handed_over", "somebody who lives there now may need help"
    with visited.ledger.reading() as session:
        made = session.scalars(select(AuditEvent).where(AuditEvent.action == "call_made_good")).one()
        assert made.detail["how"] == "handed_over"


def quietly() -> Behaviour:
    yield from quiet(1.0)


def _raised(town: Town, *, minutes: float) -> list[tuple[str, str]]:
    at = town.community.now + timedelta(minutes=minutes)
    with town.ledger.reading() as session:
        found = find_oversights(session, rules().policy.auditor, at)
    return [(each.kind, each.urgency) for each in found if each.kind.endswith("_unheard")]
