"""Rehearsing a campaign without telephones: a line, talks and aftercare that do as they are told.

For trying out windows and retry rules on a virtual clock, and for tests. Nothing is rung, heard or sent; the
ledger is written as in earnest.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ivr.clock import Clock
from ivr.dialogue import AnswerGiven, DialogueState
from ivr.lines import Call, CallNotConnectedError, Disposition, FarEndHungUp, LineEvent
from ivr.report import CallObserver, CallOutcome, CallReport, Confirmed, FlagRaised, TurnTaken
from ivr.script import Script
from records.audit import AuditEvent, audit
from records.visits import Flag, Visit
from speech.types import Pcm, Understanding, Urgency

ACTOR = "rehearsal"
TURN_SECONDS = 12.0
"""How long one exchange of a rehearsed talk takes."""


@dataclass(frozen=True, slots=True)
class Talk:
    """What an elder who answers does: for so many questions, then ends the call with an outcome."""

    outcome: CallOutcome = CallOutcome.COMPLETED
    questions: int | None = None
    """Questions that are answered before the end; None means all that are still open."""
    flags: Mapping[int, FlagRaised] = field(default_factory=dict)
    """Flags by the number of the question (counted within this call, from 0) that brings them up."""
    do_not_call: bool = False
    call_later_minutes: int | None = None
    human_requested: bool = False
    speed: float | None = None
    """The pace the elder asks for."""
    breaks_with: BaseException | None = None
    """Raised instead of a report, after the answered questions."""


Plan = Sequence[Disposition | Talk]
"""What a number does the first, second ... time it is rung; the last repeats."""


def flag(code: str, urgency: Urgency, confirmed: Confirmed = Confirmed.YES) -> FlagRaised:
    """A flag for a rehearsed talk; its question and turn are filled in when it is raised."""
    return FlagRaised(code, urgency, "", 0, confirmed, "")


@dataclass(slots=True)
class RehearsedCall:
    """A call on which nothing is heard; who rehearses asks it for its ``talk``."""

    provider_call_id: str
    talk: Talk
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> LineEvent:
        """The far end is never heard, and gone once the call is over."""
        await self.hung_up.wait()
        return FarEndHungUp()

    async def send(self, pcm: Pcm) -> None:
        """Nobody hears it."""

    async def hang_up(self) -> None:
        """End the call."""
        self.hung_up.set()


class RehearsalLine:
    """A ``Line`` on which every number does what its plan says, and all others what ``otherwise`` says."""

    name = "rehearsal"

    def __init__(
        self,
        clock: Clock,
        plans: Mapping[str, Plan],
        *,
        otherwise: Plan = (Talk(),),
        pickup_seconds: float = 8.0,
    ) -> None:
        self._clock = clock
        self._plans = plans
        self._otherwise = otherwise
        self._pickup_seconds = pickup_seconds
        self._rung: Counter[str] = Counter()
        self.dialled: list[tuple[str, str, datetime]] = []
        """Reference, number and moment of every attempt that reached the line."""

    async def dial(self, number: str, *, reference: str, ring_seconds: float = 60.0) -> Call:
        """Ring. Raises CallNotConnectedError as planned, and RuntimeError for a reference used before."""
        if any(reference == used for used, _, _ in self.dialled):
            raise RuntimeError(f"The reference {reference} is dialled a second time")
        self.dialled.append((reference, number, self._clock.now()))
        plan = self._plans.get(number, self._otherwise)
        does = plan[min(self._rung[number], len(plan) - 1)]
        self._rung[number] += 1
        if isinstance(does, Disposition):
            await self._clock.sleep(ring_seconds if does is Disposition.NO_ANSWER else 2.0)
            raise CallNotConnectedError(does, "rehearsed")
        await self._clock.sleep(self._pickup_seconds)
        return RehearsedCall(f"call-{reference}", does)


class Rehearsal:
    """A ``Converse`` that holds the talks of ``RehearsalLine``: one answer every ``TURN_SECONDS``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(
        self, call: Call, /, *, state: DialogueState, script: Script, observer: CallObserver
    ) -> CallReport:
        """Hold the talk. Raises TypeError for a call of another line, and what the talk says."""
        if not isinstance(call, RehearsedCall):
            raise TypeError(
                f"Only the calls of a RehearsalLine can be rehearsed, not a {type(call).__name__}"
            )
        held = _Held(self._clock, call.talk, state.model_copy(update=_wishes(call.talk)), script)
        await held.answer_questions(observer)
        if call.talk.breaks_with is not None:
            raise call.talk.breaks_with
        return held.report()


def _wishes(talk: Talk) -> dict[str, object]:
    return {
        "elder_known": talk.outcome not in {CallOutcome.WRONG_PERSON, CallOutcome.PROXY, CallOutcome.MACHINE},
        "do_not_call": talk.do_not_call,
        "call_later_minutes": talk.call_later_minutes,
        "human_requested": talk.human_requested,
        **({"speed": talk.speed} if talk.speed is not None else {}),
    }


