"""A worker's ear corrects the machine's: what stands for a question after somebody has listened."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from records.audit import audit
from records.visits import Answer, Assessment, Flag, Turn, Visit
from speech.types import Urgency
from web.identity import SignedIn

ANSWERS = (
    "ok",
    "concern",
    "problem",
    "yes",
    "no",
    "often",
    "sometimes",
    "never",
    "unknown",
    "refuse",
    "unclear",
)
"""Answers a worker may enter."""
LONGEST_NOTE = 1000
"""Characters of a note."""


class BadCorrectionError(ValueError):
    """A form holds something that cannot be a correction."""


@dataclass(frozen=True)
class Correction:
    """What a worker heard."""

    answer: str
    urgency: Urgency
    codes: tuple[str, ...]

    @classmethod
    def read(cls, form: Mapping[str, str], codes: Collection[str]) -> Correction:
        """Read a form with ``answer``, ``urgency`` and ``code``. Raises BadCorrectionError."""
        answer, code = form.get("answer", ""), form.get("code", "")
        if answer not in ANSWERS or (code and code not in codes):
            raise BadCorrectionError
        try:
            urgency = Urgency.parse(form.get("urgency", ""))
        except KeyError as error:
            raise BadCorrectionError from error
        if urgency >= Urgency.URGENT and not code:
            raise BadCorrectionError
        return cls(answer, urgency, (code,) if code else ())


def confirm(session: Session, user: SignedIn, visit: Visit, turn: Turn, now: datetime) -> None:
    """Note that the machine understood this exchange rightly.

    Raises BadCorrectionError when no answer of the visit rests on this exchange: then there is nothing to
    confirm, e.g. because the question was put again later.
    """
    answer = next((answer for answer in visit.answers if answer.turn_id == turn.id), None)
    if answer is None:
        raise BadCorrectionError
    answer.confirmed_by = user.login
    audit(
        session,
        at=now,
        actor=user.login,
        action="confirmed_answer",
        subject_type="visit",
        subject_id=visit.id,
        question=answer.question,
        answer=answer.answer,
    )


def correct(
    session: Session, user: SignedIn, visit: Visit, turn: Turn, correction: Correction, now: datetime
) -> None:
    """Put what a worker heard in place of what the machine made of it.

    Something urgent that the machine missed becomes a flag of its own. Flags that stand are not taken down:
    an alarm is closed where it is worked on, in its work order.
    """
    answer = _answer(session, visit, turn)
    before = {"answer": answer.answer, "urgency": answer.urgency, "codes": list(answer.codes)}
    answer.answer = correction.answer
    answer.urgency = correction.urgency.label
    answer.codes = list(correction.codes)
    answer.confirmed_by = user.login
    if correction.urgency >= Urgency.URGENT:
        _flag(visit, turn, correction, now)
    audit(
        session,
        at=now,
        actor=user.login,
        action="corrected_answer",
        subject_type="visit",
        subject_id=visit.id,
        question=answer.question,
        before=before,
        after={"answer": answer.answer, "urgency": answer.urgency, "codes": list(answer.codes)},
    )


def review(session: Session, user: SignedIn, assessment: Assessment, note: str, now: datetime) -> None:
    """Note that a worker has listened to a call and stands behind what the file says about it."""
    assessment.reviewed_by = user.login
    assessment.reviewed_at = now
    assessment.review_note = note
    audit(
        session,
        at=now,
        actor=user.login,
        action="reviewed_call",
        subject_type="visit",
        subject_id=assessment.visit_id,
    )


def _answer(session: Session, visit: Visit, turn: Turn) -> Answer:
    """The visit's answer to the turn's question; what the machine heard in this turn if there is none yet."""
    for answer in visit.answers:
        if answer.question == turn.question:
            answer.turn_id = turn.id
            return answer
    answer = Answer(
        visit=visit,
        question=turn.question,
        answer=turn.answer or "silence",
        urgency=turn.urgency,
        codes=list(turn.codes),
        turn_id=turn.id,
        confirmed_by="",
    )
    session.add(answer)
    return answer


def _flag(visit: Visit, turn: Turn, correction: Correction, now: datetime) -> None:
    """Raise what the worker heard; a flag that the elder took back, or a milder one, stands again."""
    standing = {flag.code: flag for flag in visit.flags}
    for code in correction.codes:
        flag = standing.get(code)
        if flag is None:
            visit.flags.append(_new_flag(turn, code, correction.urgency, now))
            continue
        if flag.confirmed == "no":
            flag.confirmed = "not_asked"
        if Urgency.parse(flag.urgency) < correction.urgency:
            flag.urgency = correction.urgency.label


def _new_flag(turn: Turn, code: str, urgency: Urgency, now: datetime) -> Flag:
    return Flag(
        turn_id=turn.id,
        code=code,
        urgency=urgency.label,
        confirmed="not_asked",
        words=turn.transcript,
        raised_at=now,
    )
