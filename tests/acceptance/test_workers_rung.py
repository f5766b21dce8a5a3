"""Workers on duty are rung by the robot: 1 takes the order, 2 hands it on, anything else is no answer."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime

import pytest
from support.calls import Hears, senses
from support.casebook import chat_well, end, notifications, plan_visit
from support.casebook import say as say_turn
from support.duty_night import Duty, TheOrder
from support.powercuts import DyingLedger
from support.telephone import Person
from support.who_picks_up import hangs_up, presses, says_nothing, voicemail

from escalation.climber import Climber
from escalation.outbox import Outbox
from escalation.rules import Channel, Rules
from escalation.telephone import MOST_RINGS, PhoneNotifier
from ivr.clock import Clock
from ivr.lines.simulated import Ring, SimulatedLine
from ivr.virtual_time import run_virtual
from records.people import Worker
from records.sessions import Ledger, LedgerError

NUMBERS = {
    "li": "+8613853300011",
    "wu": "+8613853300012",
    "zhang": "+8613853300013",
    "zhao": "+8613853300014",
}
LAWS = Rules.load([Channel("phone", "none", "number", spoken=True), Channel("board", "none")])


class Night:
    """A staffed village whose workers are told by telephone only."""

    def __init__(self, ledger: Ledger, laws: Rules = LAWS) -> None:
        self.duty = Duty(ledger, laws=laws)
        self.people: dict[str, Person] = {}
        self.rung: list[str] = []
        self.heard: list[str] = []
        self.references: list[str] = []
        with ledger.session() as session:
            for login, number in NUMBERS.items():
                session.get_one(Worker, self.duty.village.workers[login]).number = number

    def delivers(self, ledger: Ledger | None = None) -> None:
        """The outbox of the telephone works once over."""
        books = ledger or self.duty.ledger

        def at(number: str) -> Person:
            login = next(login for login, each in NUMBERS.items() if each == number)
            self.rung.append(login)
            return self.people[login]

        async def work(clock: Clock) -> None:
            with ThreadPoolExecutor(1) as thread, ThreadPoolExecutor(2) as engines:
                notifier = PhoneNotifier(books, LAWS, self.duty.clock)
                ears = senses(Hears(*self.heard), energy=True, executor=engines)
                line = SimulatedLine(at, clock)
                notifier.connect(asyncio.get_running_loop(), line, ears)
                delivery = LAWS.policy.delivery.model_copy(update={"batch": 1})
                box = Outbox(books, {"phone": notifier}, delivery, self.duty.clock, only="phone")
                draining = thread.submit(box.drain)
                while not draining.done():  # noqa: ASYNC110 - the thread is real, the loop's time is not
                    await asyncio.sleep(0.05)
                draining.result()
                self.references += [entry.reference for entry in line.journal]

        run_virtual(work, self.duty.clock.now())

    def statuses(self) -> list[tuple[str, str]]:
        with self.duty.ledger.reading() as session:
            return [(row.recipient, row.status) for row in notifications(session) if row.channel == "phone"]


@pytest.fixture
def night(ledger: Ledger) -> Night:
    return Night(ledger)


def emergency(night: Night) -> TheOrder:
    return night.duty.elder_says("chest_pain")


def test_one_takes_the_order_as_if_by_the_panel(night: Night) -> None:
    night.people = {"li": Person(presses("1")), "zhao": Person(says_nothing)}
    order = emergency(night)
    night.delivers()
    assert order.row.status == "accepted"
    assert order.offered_to == "li"
    assert order.events.count("accepted") == 1
    assert ("li", "sent") in night.statuses()
    assert ("zhao", "lapsed") in night.statuses(), "the coordinator need not be rung any more"


def test_two_hands_it_on_at_once(night: Night) -> None:
    night.people = {
        "li": Person(presses("2")), "wu": Person(presses("1")), "zhao": Person(says_nothing),
    }  # fmt: skip
    order = emergency(night)
    night.delivers()
    assert order.offered_to == "wu", "the ladder waits for nothing"
    assert order.row.status == "accepted"


@pytest.mark.parametrize(
    "who",
    [
        Person(ring=Ring(answers_after_s=None)),
        Person(hangs_up),
        Person(says_nothing),
        Person(voicemail),
        Person(presses("5")),
    ],
    ids=["no answer", "hangs up", "says nothing", "voicemail", "another key"],
)
def test_anything_else_is_no_answer_and_is_tried_three_times(night: Night, who: Person) -> None:
    night.people = {"li": who, "zhao": who}
    night.heard = ["您好您呼叫的用户暂时无法接听请在提示音后留言"] * 9
    order = emergency(night)
    for _ in range(MOST_RINGS + 2):
        night.delivers()
        night.duty.clock.forward(seconds=61)
    assert order.row.status == "open"
    assert night.rung.count("li") == MOST_RINGS
    assert len(set(night.references)) == len(night.references), "every call has a name of its own"
    assert not any("li" in each for each in night.references), "no login leaves the house"
    assert ("li", "failed") in night.statuses(), "the auditor tells a person"


def test_whom_the_next_round_asks_is_rung_again_though_nobody_answered_before(night: Night) -> None:
    asleep = Person(ring=Ring(answers_after_s=None))
    night.people = dict.fromkeys(NUMBERS, asleep)
    order = emergency(night)
    for _ in range(3):  # a whole round: each has five minutes
        for _ in range(MOST_RINGS):
            night.delivers()
            night.duty.clock.forward(seconds=61)
        night.duty.clock.forward(seconds=300 - 61 * MOST_RINGS)
        Climber(night.duty.ledger, LAWS, night.duty.clock).make_round()
    assert order.offered_to == "li"
    night.people["li"] = Person(presses("1"))
    night.delivers()
    assert order.row.status == "accepted", "an emergency does not lie there because all were asleep once"
    assert night.rung.count("li") == MOST_RINGS + 1


def test_nobody_is_rung_once_somebody_has_the_order(night: Night) -> None:
    order = emergency(night)
    night.duty.worker("wu").takes(order)
    night.delivers()
    assert night.rung == []
    assert {status for _, status in night.statuses()} == {"lapsed"}


def test_whoever_presses_one_too_late_does_not_get_the_order(night: Night) -> None:
    order = emergency(night)

    class Slow(Person):
        def ring(self, number: str, moment: datetime) -> Ring:
            night.duty.worker("wu").takes(order)
            return super().ring(number, moment)

    night.people = {"li": Slow(presses("1"))}
    night.delivers()
    assert order.offered_to == "wu"
    assert order.events.count("accepted") == 1


def test_who_is_reached_by_nothing_else_is_rung_when_they_need_not_go_any_more(sqlite_ledger: Ledger) -> None:
    night = Night(sqlite_ledger, Rules.load([Channel("phone", "none", "number", spoken=True)]))
    asleep = Person(ring=Ring(answers_after_s=None))
    night.people = {"li": Person(presses("1")), "wu": Person(presses("1")), "zhao": asleep}
    order = emergency(night)
    night.duty.worker("li").takes(order).sets_out(order)
    night.duty.worker("zhao").gives_to_another(order)
    night.delivers()
    assert night.rung.count("li") == 1
    assert ("li", "sent") in night.statuses()
    assert (order.offered_to, order.row.status) == ("wu", "accepted"), "li's 1 takes nothing"


def test_no_telephone_rings_for_what_can_wait(night: Night) -> None:
    with night.duty.ledger.session() as session:
        visit = plan_visit(session, night.duty.village)
        talk = chat_well(session, visit, questions=("wellbeing",))
        say_turn(session, talk, "help_needed", "想有人送饭", "problem", urgency="need", codes=("need_meals",))
        end(visit, "completed")
        session.flush()
        night.duty.care.visit_ended(session, visit, night.duty.clock.now())
    with night.duty.ledger.reading() as session:
        assert {row.channel for row in notifications(session)} == {"board"}


@pytest.mark.parametrize("committed", [True, False], ids=["after the commit", "before the commit"])
@pytest.mark.parametrize("at", range(1, 6))
def test_dying_at_every_commit_loses_no_call_and_takes_no_order_twice(
    night: Night, at: int, committed: bool
) -> None:
    night.people = {"li": Person(presses("1")), "zhao": Person(says_nothing)}
    order = emergency(night)
    with suppress(LedgerError):
        night.delivers(DyingLedger(night.duty.ledger, at=at, committed=committed))
    night.duty.clock.forward(seconds=LAWS.policy.delivery.lease + 1)
    night.delivers()
    assert order.row.status == "accepted"
    assert order.offered_to == "li"
    assert order.events.count("accepted") == 1
    assert night.rung.count("li") <= 2
