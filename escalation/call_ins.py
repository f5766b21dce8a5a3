"""What follows a call that came in for which no visit was waiting: orders by the same policy as after visits.

Implements ``campaigns.call_in_care.CallInCare`` by structure. Everything is rows of the caller's transaction;
an order is known by the call it came of, so that being told again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.alerts import Occasion, recipients, tell
from escalation.decide import decide
from escalation.history import note_event, occasions
from escalation.opening import Matter, open_order_about
from escalation.reading import newest_consent
from escalation.rules import Rules
from escalation.situations import CallFact, CodeFact, VisitFacts
from escalation.unknown_callers import unknown_caller
from escalation.word_came import elder_was_heard
from escalation.wording import shorten
from ivr.report import CallOutcome, FlagRaised
from records.call_ins import CallIn
from records.orders import WorkOrder
from records.people import Elder
from speech.types import Language, Understanding, Urgency


class Said(BaseModel):
    """One language's sentences; see the head of ``called_in.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    elder: str
    message: str
    lost: str
    unheard: str
    caller: str
    stranger: str
    withheld: str
    told: str


class Result(Protocol):
    """What a talk came to, as ``campaigns.call_in_care.TalkResult`` tells it."""

    @property
    def outcome(self) -> CallOutcome | None:
        """None: lost with its process."""

    @property
    def elder_known(self) -> bool:
        """It was the elder."""

    @property
    def flags(self) -> tuple[FlagRaised, ...]:
        """Raised in it."""

    @property
    def wants_person(self) -> bool:
        """A person is to call."""

    @property
    def hung_up(self) -> bool:
        """The elder ended the call."""

    @property
    def do_not_call(self) -> bool:
        """No more calls are wanted."""

    @property
    def words(self) -> str:
        """What is to be passed on."""


