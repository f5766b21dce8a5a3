"""Takes the calls that come in: finds out who it is and goes on with what waits for them, whatever the hour.

Beside the dialer and on its line. A visit is claimed as the dialer claims it, so that nobody is talked with
twice about the same; its attempt, its lease and its outcome are looked after by the very same means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, cast

import structlog

from campaigns.arrivals import (
    GONE,
    LOST,
    VISIT,
    Arrival,
    Person,
    give_up,
    lost_call_ins,
    note_arrival,
    note_elder,
    note_end,
)
from campaigns.attempts import Ready
from campaigns.call_in_care import CallInCare
from campaigns.calling_back import CallOf, Nothing, take_up
from campaigns.connected import Held, OnTheLine
from campaigns.desk import Converse, Desk, DialerOptions, problem_of, settled
from campaigns.observing import LedgerObserver
from campaigns.talking import hold_call
from campaigns.talks import ElderTalk, StrangerCall
from campaigns.wrapping_up import keep_recording, record
from ivr.bridge import Operator, Seat
from ivr.dialogue import DialogueState
from ivr.dialogue.events import Answered, Event, KeyPressed
from ivr.lines import Call, CallNotConnectedError
from ivr.lines.incoming import Incoming
from ivr.minutes import Partner
from ivr.reception import Who, WhoIsThere, visit_of
from ivr.report import CallObserver, CallReport
from ivr.script import Script, load_script
from records.sessions import LedgerError
from speech.types import Language

log = structlog.get_logger(__name__)

IDENTIFIED: tuple[Event, ...] = (Answered(), KeyPressed("1"))
"""What a dialogue is told when the elder has said already who they are."""
LOOK_FOR_LOST_S = 300.0
LEAVE_S = 10.0
"""How long calls that are being ended may take to let go of the line."""


OperatorOf = Callable[[int], Operator]
"""By the id of a call that came in."""


class ConverseOn(Protocol):
    """``ivr.call.hold_conversation`` with its senses and clock."""

    def __call__(
        self,
        call: Call,
        /,
        *,
        state: DialogueState,
        script: Script,
        observer: CallObserver,
        before: Sequence[Event] = (),
        operator: Operator | None = None,
    ) -> Awaitable[CallReport]:
        """Talk until the call is over; ``before`` was said already, ``operator`` rings people on duty."""


class ConverseWith(Protocol):
    """``ivr.call.converse`` with its senses and clock, for short talks of which nothing is kept."""

    def __call__(
        self, call: Call, /, *, partner: Partner, language: Language, seat: Seat | None = None
    ) -> Awaitable[CallReport]:
        """Talk until the dialogue or the call is over; ``seat``: where they may be put through."""


class Reception:
    """Answers ``most`` callers at a time; whoever comes then hears that we are busy."""

    def __init__(
        self,
        desk: Desk,
        care: CallInCare,
        *,
        converse: ConverseOn,
        chat: ConverseWith,
        owner: str,
        most: int,
        language: Language,
        operator_of: OperatorOf | None = None,
    ) -> None:
        """``owner`` is unique to this process and start; ``language``: of strangers.

        ``operator_of``: puts a caller for whom no visit was waiting through to people; None: nobody does.
        """
        self._desk = desk
        self._care = care
        self._converse = converse
        self._chat = chat
        self._owner = owner
        self._most = most
        self._language = language
        self._operator_of = operator_of
        self._calls: set[asyncio.Task[None]] = set()
        self._refusals: set[asyncio.Task[None]] = set()
        self._halt = asyncio.Event()

    @property
    def has_room(self) -> bool:
        """Whether one more caller can be talked with."""
        return not self._halt.is_set() and len(self._calls) < self._most

    def take(self, incoming: Incoming) -> None:
        """Answer a call, or refuse it when there is no room."""
        room = self.has_room
        if not room:
            log.warning("a caller hears that we are busy", call=incoming.provider_call_id)
        task = asyncio.create_task(self._attend(incoming) if room else _refuse(incoming))
        (self._calls if room else self._refusals).add(task)
        task.add_done_callback(self._over)

    async def run(self) -> None:
        """Until cancelled: see after calls that got lost with their process."""
        while True:
            try:
                await self.make_round()
            except LedgerError as error:
                log.warning("lost calls wait for the ledger", problem=str(error))
            await self._desk.clock.sleep(LOOK_FOR_LOST_S)

    async def make_round(self) -> None:
        """Close what got lost; an elder's call is handed to a person. Raises LedgerError."""
        now = self._desk.clock.now()
        for call_in_id in await self._desk.read(partial(lost_call_ins, now=now)):
            await self._desk.write(partial(give_up, call_in_id=call_in_id, care=self._care, now=now))

    async def stop(self) -> None:
        """Take no more calls and end those under way; their visits go back."""
        self._halt.set()
        if self._calls:
            _, left = await asyncio.wait(self._calls, timeout=LEAVE_S)
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left)

    async def idle(self) -> None:
        """Wait until nobody is being talked with."""
        while self._calls:
            await asyncio.wait(self._calls)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        self._refusals.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a call that came in was not attended to", problem=problem_of(error))

    async def _attend(self, incoming: Incoming) -> None:
        desk = self._desk
        of = CallOf(desk.line.name, incoming.provider_call_id, incoming.number)
        noted = await settled(desk.write(partial(note_arrival, call=of, now=desk.clock.now())))
        if (error := noted.exception()) is not None:
            # Nothing that is said could be kept or passed on: better they hear that they must try again.
            log.error("a caller is refused, the ledger is out of reach", problem=problem_of(error))
            await incoming.refuse()
            return
        arrival, outcome, words = noted.result(), GONE, ""
        try:
            call = await incoming.answer()
            outcome = LOST
            try:
                outcome, words = await self._talk(call, arrival, of)
            finally:
                await call.hang_up()
        except CallNotConnectedError as gone:
            log.info("a caller is gone", call=incoming.provider_call_id, why=gone.cause)
        finally:
            ending = partial(
                note_end, call_in_id=arrival.call_in_id, outcome=outcome, words=words, now=desk.clock.now()
            )
            if outcome != LOST:
                await settled(desk.write(ending))

    async def _talk(self, call: Call, arrival: Arrival, of: CallOf) -> tuple[str, str]:
        """Find out who it is and talk with them; what it came to, and the message that was left."""
        people = arrival.people
        who = await self._ask_who(call, people) if len(people) > 1 else Who(0 if people else None)
        if who.cry is not None:
            # Whoever of the household it is: the one thing that matters is where to go.
            return await self._with_elder(call, arrival, of, people[who.position or 0], (who.cry,))
        if who.position is not None:
            before = IDENTIFIED if len(people) > 1 else ()
            return await self._with_elder(call, arrival, of, people[who.position], before)
        if people and not who.stranger:
            return await self._with_elder(call, arrival, of, people[0], ())
        if people:
            await settled(self._desk.write(partial(note_elder, call_in_id=arrival.call_in_id, elder_id=None)))
        stranger = StrangerCall(self._desk, self._care, arrival.call_in_id, self._language)
        return await stranger.hold(self._chat, call, self._operator(arrival)), ""

    def _operator(self, arrival: Arrival) -> Operator | None:
        return None if self._operator_of is None else self._operator_of(arrival.call_in_id)

    async def _ask_who(self, call: Call, people: Sequence[Person]) -> Who:
        caller = self._desk.options.caller
        asking = WhoIsThere(
            [person.name for person in people],
            load_script("standard"),
            people[0].language,
            organisation=caller.organisation,
            callback_number=caller.callback_number,
        )
        await self._chat(Held(call), partner=asking, language=people[0].language)
        return asking.who

    async def _with_elder(
        self, call: Call, arrival: Arrival, of: CallOf, person: Person, before: Sequence[Event]
    ) -> tuple[str, str]:
        desk, now = self._desk, self._desk.clock.now()
        taking = partial(
            take_up,
            elder_id=person.elder_id,
            call=of,
            owner=self._owner,
            caller=desk.options.caller,
            now=now,
        )
        taken = await settled(desk.write(taking))
        if (error := taken.exception()) is not None:
            log.error("a visit could not be taken up", problem=problem_of(error))
        found = Nothing.WAITING if error is not None else taken.result()
        attempt_id = found.attempt_id if isinstance(found, Ready) else None
        noting = partial(
            note_elder, call_in_id=arrival.call_in_id, elder_id=person.elder_id, attempt_id=attempt_id
        )
        await settled(desk.write(noting))
        if isinstance(found, Ready):
            await self._go_on(call, found, person, before)
            return VISIT, ""
        talk = ElderTalk(desk, self._care, arrival.call_in_id, person)
        meanwhile = found is Nothing.FREE
        converse = partial(self._converse, before=before, operator=self._operator(arrival))
        return await talk.hold(converse, call, meanwhile=meanwhile)

    async def _go_on(self, call: Call, ready: Ready, person: Person, before: Sequence[Event]) -> None:
        """Hold the visit that was waiting, as the dialer holds those that it rings for."""
        line = OnTheLine(self._desk.line.name, call)
        desk = replace(
            self._desk,
            line=line,
            converse=partial(self._converse, before=before),
            options=_going_on(self._desk.options, before),
        )
        ready = replace(ready, script=visit_of(ready.script))
        observer = LedgerObserver(desk, ready.lease, ready.attempt_id)
        report = await hold_call(desk, ready, observer, halt=self._halt, tell=lambda _state, _question: None)
        report = replace(report, flags=(*report.flags, *observer.unwritten_flags))
        await record(desk, ready, report, await keep_recording(desk, ready, report))
        if report.state.get("elder_known") is True:
            now = desk.clock.now()
            heard = partial(
                self._care.elder_heard,
                elder_id=person.elder_id,
                heard_at=report.answered_at or now,
                now=now,
            )
            if (error := (await settled(desk.write(heard))).exception()) is not None:
                log.error("nobody was told that an elder was heard", problem=problem_of(error))


def _going_on(options: DialerOptions, before: Sequence[Event]) -> DialerOptions:
    """With conversations that go on after what was said before."""
    converse_in = options.converse_in
    if converse_in is None:
        return options

    def going_on(visit_id: int) -> Converse:
        return partial(cast("ConverseOn", converse_in(visit_id)), before=before)

    return replace(options, converse_in=going_on)


async def _refuse(incoming: Incoming) -> None:
    await incoming.refuse()
