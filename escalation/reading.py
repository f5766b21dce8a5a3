"""Reads one visit from the ledger into the plain values that scoring and decisions work on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.earlier import heard_before
from escalation.heard import VisitRows, answers_of, asked_for_person, codes_of, own_turns, unclear_of
from escalation.policy import Policy
from escalation.situations import CONVERSED, CallFact, VisitFacts
from ivr.script import ScriptError, script_from_document
from ivr.script_model import Script
from ivr.script_questions import Question
from records.people import Consent
from records.visits import Answer, Assessment, CallAttempt, Flag, ScriptVersion, Turn, Visit
from speech.answered import AnswerScored, QuestionPut
from speech.manner import Manner, TurnHeard
from speech.record_sheet import place
from speech.types import LANGUAGES, Language
from speech.weights import Weights

QUESTIONED = frozenset({"completed", "partial"})
"""Outcomes of calls in which the script's questions were put."""
EARLIER_CALLS = 12
"""So many earlier visits are enough for a baseline, and recent enough."""


@dataclass(frozen=True, slots=True)
class VisitRead:
    """One visit, as plain values."""

    answers: tuple[AnswerScored, ...]
    expected: tuple[QuestionPut, ...]
    """The script's questions for this visit; empty when no questions were put at all."""
    facts: VisitFacts
    """Without what scoring still has to say."""
    turns: tuple[TurnHeard, ...]
    """Of the calls in which the elder was heard."""
    earlier: tuple[Manner, ...]
    """How the elder spoke in earlier visits, newest first."""
    topics: Mapping[str, str]
    """Question id -> what it is about, for Chinese readers."""
    language: Language
    timezone: str


class ScriptShelf:
    """Scripts already read: parsing one takes tens of milliseconds, and a stored version never changes."""

    def __init__(self) -> None:
        self._scripts: dict[tuple[str, int, str], Script | None] = {}

    def get(self, version: ScriptVersion) -> Script | None:
        """The script of a stored version; None when its document cannot be read any more."""
        key = (version.script_id, version.version, version.sha256)
        if key not in self._scripts:
            try:
                origin = f"script {version.script_id} version {version.version}"
                self._scripts[key] = script_from_document(version.document, origin=origin)
            except ScriptError:
                self._scripts[key] = None
        return self._scripts[key]


def read_visit(
    session: Session, visit: Visit, policy: Policy, weights: Weights, shelf: ScriptShelf
) -> VisitRead:
    """Read everything the ledger knows about a visit, including what this transaction has just added."""
    session.flush()
    rows = _rows(session, visit)
    script = shelf.get(visit.campaign.script_version)
    put = {q.id: _put(q) for q in script.questions()} if script is not None else {}
    answers = answers_of(rows, put, policy)
    expected = _agenda(visit, script) if script is not None and rows.outcomes & QUESTIONED else ()
    given = {answer.question.id for answer in answers}
    language = visit.elder.language
    return VisitRead(
        answers=answers,
        expected=expected,
        facts=VisitFacts(
            outcome=visit.outcome,
            tier=visit.elder.tier,
            codes=codes_of(rows, policy, weights, ended=visit.outcome is not None),
            calls=_calls_of(rows.attempts),
            attempts_made=visit.attempts_made,
            unclear=unclear_of(answers, weights),
            unasked=tuple(question.id for question in expected if question.id not in given),
            asked_for_person=asked_for_person(rows),
            opted_out=_opted_out(session, visit, rows),
            earlier_codes=heard_before(session, visit, policy.looks_back) if visit.outcome else (),
            in_home_consent=_consent(session, visit, "in_home_visit"),
        ),
        turns=own_turns(rows),
        earlier=_earlier(session, visit),
        topics={name: place(question, weights).topic for name, question in put.items()},
        language=language if language in LANGUAGES else "zh-CN",
        timezone=visit.elder.area.timezone,
    )


def _rows(session: Session, visit: Visit) -> VisitRows:
    """Fresh from the database, so that nothing rests on what an object happened to remember."""
    attempts = session.scalars(
        select(CallAttempt).where(CallAttempt.visit_id == visit.id).order_by(CallAttempt.number)
    ).all()
    turns = session.scalars(
        select(Turn)
        .join(CallAttempt, CallAttempt.id == Turn.attempt_id)
        .where(CallAttempt.visit_id == visit.id)
        .order_by(CallAttempt.number, Turn.index)
    ).all()
    answers = session.scalars(select(Answer).where(Answer.visit_id == visit.id).order_by(Answer.id)).all()
    flags = session.scalars(select(Flag).where(Flag.visit_id == visit.id).order_by(Flag.id)).all()
    return VisitRows(attempts, turns, answers, flags)


def _put(question: Question) -> QuestionPut:
    return QuestionPut(
        question.id, question.hears, question.dimension, question.column, optional=question.optional
    )


def _agenda(visit: Visit, script: Script) -> tuple[QuestionPut, ...]:
    """The questions every call of this visit should come to; follow-ups and optional ones are not due."""
    due = script.agenda(str(visit.snapshot.get("module", "")))
    return tuple(_put(question) for question in due if not question.optional)


def _calls_of(attempts: Sequence[CallAttempt]) -> tuple[CallFact, ...]:
    """How the calls ended. Whoever rang us and put the receiver down without a word has told us nothing."""
    return tuple(
        CallFact(attempt.disposition, attempt.call_outcome)
        for attempt in attempts
        if attempt.direction == "out" or attempt.call_outcome in CONVERSED
    )


def _opted_out(session: Session, visit: Visit, rows: VisitRows) -> bool:
    """Does not want to be called any more: by record, or by word in a visit that ended as refused."""
    if visit.elder.status == "opted_out" or _withdrew_consent(session, visit):
        return True
    if any(flag.code == "opt_out" and flag.confirmed != "no" for flag in rows.flags):
        return True
    return visit.outcome == "refused" and any("opt_out" in turn.codes for turn in rows.turns)


def _withdrew_consent(session: Session, visit: Visit) -> bool:
    """Whether the consent to be phoned was taken back since this visit was planned."""
    newest = newest_consent(session, visit.elder_id, "telephone_visit")
    return newest is not None and not newest.granted and newest.recorded_at >= visit.created_at


def _consent(session: Session, visit: Visit, kind: str) -> bool | None:
    newest = newest_consent(session, visit.elder_id, kind)
    return None if newest is None else newest.granted


def newest_consent(session: Session, elder_id: int, kind: str) -> Consent | None:
    """The consent of a kind that counts, or None when there is none on file."""
    return session.scalars(
        select(Consent)
        .where(Consent.elder_id == elder_id, Consent.kind == kind)
        .order_by(Consent.recorded_at.desc(), Consent.id.desc())
        .limit(1)
    ).first()


def _earlier(session: Session, visit: Visit) -> tuple[Manner, ...]:
    """How the elder spoke in their latest earlier visits."""
    rows = session.scalars(
        select(Assessment.manner)
        .join(Visit, Visit.id == Assessment.visit_id)
        .where(Visit.elder_id == visit.elder_id, Visit.id != visit.id, Visit.created_at <= visit.created_at)
        .order_by(Assessment.assessed_at.desc(), Assessment.id.desc())
        .limit(EARLIER_CALLS)
    ).all()
    read = (Manner.from_json(row.get("measures") or {}) for row in rows)
    return tuple(manner for manner in read if manner is not None)
