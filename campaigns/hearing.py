"""Writing down what was said in a call: turns, answers and flags, each exactly once however often it is told.

Nothing here looks at the visit's lease: what an elder said stays true when another process has taken the
visit over, and a cry for help is written down in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from campaigns.aftercare import Aftercare
from ivr.dialogue import AnswerGiven, DialogueState, flags_left_open
from ivr.report import Confirmed, FlagRaised, TurnTaken
from records.visits import Answer, CallAttempt, Flag, Turn, Visit
from speech.types import Urgency

_BY_ELDER = "elder"
_SUPPORT = {Confirmed.NO: 0, Confirmed.NOT_ASKED: 1, Confirmed.UNCLEAR: 1, Confirmed.YES: 2}
"""How much stands behind a flag; it is never replaced by one with less."""


def store_turn(session: Session, attempt_id: int, taken: TurnTaken) -> None:
    """Write down one exchange of a call, unless it is there already."""
    known = select(Turn.id).where(Turn.attempt_id == attempt_id, Turn.index == taken.index)
    if session.scalar(known) is not None:
        return
    understood = taken.understanding
    session.add(
        Turn(
            attempt_id=attempt_id,
            index=taken.index,
            question=taken.question,
            prompt="\n".join(taken.prompt),
            transcript=understood.transcript if understood else "",
            alternatives="\n".join(understood.alternatives) if understood else "",
            key=taken.key,
            answer=understood.answer if understood else "",
            urgency=(understood.urgency if understood else Urgency.NONE).label,
            codes=list(understood.codes) if understood else [],
            confidence=understood.confidence if understood else 0.0,
            engine=understood.engine if understood else "",
            evidence=[asdict(piece) for piece in understood.evidence] if understood else [],
            asked_at=taken.asked_at,
            started_s=taken.started_s,
            ended_s=taken.ended_s,
            response_delay_s=taken.response_delay_s,
            speech_s=taken.speech_s,
            pause_s=taken.pause_s,
            speech_dbfs=taken.speech_dbfs,
            background_dbfs=taken.background_dbfs,
            longest_pause_s=taken.longest_pause_s,
            gap_wait_s=taken.gap.wait_s if taken.gap else None,
            gap_delay_s=taken.gap.delay_s if taken.gap else None,
            barge_in=taken.barge_in,
        )
    )
    session.flush()


def answers_in(state: Mapping[str, Any]) -> tuple[AnswerGiven, ...]:
    """The answers that a stored dialogue holds; none if another version of the program wrote it."""
    read = _read(state)
    return read.answers if read else ()


def store_answers(session: Session, visit_id: int, answers: Iterable[AnswerGiven]) -> None:
    """Bring the visit's answers up to these; what a worker has confirmed stays theirs."""
    standing = {
        answer.question: answer for answer in session.scalars(select(Answer).filter_by(visit_id=visit_id))
    }
    turns = _turn_ids(session, visit_id)
    for given in answers:
        answer = standing.get(given.question)
        if answer is None:
            answer = Answer(visit_id=visit_id, question=given.question)
            session.add(answer)
        elif answer.confirmed_by not in {"", _BY_ELDER}:
            continue
        answer.answer = given.answer
        answer.urgency = given.urgency.label
        answer.codes = [code for code in given.codes if code not in given.withdrawn]
        answer.turn_id = turns.get(given.turn)
        answer.confirmed_by = _BY_ELDER if Confirmed.YES in given.confirmed.values() else ""
    session.flush()


def store_flag(
    session: Session, visit_id: int, raised: FlagRaised, aftercare: Aftercare, now: datetime
) -> Flag:
    """Write down a flag and have it looked after. Told again, it is only ever made graver, never milder.

    Aftercare is told of what is new.
    """
    flag, news = _store(session, visit_id, raised, now)
    if news:
        aftercare.flag_raised(session, session.get_one(Visit, visit_id), flag, now)
    return flag


def store_flags(
    session: Session, visit_id: int, flags: Sequence[FlagRaised], aftercare: Aftercare, now: datetime
) -> None:
    """Write down several flags, the gravest first; aftercare is told of each, whether it is new or not."""
    for raised in sorted(flags, key=lambda each: -each.urgency):
        flag, _ = _store(session, visit_id, raised, now)
        aftercare.flag_raised(session, session.get_one(Visit, visit_id), flag, now)


def _store(session: Session, visit_id: int, raised: FlagRaised, now: datetime) -> tuple[Flag, bool]:
    """The flag's row, and whether it says anything that was not known."""
    flag = session.scalar(select(Flag).filter_by(visit_id=visit_id, code=raised.code))
    news = flag is None
    if flag is None:
        flag = _new_flag(session, visit_id, raised, now)
    graver = raised.confirmed is not Confirmed.NO and Urgency.parse(flag.urgency) < raised.urgency
    surer = _SUPPORT[Confirmed(flag.confirmed)] < _SUPPORT[raised.confirmed]
    if graver:
        flag.urgency = raised.urgency.label
    if surer:
        flag.confirmed = raised.confirmed.value
    if graver or surer:
        flag.words = raised.words or flag.words
    if flag.turn_id is None or graver or surer:
        flag.turn_id = _turn_ids(session, visit_id).get(raised.turn, flag.turn_id)
    session.flush()
    return flag, news or graver or surer


def _new_flag(session: Session, visit_id: int, raised: FlagRaised, now: datetime) -> Flag:
    flag = Flag(
        visit_id=visit_id,
        code=raised.code,
        urgency=raised.urgency.label,
        confirmed=raised.confirmed.value,
        words=raised.words,
        raised_at=now,
    )
    try:
        with session.begin_nested():
            session.add(flag)
    except IntegrityError:
        # Another process that held this visit before us wrote the same flag a moment ago.
        return session.scalars(select(Flag).filter_by(visit_id=visit_id, code=raised.code)).one()
    return flag


def left_open(state: Mapping[str, Any]) -> tuple[FlagRaised, ...]:
    """What a call that stopped without an end had heard but not yet confirmed: it counts as said."""
    read = _read(state)
    return flags_left_open(read) if read else ()


def _read(state: Mapping[str, Any]) -> DialogueState | None:
    if not state:
        return None
    try:
        return DialogueState.model_validate(state)
    except ValidationError:
        # Written by another version of the dialogue; turns and flags are in the ledger on their own.
        return None


def _turn_ids(session: Session, visit_id: int) -> dict[int, int]:
    """Index -> row of the visit's turns, which are counted through over all its calls."""
    rows = session.execute(
        select(Turn.index, Turn.id)
        .join(CallAttempt)
        .where(CallAttempt.visit_id == visit_id)
        .order_by(CallAttempt.number)
    )
    return dict(rows.all())
