"""Talks with whoever is on the line because they rang us, or because we ring them back.

Finds out who it is and goes on with what waits for them. A visit is claimed as the dialer claims it, so
that nobody is talked with twice about the same; its attempt, its lease and its outcome are looked after by
the very same means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, cast

import structlog

from campaigns.arrivals import VISIT, Arrival, Person, Talked, note_elder
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
from ivr.lines import Call
from ivr.minutes import Partner
from ivr.reception import Who, WhoIsThere, visit_of
from ivr.report import CallObserver, CallOutcome, CallReport
from ivr.script import Script, load_script
from speech.types import Language

log = structlog.get_logger(__name__)

IDENTIFIED: tuple[Event, ...] = (Answered(), KeyPressed("1"))
"""What a dialogue is told when the elder has said already who they are."""

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


@dataclass(frozen=True, slots=True)
class Answering:
    """Holds the talks of one process; ``owner`` is unique to it and its start."""

    desk: Desk
    care: CallInCare
    converse: ConverseOn
    chat: ConverseWith
    owner: str
    language: Language
    """Of strangers."""
    halt: asyncio.Event
    """Ends visits early."""
    operator_of: OperatorOf | None = None
    """Puts a caller for whom no visit was waiting through to people; None: nobody does."""

    async def talk(self, call: Call, arrival: Arrival, of: CallOf, *, back: bool = False) -> Talked:
        """Find out who it is and talk with them; what came of it. ``back``: it is we who ring."""
        people = arrival.people
        who = await self._ask_who(call, people, back) if len(people) > 1 else Who(0 if people else None)
        before: tuple[Event, ...] = ()
        if who.cry is not None:
            # Whoever of the household it is: the one thing that matters is where to go.
            position, before = who.position or 0, (who.cry,)
        elif who.position is not None:
            position, before = who.position, IDENTIFIED if len(people) > 1 else ()
        elif people and not who.stranger:
            position = 0
        else:
            return await self._with_stranger(call, arrival)
        return await self._with_elder(call, arrival, of, people[position], before, back=back)

    async def _with_stranger(self, call: Call, arrival: Arrival) -> Talked:
        if arrival.people:
            await settled(self.desk.write(partial(note_elder, call_in_id=arrival.call_in_id, elder_id=None)))
        stranger = StrangerCall(self.desk, self.care, arrival.call_in_id, self.language)
        return Talked(await stranger.hold(self.chat, call, self._operator(arrival)))

    def _operator(self, arrival: Arrival) -> Operator | None:
        return None if self.operator_of is None else self.operator_of(arrival.call_in_id)

    async def _ask_who(self, call: Call, people: Sequence[Person], back: bool) -> Who:
        caller = self.desk.options.caller
        asking = WhoIsThere(
            [person.name for person in people],
            load_script("standard"),
            people[0].language,
            organisation=caller.organisation,
            callback_number=caller.callback_number,
            back=back,
        )
        await self.chat(Held(call), partner=asking, language=people[0].language)
        return asking.who

    async def _with_elder(
        self,
        call: Call,
        arrival: Arrival,
        of: CallOf,
        person: Person,
        before: Sequence[Event],
        *,
        back: bool,
    ) -> Talked:
        desk, now = self.desk, self.desk.clock.now()
        taking = partial(
            take_up,
            elder_id=person.elder_id,
            call=of,
            owner=self.owner,
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
            return await self._go_on(call, found, person, before, back=back)
        talk = ElderTalk(desk, self.care, arrival.call_in_id, person, back=back)
        converse = partial(self.converse, before=before, operator=self._operator(arrival))
        return await talk.hold(converse, call, meanwhile=found is Nothing.FREE)

    async def _go_on(
        self, call: Call, ready: Ready, person: Person, before: Sequence[Event], *, back: bool
    ) -> Talked:
        """Hold the visit that was waiting, as the dialer holds those that it rings for."""
        line = OnTheLine(self.desk.line.name, call)
        desk = replace(
            self.desk,
            line=line,
            converse=partial(self.converse, before=before),
            options=_going_on(self.desk.options, before),
        )
        ready = replace(ready, script=visit_of(ready.script, back=back))
        observer = LedgerObserver(desk, ready.lease, ready.attempt_id)
        report = await hold_call(desk, ready, observer, halt=self.halt, tell=lambda _state, _question: None)
        report = replace(report, flags=(*report.flags, *observer.unwritten_flags))
        await record(desk, ready, report, await keep_recording(desk, ready, report))
        known = report.state.get("elder_known") is True
        if known:
            now = desk.clock.now()
            heard = partial(
                self.care.elder_heard,
                elder_id=person.elder_id,
                heard_at=report.answered_at or now,
                now=now,
            )
            if (error := (await settled(desk.write(heard))).exception()) is not None:
                log.error("nobody was told that an elder was heard", problem=problem_of(error))
        spoke = known and report.outcome not in (None, CallOutcome.MACHINE, CallOutcome.SILENT)
        return Talked(VISIT, reached=spoke or bool(report.flags))


def _going_on(options: DialerOptions, before: Sequence[Event]) -> DialerOptions:
    """With conversations that go on after what was said before."""
    converse_in = options.converse_in
    if converse_in is None:
        return options

    def going_on(visit_id: int) -> Converse:
        return partial(cast("ConverseOn", converse_in(visit_id)), before=before)

    return replace(options, converse_in=going_on)
