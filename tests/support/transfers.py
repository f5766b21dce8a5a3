"""Elders in need and people on duty on one simulated line, with everything real but ears, voice and wires."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
from sqlalchemy import select

from campaigns.desk import DialerOptions
from campaigns.dialer import Dialer, new_owner
from escalation import work_orders
from escalation.aftercare import VisitAftercare
from escalation.outbox import Drained, Outbox
from escalation.rules import Channel, Rules
from escalation.switchboard import Switchboard
from escalation.telephone import PhoneNotifier
from ivr.call import Senses, hold_conversation
from ivr.clock import LoopClock
from ivr.lines.simulated import SILENCE, CallEntry, FarEndFrame, Ring, SimulatedLine
from ivr.virtual_time import run_virtual
from records.orders import Notification, WorkOrder, WorkOrderEvent
from records.people import Area, Worker
from records.sessions import Ledger
from speech.types import FRAME_SAMPLES, SAMPLE_RATE, Pcm
from support.calls import Hears, Tones, senses
from support.campaigning import CALLER, Community, number
from support.telephone import Behaviour, Person, hum, is_loud, press, quiet, say, tone
from wenan.transfer import with_transfers

WORKERS = {"li": "+8613853300011", "wu": "+8613853300012", "zhao": "+8613853300014"}
ROLES = {"zhao": "coordinator"}
NOT_ANSWERED = Ring(answers_after_s=None)
ELDERS_VOICE, WORKERS_VOICE = 500.0, 700.0
"""Pitches by which the voices of a story are told apart, in hertz; the robot's is 300."""
CRY = "我摔倒了起不来了"
ALERT = Channel("board", "none")
PHONE = Channel("phone", "none", "number", spoken=True)


def pitch(frame: Pcm) -> float:
    """The loudest pitch of a frame to the nearest 50 Hz; 0 for silence."""
    if not is_loud(frame):
        return 0.0
    return float(np.argmax(np.abs(np.fft.rfft(frame.astype(np.float64))))) * SAMPLE_RATE / FRAME_SAMPLES


def seconds_of(frames: Iterable[Pcm], hertz: float) -> float:
    """How long somebody with this voice is heard."""
    return Counter(map(pitch, frames))[hertz] * FRAME_SAMPLES / SAMPLE_RATE


def until_heard(hertz: float) -> Behaviour:
    """Keep quiet until somebody with this voice is heard."""
    heard: Pcm = SILENCE
    while pitch(heard) != hertz:
        heard = yield FarEndFrame()


def cries_and(*then: Callable[[], Behaviour]) -> Callable[[], Behaviour]:
    """An elder who answers with a cry for help and then does as told."""

    def behaviour() -> Behaviour:
        yield from say(hum(1.2))
        for each in then:
            yield from each()

    return behaviour


def accepts_and(*then: Callable[[], Behaviour], key: str = "1") -> Callable[[], Behaviour]:
    """A worker who hears the robot out, presses a key, and then does as told."""

    def behaviour() -> Behaviour:
        silent = 0
        while silent < 100:
            heard = yield FarEndFrame()
            silent = 0 if is_loud(heard) else silent + 1
        yield from press(key)
        for each in then:
            yield from each()

    return behaviour


def speaks(hertz: float, seconds: float = 2.0) -> Callable[[], Behaviour]:
    return partial(say, tone(seconds, hertz))


def waits(seconds: float) -> Callable[[], Behaviour]:
    return partial(quiet, seconds)


def hears(hertz: float) -> Callable[[], Behaviour]:
    return partial(until_heard, hertz)


