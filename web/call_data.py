"""Calls to look at: which need a person's ear, and everything known about one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from records.people import Elder
from records.visits import Answer, Assessment, CallAttempt, Flag, Turn, Visit
from speech.types import Urgency
from web.access import ours
from web.identity import SignedIn
from web.pages import Page, slice_of

PER_PAGE = 25
SHOW = ("review", "flagged", "all")
"""Which calls the list shows: flagged ones nobody has reviewed, all flagged ones, all."""
TAIL_S = 0.4
LEAD_S = 0.8
"""Seconds played after and before the elder's words, so that no syllable is cut."""
PAUSES = 1.5
"""How much longer than its voiced part an answer takes: elders pause."""
_RANK = {"red": 0, "orange": 1, "yellow": 2}


@dataclass(frozen=True)
class Filter:
    """What the list of calls is narrowed to; empty means anything."""

    show: str = "review"
    level: str = ""
    outcome: str = ""
    campaign_id: int | None = None


def find_calls(session: Session, user: SignedIn, wanted: Filter, page: int) -> Page[Visit]:
    """Calls with something to listen to or to decide, gravest first; then those that go on, then newest."""
    at = slice_of(_count(session, user, wanted), page, PER_PAGE)
    rank = case(_RANK, value=Assessment.overall, else_=3)
    visits = session.scalars(
        select(Visit)
        .join(Elder, Elder.id == Visit.elder_id)
        .outerjoin(Assessment, Assessment.visit_id == Visit.id)
        .where(*_conditions(user, wanted))
        .options(
            joinedload(Visit.elder).joinedload(Elder.area),
            joinedload(Visit.assessment),
            selectinload(Visit.flags),
            selectinload(Visit.answers),
            selectinload(Visit.attempts),
        )
        .order_by(rank, Visit.ended_at.is_not(None), Visit.ended_at.desc(), Visit.id.desc())
        .offset(at.offset)
        .limit(PER_PAGE)
    ).all()
    return Page(visits, at)


def to_review(session: Session, user: SignedIn) -> int:
    """How many flagged calls nobody has listened to yet."""
    return _count(session, user, Filter())


def _count(session: Session, user: SignedIn, wanted: Filter) -> int:
    counted = session.scalar(
        select(func.count(Visit.id))
        .join(Elder, Elder.id == Visit.elder_id)
        .outerjoin(Assessment, Assessment.visit_id == Visit.id)
        .where(*_conditions(user, wanted))
    )
    return counted or 0


def _conditions(user: SignedIn, wanted: Filter) -> list[ColumnElement[bool]]:
    """What a call must be to be listed; over visits, their elders and (where there are any) assessments."""
    turns = (
        select(Turn.id)
        .join(CallAttempt, CallAttempt.id == Turn.attempt_id)
        .where(CallAttempt.visit_id == Visit.id)
        .exists()
    )
    flagged = select(Flag.id).where(Flag.visit_id == Visit.id).exists()
    unclear = select(Answer.id).where(Answer.visit_id == Visit.id, Answer.answer == "unclear").exists()
    conditions = [ours(user), turns | flagged]
    if wanted.show in {"review", "flagged"}:
        conditions.append(flagged | unclear | Assessment.overall.in_(["orange", "red"]))
    if wanted.show == "review":
        conditions.append(Assessment.reviewed_at.is_(None))
    if wanted.level:
        conditions.append(Assessment.overall == wanted.level)
    if wanted.outcome:
        conditions.append(Visit.outcome == wanted.outcome)
    if wanted.campaign_id is not None:
        conditions.append(Visit.campaign_id == wanted.campaign_id)
    return conditions


def noted(visit: Visit) -> list[str]:
    """What is worth knowing of a visit at a glance: codes of flags, then of answers, then what is unclear."""
    codes = [flag.code for flag in visit.flags]
    codes += [code for answer in visit.answers if answer.urgency != "none" for code in answer.codes]
    codes += ["unclear" for answer in visit.answers if answer.answer == "unclear"]
    return list(dict.fromkeys(codes))


@dataclass(frozen=True)
class Exchange:
    """One turn of a call with what stands for it now."""

    turn: Turn
    answer: Answer | None
    """The visit's answer to the question, when it came from this turn."""
    flags: Sequence[Flag]

    @property
    def start_s(self) -> float:
        """Where the robot begins to ask, seconds into the recording."""
        return self.turn.started_s

    @property
    def end_s(self) -> float:
        """Where the exchange is over, a little after the last word."""
        return max(self.turn.ended_s, self.turn.started_s) + TAIL_S

    @property
    def words_from_s(self) -> float:
        """Where the elder's words begin, as nearly as is known; the whole exchange when none were heard."""
        return words_from(self.turn)

    @property
    def urgency(self) -> str:
        """The gravest thing that stands; a worker's correction replaces what the machine heard."""
        heard = self.turn.urgency if self.answer is None else self.answer.urgency
        order = [urgency.label for urgency in Urgency]
        found = [heard, *(flag.urgency for flag in self.flags)]
        return max(found, key=lambda urgency: order.index(urgency) if urgency in order else len(order))


def exchanges(visit: Visit, attempt: CallAttempt) -> list[Exchange]:
    """The turns of one call, in order."""
    answers = {answer.turn_id: answer for answer in visit.answers if answer.turn_id is not None}
    return [
        Exchange(turn, answers.get(turn.id), [flag for flag in visit.flags if flag.turn_id == turn.id])
        for turn in attempt.turns
    ]


def words_from(turn: Turn) -> float:
    """Where in the recording the elder's words begin, in seconds.

    A turn ends with the elder's last word, and ``speech_s`` counts only what was voiced: so the words lie in
    its last ``speech_s`` seconds, and some more for the pauses between them.
    """
    if turn.speech_s <= 0:
        return turn.started_s
    return max(turn.started_s, turn.ended_s - turn.speech_s * PAUSES - LEAD_S)
