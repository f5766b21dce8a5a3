"""Committing what happens in a call while it happens, so that a crash loses at most the turn under way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog
from sqlalchemy.orm import Session

from campaigns.aftercare import Aftercare, ToldLater
from campaigns.claims import Lease, LeaseLostError, renew
from campaigns.desk import Desk, problem_of
from campaigns.hearing import answers_in, store_answers, store_flag, store_turn
from campaigns.unwritten import FlagsOfVisit
from ivr.dialogue import AnswerGiven
from ivr.report import FlagRaised, TurnTaken
from records.sessions import LedgerError

log = structlog.get_logger(__name__)


class LedgerObserver:
    """A ``CallObserver`` that writes to the ledger; every method commits before it returns.

    Whatever cannot be written does not end the call: the elder is still on the line, and what was missed is
    written with the outcome. A flag that could not be written is kept on the disk and tried again at every
    turn; one whose work order could not be made is written without it, and aftercare is told again with the
    outcome.
    """

    def __init__(self, desk: Desk, lease: Lease, attempt_id: int) -> None:
        self._desk = desk
        self._lease = lease
        self._attempt_id = attempt_id
        self._written: tuple[AnswerGiven, ...] = ()
        """The answers as they are in the ledger."""
        self.unwritten_flags: list[FlagRaised] = []
        """Raised, and not in the ledger or not told to aftercare yet."""

    def turn_taken(self, turn: TurnTaken, state: Mapping[str, Any]) -> None:
        """Write the turn, the answers so far and the state to resume from.

        Raises LeaseLostError when another process has taken over the visit: then this call must end.
        """
        answers = answers_in(state)
        news = [answer for answer in answers if answer not in self._written]
        error = self._write("turn", partial(self._store_turn, turn=turn, state=state, news=news))
        if isinstance(error, LeaseLostError):
            raise error
        if error is None:
            self._written = answers
        waiting, self.unwritten_flags = self.unwritten_flags, []
        for flag in waiting:
            self._try(flag)

    def flag_raised(self, flag: FlagRaised) -> None:
        """Write the flag and have it looked after, even if another process has taken over the visit."""
        if not self._try(flag):
            self._desk.keep(FlagsOfVisit(visit_id=self._lease.visit_id, flags=(flag,)))

    def _try(self, flag: FlagRaised) -> bool:
        aftercare = self._desk.aftercare
        error = self._write("flag", partial(self._store_flag, flag=flag, aftercare=aftercare))
        if error is None:
            return True
        self.unwritten_flags.append(flag)
        if not isinstance(error, LedgerError):
            self._write("flag alone", partial(self._store_flag, flag=flag, aftercare=ToldLater()))
        return False

    def _store_turn(
        self, session: Session, turn: TurnTaken, state: Mapping[str, Any], news: Sequence[AnswerGiven]
    ) -> None:
        renew(session, self._lease, self._desk.clock.now(), dialogue_state=dict(state))
        store_turn(session, self._attempt_id, turn)
        if news:
            store_answers(session, self._lease.visit_id, news)

    def _store_flag(self, session: Session, flag: FlagRaised, aftercare: Aftercare) -> None:
        store_flag(session, self._lease.visit_id, flag, aftercare, self._desk.clock.now())

    def _write(self, what: str, work: Callable[[Session], None]) -> BaseException | None:
        """Do it in a transaction; what went wrong is looked at, not raised into the call."""
        error = self._desk.write_now(work).exception()
        if error is not None:
            problem = str(error) if isinstance(error, LedgerError) else problem_of(error)
            log.error("not written during a call", what=what, attempt=self._attempt_id, problem=problem)
        return error
