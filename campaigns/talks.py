"""Talks with those who ring us and for whom no visit is waiting: an elder who wants something, a stranger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.orm import Session

from campaigns.arrivals import Person, Talked, brief_of, sound_of
from campaigns.call_in_care import CallInCare, TalkResult
from campaigns.desk import Desk, problem_of, settled
from campaigns.outcomes import opt_out
from campaigns.unwritten import FlagsOfTalk, StrangerHeard, Thing
from campaigns.wrapping_up import PAUSES_S, store_recording
from ivr.bridge import Bridge, Operator, Seat, Side
from ivr.dialogue import begin
from ivr.kept import Kept, Manner
from ivr.lines import Call
from ivr.reception import StrangerTalk, talk_of
from ivr.report import CallOutcome, CallReport, FlagRaised, TurnTaken
from ivr.script import load_script
from records.call_ins import CallIn
from records.people import Elder
from speech.types import Language, Understanding, Urgency

if TYPE_CHECKING:
    from campaigns.answering import ConverseWith
    from campaigns.desk import Converse

log = structlog.get_logger(__name__)

WORTH_A_CALL = ("concern", "problem", "unclear", "unknown")
"""Answers to "what is it about?" after which a person calls back. What was not understood is never "well"."""
AGAIN_S = 5.0
"""Between tries to write down what somebody unknown has said, while they are on the line."""


class ElderTalk:
    """Asks an elder what they want; implements ``ivr.report.CallObserver``.

    What cannot wait is handed to a person while they are still on the line, the rest when it is over.
    """

    def __init__(
        self, desk: Desk, care: CallInCare, call_in_id: int, person: Person, *, back: bool = False
    ) -> None:
        """``back``: we ring them, since they have rung us."""
        self._desk = desk
        self._care = care
        self._call_in_id = call_in_id
        self._person = person
        self._back = back
        self._flags: dict[str, FlagRaised] = {}
        self._waits = False
        """Whether something was heard that the ledger does not have yet."""

    async def hold(self, converse: Converse, call: Call, *, meanwhile: bool) -> Talked:
        """Talk; what came of it. ``meanwhile``: we ring them just now."""
        desk = self._desk
        script = talk_of(load_script("standard"), meanwhile=meanwhile, back=self._back)
        elder_id, now = self._person.elder_id, desk.clock.now()
        brief = await desk.read(partial(brief_of, elder_id=elder_id, caller=desk.options.caller, now=now))
        state = begin(script, brief)
        report = await converse(call, state=state, script=script, observer=self)
        result = result_of(report)
        await surely(desk, self._telling(partial(self._end, result=result)))
        naming = partial(sound_of, elder_id=elder_id, call_in_id=self._call_in_id, now=now)
        sound = await settled(desk.read(naming))
        kept = "" if sound.exception() is not None else await store_recording(desk, sound.result(), report)
        outcome = report.outcome
        spoke = outcome not in (None, CallOutcome.MACHINE, CallOutcome.SILENT) and result.elder_known
        return Talked(
            outcome.value if outcome else "",
            result.words,
            kept,
            said=said_in(report),
            reached=spoke or bool(result.flags),
        )

    def _end(self, session: Session, call_in: CallIn, *, result: TalkResult, now: datetime) -> None:
        elder = session.get_one(Elder, self._person.elder_id)
        if result.do_not_call and elder.status != "opted_out":
            opt_out(session, elder, f"call in {call_in.id}", now, call_in=call_in.id)
        self._care.talk_ended(session, call_in, result, now)

    def turn_taken(self, turn: TurnTaken, state: Mapping[str, Any]) -> None:
        """The dialogue keeps what was said until the end; what waits for the ledger is tried again."""
        del turn, state
        if self._waits:
            self._try()

    def flag_raised(self, flag: FlagRaised) -> None:
        """Have it looked after at once; should that fail, at every turn, and when the talk is over."""
        self._flags[flag.code] = flag
        if not self._try():
            self._desk.keep(FlagsOfTalk(call_in_id=self._call_in_id, flags=tuple(self._flags.values())))

    def _try(self) -> bool:
        flags = tuple(self._flags.values())
        written = self._desk.write_now(self._telling(partial(self._care.flags_raised, flags=flags)))
        error = written.exception()
        if error is not None:
            log.error("a flag of a call that came in waits", problem=problem_of(error))
        self._waits = error is not None
        return error is None

    def _telling(self, tell: Callable[..., None]) -> Callable[[Session], None]:
        return telling(tell, self._call_in_id, self._desk)


class StrangerCall:
    """Talks with somebody unknown, and puts on record at once what must be."""

    def __init__(self, desk: Desk, care: CallInCare, call_in_id: int, language: Language) -> None:
        self._desk = desk
        self._care = care
        self._call_in_id = call_in_id
        self._language = language
        self._unwritten: list[Callable[[Session], None]] = []
        """In the order in which it was said: where they are follows what they cried."""

    async def hold(self, chat: ConverseWith, call: Call, operator: Operator | None = None) -> str:
        """Talk; what it came to. Whoever cries for help is put through by ``operator``."""
        trying = asyncio.create_task(self._try_again_and_again())
        try:
            return await self._hold(chat, call, operator)
        finally:
            trying.cancel()

    async def _hold(self, chat: ConverseWith, call: Call, operator: Operator | None) -> str:
        talk = self._talk()
        if operator is None:
            report = await chat(call, partner=talk, language=self._language)
        else:
            closing = talk.parting_words(help_is_coming=True).sentences
            manner = Manner(self._language, load_script("standard"), closing)
            kept = Kept(talk, manner, lambda: talk.crying and not self._unwritten, self._told_where)
            seat = Seat(Side.ELDER, Bridge(self._desk.clock, with_elder=False), operator)
            report = await chat(call, partner=kept, language=self._language, seat=seat)
        while self._unwritten:
            await surely(self._desk, work := self._unwritten[0])
            self._written(work)
        return report.outcome.value if report.outcome else ""

    def _talk(self) -> StrangerTalk:
        caller = self._desk.options.caller
        return StrangerTalk(
            self._language,
            organisation=caller.organisation,
            callback_number=caller.callback_number,
            medical=load_script("standard").numbers.medical,
            cried=self._cried,
            wants_person=self._wants_person,
            told_where=self._told_where,
        )

    def _cried(self, heard: Understanding | None) -> None:
        kept = StrangerHeard(call_in_id=self._call_in_id, what="cried", heard=heard)
        self._note(partial(self._care.stranger_cried, heard=heard), kept)

    def _wants_person(self, heard: Understanding | None) -> None:
        kept = StrangerHeard(call_in_id=self._call_in_id, what="wants_person", heard=heard)
        self._note(partial(self._care.stranger_wants_person, heard=heard), kept)

    def _told_where(self, words: str) -> None:
        kept = StrangerHeard(call_in_id=self._call_in_id, what="told", words=words)
        self._note(partial(self._care.stranger_told, words=words), kept)

    def _note(self, tell: Callable[..., None], kept: Thing) -> None:
        self._unwritten.append(telling(tell, self._call_in_id, self._desk))
        while self._unwritten:
            work = self._unwritten[0]
            if (error := self._desk.write_now(work).exception()) is not None:
                log.error("a stranger's words wait for the ledger", problem=problem_of(error))
                self._desk.keep(kept)
                return
            self._written(work)

    async def _try_again_and_again(self) -> None:
        """While they are still there: the sooner their cry is on record, the sooner somebody is rung."""
        while True:
            await self._desk.clock.sleep(AGAIN_S)
            if self._unwritten:
                work = self._unwritten[0]
                if (await settled(self._desk.write(work))).exception() is None:
                    self._written(work)

    def _written(self, work: Callable[[Session], None]) -> None:
        if self._unwritten and self._unwritten[0] is work:
            del self._unwritten[0]


def result_of(report: CallReport) -> TalkResult:
    """What a talk came to, by its report."""
    answers = report.state.get("answers") or []
    wanted = [answer for answer in answers if answer.get("answer") in WORTH_A_CALL]
    words = [str(answer.get("transcript") or "") for answer in wanted]
    outcome = report.outcome or CallOutcome.PARTIAL
    return TalkResult(
        outcome=outcome,
        elder_known=report.state.get("elder_known") is True,
        flags=report.flags,
        wants_person=bool(wanted)
        or report.state.get("human_requested") is True
        or outcome is CallOutcome.CALL_LATER,
        hung_up=bool(report.cause) and not report.ended_early,
        do_not_call=report.state.get("do_not_call") is True,
        words="；".join(each for each in words if each),
    )


def said_in(report: CallReport) -> tuple[dict[str, Any], ...]:
    """What was asked and answered in a talk, for whoever listens to it; seconds into the recording."""
    return tuple(
        {
            "question": turn.question,
            "asked": "".join(turn.prompt),
            "heard": turn.understanding.transcript if turn.understanding else "",
            "key": turn.key,
            "codes": list(turn.understanding.codes) if turn.understanding else [],
            "urgency": (turn.understanding.urgency if turn.understanding else Urgency.NONE).label,
            "started_s": round(turn.started_s, 2),
            "ended_s": round(turn.ended_s, 2),
        }
        for turn in report.turns
    )


def telling(tell: Callable[..., None], call_in_id: int, desk: Desk) -> Callable[[Session], None]:
    """The work of telling aftercare something about a call that came in."""

    def work(session: Session) -> None:
        tell(session, session.get_one(CallIn, call_in_id), now=desk.clock.now())

    return work


async def surely(desk: Desk, work: Callable[[Session], None]) -> None:
    """Write it down, with patience; what cannot be written for a minute is found as a lost call later."""
    for pause in (*PAUSES_S, 0.0):
        error = (await settled(desk.write(work))).exception()
        if error is None:
            return
        log.error("a call that came in waits for the ledger", problem=problem_of(error))
        await desk.clock.sleep(pause)
    raise RuntimeError("a call that came in could not be written down")
