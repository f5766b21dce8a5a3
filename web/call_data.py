"""Calls to look at: which need a person's ear, and everything known about one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from records.bulk import these
from records.people import Elder
from records.to_hear import has, to_be_heard, worth_hearing
from records.visits import Answer, Assessment, CallAttempt, Flag, Turn, Visit
from speech.types import Urgency
from web.access import ours
from web.identity import SignedIn
from web.pages import Page, Slice, slice_of
from web.voice_spans import words_at, words_by_length

PER_PAGE = 25
NEWEST = 1000
"""Calls that the lists of flagged and of all calls hold at most; older ones are found by their campaign."""
SHOW = ("review", "flagged", "all")
"""Which calls the list shows: flagged ones nobody has reviewed, all flagged ones, all."""


@dataclass(frozen=True)
class Filter:
    """What the list of calls is narrowed to; empty means anything."""

    show: str = "review"
    level: str = ""
    outcome: str = ""
    campaign_id: int | None = None


def find_calls(session: Session, user: SignedIn, wanted: Filter, page: int) -> Page[Visit]:
    """Calls with something to listen to or to decide, gravest first; then those that go on, then newest.

    What waits for a person is listed whole; of all that was ever flagged, and of all calls, the ``NEWEST``.
    """
    if wanted.show != "review":
        return _newest(session, user, wanted, page)
    at = slice_of(_count(session, user, wanted), page, PER_PAGE)
    return Page(_rows(session, at, *_conditions(user, wanted)), at)


def _newest(session: Session, user: SignedIn, wanted: Filter, page: int) -> Page[Visit]:
    newest = (
        select(Visit.id)
        .join(Elder, Elder.id == Visit.elder_id)
        .outerjoin(Assessment, Assessment.visit_id == Visit.id)
        .where(*_conditions(user, wanted))
        .order_by(Visit.id.desc())
        .limit(NEWEST)
    )
    ids = session.scalars(newest).all()
    at = slice_of(len(ids), page, PER_PAGE)
    return Page(_rows(session, at, Visit.id.in_(these(session, ids))), at)


def _rows(session: Session, at: Slice, *conditions: ColumnElement[bool]) -> Sequence[Visit]:
    """A page of visits, gravest first."""
    rank = case(
        (Assessment.overall == "red", 0),
        (Assessment.id.is_(None) & _flagged("emergency"), 0),
        (Assessment.overall == "orange", 1),
        (Assessment.id.is_(None) & _flagged("urgent"), 1),
        (Assessment.overall == "yellow", 2),
        else_=3,
    )
    return session.scalars(
        select(Visit)
        .join(Elder, Elder.id == Visit.elder_id)
        .outerjoin(Assessment, Assessment.visit_id == Visit.id)
        .where(*conditions)
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


def _flagged(urgency: str) -> ColumnElement[bool]:
    """Whether a visit has a flag of that urgency that the elder did not take back."""
    return (
        select(Flag.id)
        .where(Flag.visit_id == Visit.id, Flag.urgency == urgency, Flag.confirmed != "no")
        .exists()
    )


def _conditions(user: SignedIn, wanted: Filter) -> list[ColumnElement[bool]]:
    """What a call must be to be listed; over visits, their elders and (where there are any) assessments."""
    spoken = select(Turn.id).join(CallAttempt, CallAttempt.id == Turn.attempt_id)
    turns = has(spoken.where(CallAttempt.visit_id == Visit.id))
    flagged = has(select(Flag.id).where(Flag.visit_id == Visit.id))
    if wanted.show == "review":
        # The mark narrows years of visits down to a few, and the rows are asked about these.
        return [ours(user), and_(Visit.to_hear, to_be_heard()), turns | flagged, *_narrowed(wanted)]
    conditions: list[ColumnElement[bool]] = [ours(user), turns | flagged]
    if wanted.show == "flagged":
        # Begun from the few that are marked, instead of asking every visit of all years.
        conditions.append(and_(Visit.noted, worth_hearing()))
    return [*conditions, *_narrowed(wanted)]


def _narrowed(wanted: Filter) -> list[ColumnElement[bool]]:
    """What the reader asks for beyond that."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.level:
        conditions.append(Assessment.overall == wanted.level)
    if wanted.outcome:
        conditions.append(Visit.outcome == wanted.outcome)
    if wanted.campaign_id is not None:
        conditions.append(Visit.campaign_id == wanted.campaign_id)
    return conditions


def noted(visit: Visit) -> list[str]:
    """What is worth knowing of a visit at a glance: codes of flags, then of answers, then what is unclear."""
    codes = [flag.code for flag in visit.flags if flag.confirmed != "no"]
    codes += [code for answer in visit.answers if answer.urgency != "none" for code in answer.codes]
    codes += ["unclear" for answer in visit.answers if answer.answer == "unclear"]
    return list(dict.fromkeys(codes))


def taken_back(visit: Visit) -> list[str]:
    """Codes that the elder clearly denied when asked again: still worth a person's ear."""
    return [flag.code for flag in visit.flags if flag.confirmed == "no"]


def level_of(visit: Visit) -> str | None:
    """A visit's level; while it has no score, what its flags alone call for; None when nothing is known."""
    if visit.assessment is not None:
        return visit.assessment.overall
    urgencies = {flag.urgency for flag in visit.flags if flag.confirmed != "no"}
    return "red" if "emergency" in urgencies else "orange" if "urgent" in urgencies else None


@dataclass(frozen=True)
class Exchange:
    """One turn of a call with what stands for it now. Times are seconds into the recording."""

    turn: Turn
    answer: Answer | None
    """The visit's answer to the question, when it came from this turn."""
    flags: Sequence[Flag]
    words_from_s: float
    words_to_s: float
    """Where the elder's words lie, as nearly as can be found; the whole exchange when none were heard."""

    @property
    def start_s(self) -> float:
        """Where the exchange begins: mostly with the question, sometimes with words before it."""
        return min(self.turn.started_s, self.words_from_s)

    @property
    def end_s(self) -> float:
        """Where the exchange is over."""
        return max(self.turn.ended_s, self.words_to_s)

    @property
    def urgency(self) -> str:
        """The gravest thing that stands; a worker's correction replaces what the machine heard."""
        heard = self.turn.urgency if self.answer is None else self.answer.urgency
        order = [urgency.label for urgency in Urgency]
        found = [heard, *(flag.urgency for flag in self.flags)]
        return max(found, key=lambda urgency: order.index(urgency) if urgency in order else len(order))


def exchanges(visit: Visit, attempt: CallAttempt, loud: Sequence[bool] = ()) -> list[Exchange]:
    """The turns of one call, in order; ``loud`` says when the elder's side of the recording was loud."""
    answers = {answer.turn_id: answer for answer in visit.answers if answer.turn_id is not None}
    return [
        Exchange(
            turn,
            answers.get(turn.id),
            [flag for flag in visit.flags if flag.turn_id == turn.id],
            *words_of(turn, loud),
        )
        for turn in attempt.turns
    ]


def words_of(turn: Turn, loud: Sequence[bool]) -> tuple[float, float]:
    """Start and end of the elder's words in one turn."""
    if turn.speech_s <= 0:
        return turn.started_s, turn.ended_s
    found = words_at(loud, ended_s=turn.ended_s, speech_s=turn.speech_s) if loud else None
    return found or words_by_length(turn.started_s, turn.ended_s, turn.speech_s)