@dataclass
class Town:
    """One community with elders, people on duty and a switchboard."""

    ledger: Ledger
    folder: Path
    people: dict[str, Person] = field(default_factory=dict)
    """By login, or ``elder-1`` and so on; who is not named does not answer."""
    heard: tuple[str | Exception, ...] = (CRY,)
    """What is recognised, in turn."""
    transfer: bool = True
    elders: int = 1
    numbers: dict[str, str] = field(default_factory=lambda: dict(WORKERS))
    channels: tuple[Channel, ...] = (ALERT,)
    meanwhile: dict[float, Callable[[], None]] = field(default_factory=dict)
    """What happens so many seconds after the start."""
    journal: tuple[CallEntry, ...] = ()
    voice: Tones = field(default_factory=Tones)

    def __post_init__(self) -> None:
        self.community = Community(self.ledger, self.folder)
        self.community.settle(self.elders)
        self.rules = Rules.load(list(self.channels), language="zh-CN")
        with self.ledger.session() as session:
            area = session.scalars(select(Area)).one()
            for login, phone in self.numbers.items():
                role = ROLES.get(login, "grid_worker")
                session.add(Worker(login=login, name=login, role=role, area_id=area.id, number=phone))

    @property
    def said(self) -> list[str]:
        """The sentences that the robot fetched, in order, to whomever."""
        return self.voice.rendered

    def passes(self, minutes: float, *, ledger: Ledger | None = None) -> Town:
        """The product works for so long; ``ledger``: on this instead."""
        books = ledger or self.ledger

        async def work(clock: LoopClock) -> None:
            begun = clock.now()
            try:
                await self._work(clock, books, minutes * 60)
            finally:
                self.community.now += clock.now() - begun

        run_virtual(work, self.community.now)
        return self

    async def _work(self, clock: LoopClock, ledger: Ledger, seconds: float) -> None:
        with ThreadPoolExecutor(2) as engines, ThreadPoolExecutor(1) as books, ThreadPoolExecutor(2) as post:
            ears = senses(Hears(*self.heard), self.voice, energy=True, executor=engines)
            line = SimulatedLine(self._at, clock)
            switchboard = Switchboard(ledger, self.rules, line, ears, clock, books)
            dialer = self._dialer(clock, ledger, line, ears, switchboard)
            telephone = PhoneNotifier(ledger, self.rules, clock)
            telephone.connect(asyncio.get_running_loop(), line, ears, switchboard.bridges)
            running = asyncio.create_task(dialer.run())
            posting = asyncio.create_task(self._post(clock, ledger, telephone, post))
            passed = 0.0
            for moment, happens in (*sorted(self.meanwhile.items()), (seconds, lambda: None)):
                await clock.sleep(moment - passed)
                passed = moment
                happens()
            posting.cancel()
            telephone.disconnect()
            await dialer.stop(0.0)
            await asyncio.wait({running})
            await switchboard.close()
        self.journal += line.journal

    async def _post(
        self, clock: LoopClock, ledger: Ledger, telephone: PhoneNotifier, threads: ThreadPoolExecutor
    ) -> None:
        """The outbox of the telephone, where there is one; in threads that time does not wait for."""
        if PHONE not in self.channels:
            return
        delivery = self.rules.policy.delivery.model_copy(update={"batch": 1})
        boxes = [Outbox(ledger, {"phone": telephone}, delivery, clock, only="phone") for _ in range(2)]
        under_way: dict[Outbox, Future[Drained]] = {}
        while True:
            for box in boxes:
                if box not in under_way or under_way[box].done():
                    under_way[box] = threads.submit(box.drain)
            await clock.sleep(0.1)

    def _dialer(
        self, clock: LoopClock, ledger: Ledger, line: SimulatedLine, ears: Senses, switchboard: Switchboard
    ) -> Dialer:
        talk = partial(hold_conversation, senses=ears, clock=clock)
        options = DialerOptions(caller=CALLER, take_over=True)
        return Dialer(
            ledger,
            line,
            talk,
            clock,
            VisitAftercare(self.rules),
            owner=new_owner(),
            recordings_dir=self.folder,
            options=with_transfers(options, talk, switchboard if self.transfer else None),
        )

    def _at(self, phone: str) -> Person:
        who = {each: login for login, each in self.numbers.items()}
        who |= {number(index): f"elder-{index}" for index in range(1, self.elders + 1)}
        return self.people.get(who[phone], Person(ring=NOT_ANSWERED))

    def takes(self, login: str) -> None:
        """Somebody takes the order in the panel."""
        with self.ledger.session() as session:
            worker = session.scalars(select(Worker).where(Worker.login == login)).one()
            order = session.scalars(select(WorkOrder)).one()
            work_orders.accept(session, order.id, worker, order.opened_at)

    def order(self, elder: int = 1) -> WorkOrder:
        """The order to go to an elder, with whoever has it."""
        visit = self.community.visit(elder)
        with self.ledger.reading() as session:
            order = session.scalars(select(WorkOrder).where(WorkOrder.visit_id == visit.id)).one()
            _ = order.assignee
            return order

    def holder(self, elder: int = 1) -> str:
        """Who has the order; empty while nobody has taken it."""
        order = self.order(elder)
        return order.assignee.login if order.assignee is not None and order.status != "open" else ""

    def events(self, elder: int = 1) -> list[tuple[str, str]]:
        """What happened to the order, with notes."""
        order = self.order(elder)
        with self.ledger.reading() as session:
            rows = session.execute(
                select(WorkOrderEvent.kind, WorkOrderEvent.note)
                .where(WorkOrderEvent.order_id == order.id)
                .order_by(WorkOrderEvent.id)
            )
            return [(row.kind, row.note) for row in rows]

    def alerts(self) -> list[tuple[str, str, str, datetime]]:
        """Everything that stands in the outbox: key, to whom, what, when."""
        with self.ledger.reading() as session:
            rows = session.scalars(select(Notification).order_by(Notification.id))
            return [(row.dedupe_key, row.recipient, row.body, row.created_at) for row in rows]

    def calls_to(self, who: str) -> list[CallEntry]:
        """Their calls, in order."""
        numbers = self.numbers | {f"elder-{index}": number(index) for index in range(1, self.elders + 1)}
        return [entry for entry in self.journal if entry.number == numbers[who]]