class CallInAftercare:
    """Looks after calls that came in."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._said = sentences()[rules.language]

    def flags_raised(
        self, session: Session, call_in: CallIn, flags: Sequence[FlagRaised], now: datetime
    ) -> None:
        """Open at once what cannot wait; the elder is still on the line."""
        facts = self._facts(session, _elder(call_in), flags, outcome=None)
        self._open(session, call_in, _elder(call_in), facts, self._said.elder, now)

    def talk_ended(self, session: Session, call_in: CallIn, result: Result, now: datetime) -> None:
        """Open what the talk calls for; after nothing but a hang-up, nothing."""
        elder = _elder(call_in)
        if result.outcome is None:
            facts = self._facts(session, elder, (), outcome="completed", wants_person=True)
            self._open(session, call_in, elder, facts, self._said.lost, now)
            return
        silent = result.outcome is CallOutcome.SILENT and not result.hung_up
        # Whoever has rung us and then says nothing may not be able to; whoever breaks off is called back.
        broken_off = result.outcome is CallOutcome.PARTIAL
        facts = self._facts(
            session,
            elder,
            result.flags,
            outcome="partial" if silent else "completed",
            wants_person=result.wants_person or broken_off,
            opted_out=result.do_not_call,
            calls=(CallFact("answered_human", "silent"),) if silent else (),
        )
        grave = any(flag.urgency >= Urgency.URGENT and flag.confirmed != "no" for flag in result.flags)
        if result.elder_known and not grave:
            self.elder_heard(session, elder.id, call_in.came_at, now)
        message = self._said.message.format(words=shorten(result.words)) if result.words else ""
        self._open(session, call_in, elder, facts, self._said.elder + message, now)

    def never_heard(self, session: Session, call_in: CallIn, now: datetime) -> None:
        """All lines were taken when the elder rang, and ringing back was in vain: a person is to call."""
        elder = _elder(call_in)
        facts = self._facts(session, elder, (), outcome="completed", wants_person=True)
        self._open(session, call_in, elder, facts, self._said.unheard, now)

    def elder_heard(self, session: Session, elder_id: int, heard_at: datetime, now: datetime) -> None:
        """Nobody needs to go because of silence; whoever is on the way is told."""
        elder_was_heard(session, self._rules, elder_id, heard_at, now)

    def stranger_cried(
        self, session: Session, call_in: CallIn, heard: Understanding | None, now: datetime
    ) -> None:
        """Somebody who is on no list calls for help: that is an emergency like any other."""
        codes = heard.codes if heard is not None and heard.urgency >= Urgency.URGENT else ()
        words = heard.transcript if heard is not None else ""
        facts = VisitFacts(
            codes=tuple(CodeFact(code, Urgency.EMERGENCY, words=words) for code in codes or ("help",))
        )
        self._open(session, call_in, self._unknown(session, call_in, now), facts, self._lead(call_in), now)

    def stranger_told(self, session: Session, call_in: CallIn, words: str, now: datetime) -> None:
        """They have said who and where they are: whoever has been asked to see to it is told once more."""
        told = self._said.told.format(words=" ".join(words.split()))
        for order in session.scalars(
            select(WorkOrder).where(WorkOrder.dedupe_key.startswith(f"call_in:{call_in.id}:"))
        ):
            if told in order.summary:
                continue
            order.summary += told
            note_event(session, order, "added", "told_where", now=now)
            people = [order.assignee] if order.assignee is not None else []
            occasion = Occasion(occasions(session, order))
            tell(session, self._rules, order, recipients(people, self._rules), occasion, now)

    def stranger_wants_person(
        self, session: Session, call_in: CallIn, heard: Understanding | None, now: datetime
    ) -> None:
        """Somebody who is on no list wants to be called; a withheld number cannot be."""
        if not call_in.number:
            return
        lead = self._lead(call_in)
        if heard is not None and heard.transcript:
            lead += self._said.message.format(words=shorten(heard.transcript))
        facts = VisitFacts(outcome="completed", asked_for_person=True)
        self._open(session, call_in, self._unknown(session, call_in, now), facts, lead, now)

    def _facts(
        self,
        session: Session,
        elder: Elder,
        flags: Sequence[FlagRaised],
        *,
        outcome: str | None,
        wants_person: bool = False,
        opted_out: bool = False,
        calls: tuple[CallFact, ...] = (),
    ) -> VisitFacts:
        consent = newest_consent(session, elder.id, "in_home_visit")
        return VisitFacts(
            outcome=outcome,
            tier=elder.tier,
            codes=tuple(
                CodeFact(flag.code, flag.urgency, flag.confirmed.value, flag.words, flag.question)
                for flag in flags
            ),
            calls=calls,
            asked_for_person=wants_person,
            opted_out=opted_out,
            in_home_consent=None if consent is None else consent.granted,
        )

    def _open(
        self, session: Session, call_in: CallIn, elder: Elder, facts: VisitFacts, lead: str, now: datetime
    ) -> None:
        rules = self._rules
        matter = Matter(elder, ("call_in", call_in.id), lead=lead)
        for decided in decide(facts, rules.policy, now=now, timezone=elder.area.timezone):
            open_order_about(session, rules, matter, decided, topics={}, now=now)

    def _unknown(self, session: Session, call_in: CallIn, now: datetime) -> Elder:
        elder = unknown_caller(session, call_in, self._said.caller, now)
        call_in.elder_id = elder.id
        return elder

    def _lead(self, call_in: CallIn) -> str:
        return self._said.stranger.format(number=call_in.number) if call_in.number else self._said.withheld


@cache
def sentences() -> dict[Language, Said]:
    """The shipped sentences."""
    data = yaml.safe_load((Path(__file__).parent / "called_in.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(dict[Language, Said]).validate_python(data)


def _elder(call_in: CallIn) -> Elder:
    """Whose call it was. Raises ValueError for a stranger's."""
    if call_in.elder is None:
        raise ValueError(f"nobody is known to have made call {call_in.id}")
    return call_in.elder