class _Held:
    """One rehearsed talk under way."""

    def __init__(self, clock: Clock, talk: Talk, state: DialogueState, script: Script) -> None:
        self._clock = clock
        self._talk = talk
        self._state = state
        self._script = script
        self._turns: list[TurnTaken] = []
        self._flags: list[FlagRaised] = []
        self._answered_at = clock.now()

    async def answer_questions(self, observer: CallObserver) -> None:
        open_questions = self._state.agenda[self._state.position :]
        for number, question in enumerate(open_questions[: self._answers()]):
            await self._clock.sleep(TURN_SECONDS)
            raised = self._talk.flags.get(number)
            turn = self._turn(question, raised)
            if raised is not None:
                self._raise(raised, turn, observer)
            self._advance(question, turn, raised)
            observer.turn_taken(turn, self._state.model_dump(mode="json"))

    def report(self) -> CallReport:
        machine = self._talk.outcome is CallOutcome.MACHINE
        self._state = self._state.model_copy(update={"outcome": self._talk.outcome})
        return CallReport(
            disposition=Disposition.ANSWERED_MACHINE if machine else Disposition.ANSWERED_HUMAN,
            outcome=self._talk.outcome,
            state=self._state.model_dump(mode="json"),
            turns=tuple(self._turns),
            flags=tuple(self._flags),
            answered_at=self._answered_at,
            ended_at=self._clock.now(),
            duration_s=(self._clock.now() - self._answered_at).total_seconds(),
            call_later_minutes=self._talk.call_later_minutes,
            do_not_call=self._talk.do_not_call,
        )

    def _answers(self) -> int | None:
        if self._talk.questions is not None:
            return self._talk.questions
        return None if self._talk.outcome is CallOutcome.COMPLETED else 0

    def _turn(self, question: str, raised: FlagRaised | None) -> TurnTaken:
        index = self._state.turns
        begun = (self._clock.now() - self._answered_at).total_seconds() - TURN_SECONDS
        urgency = raised.urgency if raised else Urgency.NONE
        return TurnTaken(
            index=index,
            question=question,
            prompt=(f"({question})",),
            asked_at=self._clock.now(),
            started_s=begun,
            ended_s=begun + TURN_SECONDS,
            understanding=Understanding(
                question=self._script.question(question).hears,
                transcript="(rehearsed)",
                alternatives=(),
                answer="problem" if raised else "ok",
                urgency=urgency,
                codes=(raised.code,) if raised else (),
                confirm=False,
                confidence=1.0,
                engine=ACTOR,
            ),
            response_delay_s=1.0,
            speech_s=2.0,
        )

    def _raise(self, raised: FlagRaised, turn: TurnTaken, observer: CallObserver) -> None:
        standing = FlagRaised(
            raised.code, raised.urgency, turn.question, turn.index, raised.confirmed, "(rehearsed)"
        )
        self._flags.append(standing)
        observer.flag_raised(standing)

    def _advance(self, question: str, turn: TurnTaken, raised: FlagRaised | None) -> None:
        asked = self._script.question(question)
        given = AnswerGiven(
            question=question,
            hears=asked.hears,
            dimension=asked.dimension,
            column=asked.column,
            turn=turn.index,
            answer="problem" if raised else "ok",
            urgency=raised.urgency if raised else Urgency.NONE,
            codes=(raised.code,) if raised else (),
            confirmed={raised.code: raised.confirmed} if raised else {},
            transcript="(rehearsed)",
        )
        self._state = self._state.model_copy(
            update={
                "answers": (*self._state.answers, given),
                "position": self._state.position + 1,
                "turns": self._state.turns + 1,
                "flags": tuple(self._flags),
            }
        )


class NotedAftercare:
    """An ``Aftercare`` that notes in the audit trail what it was told of, each thing once."""

    def flag_raised(self, session: Session, visit: Visit, flag: Flag, now: datetime) -> None:
        """Note the flag."""
        self._note(session, visit, f"flag:{flag.code}:{flag.urgency}", now)

    def visit_ended(self, session: Session, visit: Visit, now: datetime) -> None:
        """Note the end."""
        self._note(session, visit, f"ended:{visit.outcome}", now)

    def noted(self, session: Session, visit_id: int) -> list[str]:
        """What was noted of a visit, in order."""
        notes = select(AuditEvent).filter_by(actor=ACTOR, subject_type="visit", subject_id=visit_id)
        return [event.action for event in session.scalars(notes.order_by(AuditEvent.id))]

    def _note(self, session: Session, visit: Visit, what: str, now: datetime) -> None:
        if what not in self.noted(session, visit.id):
            audit(session, at=now, actor=ACTOR, action=what, subject_type="visit", subject_id=visit.id)
