"""What was heard while the ledger was away outlives the process that heard it, and is written down once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.callers import Town
from support.campaigning import CALLER, number
from support.casebook import orders, rules
from support.powercuts import AwayLedger

from campaigns.arrivals import Person, note_arrival
from campaigns.calling_back import CallOf
from campaigns.claims import claim_due
from campaigns.desk import Desk, DialerOptions
from campaigns.engaged import Engaged
from campaigns.observing import LedgerObserver
from campaigns.talks import ElderTalk, StrangerCall
from campaigns.unwritten import CallerUnheard, Spool, WrittenLater
from escalation.aftercare import VisitAftercare
from escalation.call_ins import CallInAftercare
from ivr.clock import Clock
from ivr.dialogue.events import Answered, UtteranceHeard
from ivr.lines.simulated import SimulatedLine
from ivr.report import CallOutcome, CallReport, Confirmed, FlagRaised
from ivr.virtual_time import run_virtual
from records.call_ins import CallIn
from records.orders import WorkOrder
from records.sessions import Ledger
from records.visits import CallAttempt
from speech.lexicon import load_lexicon
from speech.types import Urgency
from speech.understanding import from_text, understand

STRANGER = "+8613853399999"
CRY = FlagRaised("fall_now", Urgency.EMERGENCY, "why_called", 0, Confirmed.YES, "我摔倒了")


async def _nobody_talks(*_call: Any, **_about: Any) -> CallReport:
    raise AssertionError


@dataclass
class Gateway:
    """Whoever has the line: processes that die, one after the other, with one data folder."""

    town: Town
    spool: Spool
    ledger: AwayLedger = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = AwayLedger(self.town.ledger)

    def lives(self, work: Callable[[Any, Clock], Awaitable[None]]) -> None:
        """A process does this, and is gone."""

        async def life(clock: Clock) -> None:
            with ThreadPoolExecutor(1) as books:
                desk = Desk(
                    ledger=self.ledger,
                    clock=clock,
                    aftercare=VisitAftercare(rules()),
                    executor=books,
                    line=SimulatedLine(lambda _number: pytest.fail("nobody is to be rung"), clock),
                    converse=_nobody_talks,
                    recordings_dir=self.town.recordings,
                    options=DialerOptions(caller=CALLER),
                    spool=self.spool,
                )
                await work(desk, clock)

        run_virtual(life, self.town.community.now)

    def starts_again(self) -> int:
        """The ledger is back, and another process looks at what was left; how much it wrote down."""
        self.ledger.away = False
        written: list[int] = []

        async def work(desk: Any, _clock: Clock) -> None:
            written.append(await WrittenLater(desk, CallInAftercare(rules()), self.spool).make_round())

        self.lives(work)
        return written[0]

    def is_on_the_line(self, who: str) -> int:
        """A call that was answered while the ledger was there."""
        with self.town.ledger.session() as session:
            call = CallOf("simulated", "call-1", who)
            return note_arrival(session, call, self.town.community.now).call_in_id

    @property
    def orders(self) -> list[tuple[str, str]]:
        with self.town.ledger.reading() as session:
            return [(order.kind, order.urgency) for order in orders(session)]


@pytest.fixture
def gateway(sqlite_ledger: Ledger, tmp_path: Path) -> Gateway:
    town = Town(sqlite_ledger, tmp_path / "recordings")
    town.settle(1)
    return Gateway(town, Spool(tmp_path / "unwritten"))


def says(words: str) -> UtteranceHeard:
    return UtteranceHeard(understand(from_text(words, "zh-CN"), "any", load_lexicon("zh-CN")))


class Ringing:
    """A telephone that is refused."""

    number = number(1)
    provider_call_id = ""

    async def answer(self) -> Any:
        raise AssertionError

    async def refuse(self) -> None:
        """They hear that we are busy."""


def test_whoever_heard_the_engaged_tone_is_known_to_the_next_process(gateway: Gateway) -> None:
    async def refuses(desk: Any, _clock: Clock) -> None:
        await Engaged(desk, "simulated").turn_away(Ringing())

    gateway.ledger.away = True
    gateway.lives(refuses)
    assert gateway.town.call_ins == []

    assert gateway.starts_again() == 1
    (row,) = gateway.town.call_ins
    assert (row.number, row.outcome) == (number(1), "busy")
    assert row.call_back_at is not None, "an elder is rung back"
    assert gateway.starts_again() == 0


def test_whoever_hears_the_engaged_tone_is_on_record_before_they_hear_it(gateway: Gateway) -> None:
    on_record: list[int] = []

    class Looks(Ringing):
        async def refuse(self) -> None:
            on_record.append(len(gateway.town.call_ins))

    async def refuses(desk: Any, _clock: Clock) -> None:
        await Engaged(desk, "simulated").turn_away(Looks())

    gateway.lives(refuses)
    assert on_record == [1]
    assert gateway.spool.waiting() == [], "nothing is kept that the ledger has"


def test_a_cry_in_a_visit_outlives_the_process_that_heard_it(gateway: Gateway) -> None:
    async def hears(desk: Any, clock: Clock) -> None:
        with gateway.town.ledger.session() as session:
            (lease,) = claim_due(session, 1, owner="one", now=clock.now(), limit=1)
            session.add(
                CallAttempt(visit_id=1, number=1, phone_id=1, reference="r1", fence=lease.fence,
                            intended_at=clock.now(), status="dialling")
            )  # fmt: skip
        gateway.ledger.away = True
        LedgerObserver(desk, lease, 1).flag_raised(CRY)

    gateway.lives(hears)
    assert gateway.orders == []

    gateway.starts_again()
    assert gateway.orders == [("in_person_visit", "emergency")]


def test_a_cry_in_a_talk_is_tried_again_at_every_turn(gateway: Gateway) -> None:
    call_in_id = gateway.is_on_the_line(number(1))

    async def hears(desk: Any, _clock: Clock) -> None:
        talk = ElderTalk(desk, CallInAftercare(rules()), call_in_id, Person(1, "王奶奶", "zh-CN"))
        gateway.ledger.away = True
        talk.flag_raised(CRY)
        assert gateway.orders == []
        gateway.ledger.away = False
        talk.turn_taken(None, {})  # type: ignore[arg-type]  # what was said is not looked at
        assert gateway.orders == [("in_person_visit", "emergency")], "while they are still on the line"

    gateway.lives(hears)
    gateway.starts_again()
    assert gateway.orders == [("in_person_visit", "emergency")], "what was kept besides doubles nothing"


@pytest.mark.parametrize("dies", [True, False])
def test_a_strangers_cry_and_where_they_are_are_written_in_that_order(gateway: Gateway, dies: bool) -> None:
    call_in_id = gateway.is_on_the_line(STRANGER)

    async def talks(desk: Any, clock: Clock) -> None:
        async def chat(_call: Any, *, partner: Any, language: str) -> CallReport:
            del language
            partner.tell(Answered())
            gateway.ledger.away = True
            partner.tell(says("救命啊，我摔倒了"))
            assert partner.crying
            if dies:
                partner.tell(says("解放路三号老张"))
                raise asyncio.CancelledError
            await clock.sleep(60.0)
            gateway.ledger.away = False
            await clock.sleep(10.0)
            assert gateway.orders == [("in_person_visit", "emergency")], "while they are still on the line"
            partner.tell(says("解放路三号老张"))
            return CallReport(None, CallOutcome.COMPLETED)  # type: ignore[arg-type]  # not looked at

        stranger = StrangerCall(desk, CallInAftercare(rules()), call_in_id, "zh-CN")
        if dies:
            with pytest.raises(asyncio.CancelledError):
                await stranger.hold(chat, None)  # type: ignore[arg-type]  # there is no sound in this story
        else:
            await stranger.hold(chat, None)  # type: ignore[arg-type]

    gateway.lives(talks)
    gateway.starts_again()
    assert gateway.orders == [("in_person_visit", "emergency")]
    with gateway.town.ledger.reading() as session:
        (order,) = session.query(WorkOrder)
        assert order.summary.count("解放路三号老张") == 1


def test_what_cannot_be_read_holds_up_nothing_and_stays(gateway: Gateway) -> None:
    now = gateway.town.community.now
    gateway.spool.folder.mkdir()
    (gateway.spool.folder / f"{0:020d}-torn.sealed").write_bytes(b"half a")
    for minute in range(2):
        came = now + timedelta(minutes=minute)
        gateway.spool.keep(
            CallerUnheard(line="simulated", provider_call_id=f"c{minute}", number=STRANGER, came_at=came),
            came,
        )
    assert gateway.starts_again() == 2
    assert len(gateway.spool.waiting()) == 1
    with gateway.town.ledger.reading() as session:
        assert session.query(CallIn).count() == 2


def test_nothing_on_the_disk_can_be_read_without_the_key(gateway: Gateway) -> None:
    now = gateway.town.community.now
    gateway.spool.keep(CallerUnheard(line="sip", provider_call_id="c", number=STRANGER, came_at=now), now)
    (file,) = gateway.spool.waiting()
    assert STRANGER.encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_where_the_disk_is_full_too_it_is_said(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "unwritten").write_text("a file where the folder should be")
    now = gateway.town.community.now
    thing = CallerUnheard(line="sip", provider_call_id="c", number=STRANGER, came_at=now)
    assert gateway.spool.keep(thing, now) is False
