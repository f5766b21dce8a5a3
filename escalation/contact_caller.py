"""Rings the people around elders whom nobody reached, on the event loop that owns the telephone line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial

import structlog
from sqlalchemy.orm import Session

from escalation.beside import LedgerBeside
from escalation.contacts import ContactJob, claim, lost_calls
from escalation.rules import Rules
from escalation.spoken import contact_errand, spoken
from escalation.word_came import note_answer
from ivr.bridge import Bridge, Operator, Seat, Side
from ivr.call import Senses, converse
from ivr.clock import Clock
from ivr.kept import Kept, Manner
from ivr.lines import CallNotConnectedError, Line
from ivr.minutes import Partner
from ivr.report import CallOutcome, Unobserved
from ivr.script import load_script
from records.sessions import Ledger, LedgerError
from speech.types import Language, spoken_language

log = structlog.get_logger(__name__)

RING_S = 45.0
LONGEST_CALL_S = 180.0
POLL_S = 5.0
PAUSES_S = (1.0, 5.0, 15.0, 60.0, 60.0, 60.0, 60.0, 60.0, 60.0)
"""Between tries to write down what a contact has said; longer together the call counts as lost anyway."""
OUTCOMES = {CallOutcome.MACHINE: "machine", CallOutcome.SILENT: "silent"}
"""How a call ended in which nobody gave an answer; otherwise there was no clear word."""


class ContactCaller:
    """Makes one call after another. Any number of them may work on the same ledger."""

    def __init__(
        self,
        ledger: Ledger,
        rules: Rules,
        line: Line,
        senses: Senses,
        clock: Clock,
        executor: Executor,
        *,
        organisation: str,
        operator_of: Callable[[int], Operator] | None = None,
    ) -> None:
        """``executor``: where the ledger is written, beside the event loop.

        ``operator_of``: by an order's id, puts whoever asks for help through to people; None: nobody does.
        """
        self._books = LedgerBeside(ledger, executor)
        self._rules = rules
        self._line = line
        self._senses = senses
        self._clock = clock
        self._organisation = organisation
        self._operator_of = operator_of

    async def run(self) -> None:
        """Call until cancelled. What goes wrong in one round is logged: the ladder goes on without us."""
        while True:
            making = asyncio.ensure_future(self.make_round())
            try:
                await asyncio.wait({making})
            finally:
                making.cancel()
            error = making.exception()
            if error is not None:
                log.error("a call to a contact failed", problem=type(error).__name__)
            if error is not None or not making.result():
                await self._clock.sleep(POLL_S)

    async def make_round(self) -> bool:
        """Make the call that is due, if any; returns whether there was one. Raises LedgerError."""
        if self._rules.contacts is None:
            return False
        for call_id in await self._books.write(partial(lost_calls, now=self._clock.now())):
            await self._note(call_id, "lost")
        job = await self._books.write(partial(claim, rules=self._rules.contacts, now=self._clock.now()))
        if job is None:
            return False
        unwritten: list[str] = []
        ended = await self._ring(job, unwritten)
        for answer in (*unwritten, ended):  # an answer that was given stands already
            await self._surely(job.id, answer)
        return True

    async def _ring(self, job: ContactJob, unwritten: list[str]) -> str:
        """Ring and talk; how the call ended if nobody gave an answer.

        ``unwritten`` gets the answers that the ledger could not take: the talk goes on all the same.
        """
        try:
            call = await self._line.dial(job.phone, reference=job.reference, ring_seconds=RING_S)
        except CallNotConnectedError as failure:
            return failure.disposition.value
        language = spoken_language(job.language)
        partner, seat = self._partner(job, language, unwritten)
        report = await converse(
            call,
            partner=partner,
            language=language,
            senses=self._senses,
            clock=self._clock,
            observer=Unobserved(),
            max_seconds=LONGEST_CALL_S,
            seat=seat,
        )
        if report.ended_early:
            return "lost"
        return OUTCOMES.get(report.outcome, "none") if report.outcome is not None else "none"

    def _partner(
        self, job: ContactJob, language: Language, unwritten: list[str]
    ) -> tuple[Partner, Seat | None]:
        """The talk; whoever asks for help in it is put through, where that can be done."""
        say = spoken()[language].filled(contact=job.name, elder=job.elder, organisation=self._organisation)
        given: list[str] = []

        def note(answer: str, heard: str) -> None:
            del heard  # what somebody said is not kept
            try:
                self._books.write_now(self._noting(job.id, answer))
            except LedgerError as error:
                log.error("what a contact said waits for the ledger", problem=str(error))  # noqa: TRY400
                unwritten.append(answer)
            else:
                given.append(answer)

        errand = contact_errand(say, job.purpose, note)
        if self._operator_of is None:
            return errand, None
        manner = Manner(language, load_script("standard"), say.trouble, about_another=True)
        seat = Seat(Side.ELDER, Bridge(self._clock, with_elder=False), self._operator_of(job.order_id))
        return Kept(errand, manner, lambda: "trouble" in given), seat

    async def _note(self, call_id: int, answer: str) -> None:
        await self._books.write(self._noting(call_id, answer))

    async def _surely(self, call_id: int, answer: str) -> None:
        """Write it down, with patience. Raises LedgerError when that is at an end."""
        for pause in PAUSES_S:
            try:
                await self._note(call_id, answer)
            except LedgerError:
                await self._clock.sleep(pause)
            else:
                return
        await self._note(call_id, answer)

    def _noting(self, call_id: int, answer: str) -> Callable[[Session], bool]:
        return partial(note_answer, rules=self._rules, call_id=call_id, answer=answer, now=self._clock.now())
