"""A town that may be called: elders with visits, workers on duty, and a reception on a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from campaigns.desk import Desk, DialerOptions
from campaigns.dialer import new_owner
from campaigns.reception import OperatorOf, Reception
from escalation.aftercare import VisitAftercare
from escalation.call_ins import CallInAftercare
from escalation.switchboard import Switchboard
from ivr.call import Senses, converse, hold_conversation
from ivr.clock import Clock
from ivr.lines import Line
from ivr.lines.simulated import FarEnd, SimulatedLine
from ivr.report import Unobserved
from ivr.virtual_time import run_virtual
from records.call_ins import CallIn
from records.orders import Notification, WorkOrder
from records.people import Area, Worker
from records.sessions import Ledger
from speech.prompts import Prompt
from speech.types import Language
from support.calls import Hears, Tones, senses
from support.campaigning import CALLER, Community
from support.casebook import history, orders, rules
from support.telephone import Behaviour, Person, hum, press, quiet, say, tone, until_robot_is_silent

TELEPHONES = {"li": "+8613853300011", "zhao": "+8613853300014"}


class ShortTones(Tones):
    """A voice that says everything in a fifth of a second, and remembers what."""

    def get(self, sentence: str, *, language: Language, speed: float = 1.0, voice: str = "") -> Prompt:
        del speed, voice
        self.rendered.append(sentence)
        return Prompt(sentence, language, tone(0.2, 300), "tones")


def presses(*keys: str, then: str = "") -> Callable[[], Behaviour]:
    """Hears the robot out and presses a key, once for each question; ``then`` for all further ones."""

    def behaviour() -> Behaviour:
        for key in keys:
            yield from until_robot_is_silent(for_s=2.0)
            yield from press(key)
        while then:
            yield from until_robot_is_silent(for_s=2.0)
            yield from press(then)

    return behaviour


def speaks(times: int = 1, *, at_once: bool = False) -> Callable[[], Behaviour]:
    """Hears the robot out and says something, so many times; ``at_once``: the first time without waiting."""

    def behaviour() -> Behaviour:
        for number in range(times):
            if number or not at_once:
                yield from until_robot_is_silent(for_s=2.0)
            else:
                yield from quiet(0.2)
            yield from say(hum(1.2))
        yield from quiet(5.0)

    return behaviour


def reception_on(
    line: Line,
    ledger: Ledger,
    ears: Senses,
    clock: Clock,
    books: ThreadPoolExecutor,
    recordings: Path,
    *,
    most: int = 2,
    operator_of: OperatorOf | None = None,
) -> Reception:
    """A reception as the product puts it together."""
    talk = partial(hold_conversation, senses=ears, clock=clock)
    desk = Desk(
        ledger=ledger,
        clock=clock,
        aftercare=VisitAftercare(rules()),
        executor=books,
        line=line,
        converse=talk,
        recordings_dir=recordings,
        options=DialerOptions(caller=CALLER),
    )
    return Reception(
        desk,
        CallInAftercare(rules()),
        converse=talk,
        chat=partial(converse, senses=ears, clock=clock, observer=Unobserved()),
        owner=new_owner(),
        most=most,
        language="zh-CN",
        operator_of=operator_of,
    )


@dataclass
class Town:
    """Elders, visits and workers, and whoever calls in."""

    ledger: Ledger
    recordings: Path
    community: Community = field(init=False)
    said: list[str] = field(default_factory=list)
    """Everything the robot has said."""
    workers: dict[str, Person] = field(default_factory=dict)
    """Who has a telephone on duty, by login: elders who cry for help are put through to them."""

    def __post_init__(self) -> None:
        self.community = Community(self.ledger, self.recordings)
        self.community.aftercare = VisitAftercare(rules())  # type: ignore[assignment]  # orders are made here

    def settle(self, count: int = 1, **about: Any) -> None:
        """Elders move in, a campaign is opened for them, and somebody is on duty."""
        self.community.settle(count, **about)
        with self.ledger.session() as session:
            area = session.scalars(select(Area)).one()
            for login, name, role in (("li", "小李", "grid_worker"), ("zhao", "老赵", "coordinator")):
                number = TELEPHONES[login] if login in self.workers else ""
                session.add(Worker(login=login, name=name, role=role, area_id=area.id, number=number))

    def is_called(
        self,
        *callers: tuple[str, Callable[[], Behaviour]],
        heard: Sequence[str] = (),
        ledger: Ledger | None = None,
        most: int = 2,
        rings_back: dict[str, FarEnd] | None = None,
        for_minutes: float = 0.0,
    ) -> SimulatedLine:
        """Somebody calls in, or several at once; time passes until nobody is talked with any more.

        Then whoever was not taken is rung back ``for_minutes``; ``rings_back``: who answers there, by number.
        """

        async def work(clock: Clock) -> SimulatedLine:
            telephones = {TELEPHONES[login]: who for login, who in self.workers.items()} | (rings_back or {})
            line = SimulatedLine(lambda number: telephones[number], clock)
            with ThreadPoolExecutor(1) as books, ThreadPoolExecutor(2) as engines:
                voice = ShortTones()
                ears = senses(Hears(*heard), voice, energy=True, executor=engines)
                board = Switchboard(ledger or self.ledger, rules(), line, ears, clock, books)
                reception = reception_on(
                    line,
                    ledger or self.ledger,
                    ears,
                    clock,
                    books,
                    self.recordings,
                    most=most,
                    operator_of=board.for_call_in if self.workers else None,
                )
                line.take_calls(reception.take)
                for number, behaviour in callers:
                    line.call_in(number, Person(behaviour))
                await reception.idle()
                with suppress(Exception):
                    await reception.make_round()
                returning = asyncio.create_task(reception.ringing_back.run())
                await clock.sleep(60 * for_minutes)
                returning.cancel()
                await asyncio.wait({returning})
                await reception.stop()
                await board.close()
                self.said += voice.rendered
            self.community.now = clock.now()
            return line

        return run_virtual(work, self.community.now)

    @property
    def orders(self) -> list[WorkOrder]:
        """All orders, the most urgent first, with who holds them."""
        with self.ledger.reading() as session:
            found = orders(session)
            _ = [(order.assignee, order.elder.phones, order.elder.area) for order in found]
            return found

    def events(self, order: WorkOrder) -> list[str]:
        """What happened to an order."""
        with self.ledger.reading() as session:
            return history(session, session.get_one(WorkOrder, order.id))

    @property
    def messages(self) -> list[str]:
        """What was put into the outbox, in order."""
        with self.ledger.reading() as session:
            return [each.body for each in session.scalars(select(Notification).order_by(Notification.id))]

    @property
    def call_ins(self) -> list[CallIn]:
        """The record of who called."""
        with self.ledger.reading() as session:
            return list(session.scalars(select(CallIn).order_by(CallIn.id)))
