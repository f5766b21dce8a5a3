"""Calls with which nobody spoke: all lines were taken, or nobody was there. They are made good, or shown.

Whoever heard the engaged tone is on record before they hear it. An elder is rung back a minute later, however
late it is, for they are awake; where that is not allowed, or in vain, a person calls them by a work order.
Strangers are rung back by nobody: numbers can be forged and cost money; people see them on a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from campaigns.arrivals import GONE, RING_BACK_AFTER, Person, Talked, is_elder_s, on_record, people_at
from campaigns.call_in_care import CallInCare
from campaigns.calling_back import CallOf
from campaigns.phoning import reason_against_phoning
from campaigns.policies import Policies
from campaigns.policy import PolicyError
from campaigns.windows import known_zone
from records.audit import audit
from records.call_ins import BUSY, MISSED, UNHEARD, CallIn
from records.people import Elder, Phone
from records.visits import CallAttempt

ACTOR = "reception"
MOST_TRIES = 2
PAUSE = timedelta(minutes=3)
"""Between two tries to ring somebody back."""
BACK_WITHIN = timedelta(minutes=20)
"""From the call on: later than this nobody is rung back by the robot, a person does it."""
CLAIM = timedelta(minutes=15)
"""Longer than ringing and talking: a call back that has not been noted by then died with its process."""
TAKEN_WITHIN = timedelta(minutes=2)
"""A call that a webhook has let in and that nobody has taken by then never will be."""
BATCH = 20

NOT_THEM = ("silent", "machine", "wrong_person", "proxy")
"""Outcomes of calls in which the elder said nothing."""

RUNG_BACK = "rung_back"
CALLED_AGAIN = "called_again"
HANDED_OVER = "handed_over"
WITH_LATER = "with_later"

Step = Literal["settled", "later", "ring", "hand_over"]


@dataclass(frozen=True, slots=True)
class Owed:
    """What is known of a call that is to be made good."""

    came_at: datetime
    calls_back: int
    heard_since: bool = False
    """The elder has called again, or was reached by a call of ours, and somebody spoke with them."""
    on_the_telephone: bool = False
    """At this very moment they are talked with or rung."""
    reason_against: str = ""
    """Why they may not be phoned."""


def next_step(owed: Owed, now: datetime) -> Step:
    """What is to be done for an elder with whom nobody spoke. Pure."""
    if owed.heard_since:
        return "settled"
    if owed.reason_against or owed.calls_back >= MOST_TRIES or now - owed.came_at > BACK_WITHIN:
        return "hand_over"
    return "later" if owed.on_the_telephone else "ring"


@dataclass(frozen=True, slots=True)
class RingBack:
    """A call back that stands in the ledger and is about to be made."""

    call_in_id: int
    number: str
    reference: str
    people: tuple[Person, ...]


def note_unheard(session: Session, call: CallOf, came_at: datetime) -> None:
    """Put a call on record that hears that we are busy. Told again of the same, it changes nothing."""
    row = on_record(session, call, came_at)
    if row.taken_at is None and not row.outcome:
        _unheard(session, row, BUSY, came_at)


def note_at_the_door(session: Session, call: CallOf, now: datetime) -> None:
    """A webhook lets a call in: should nobody take it, it is found by ``make_good``."""
    row = on_record(session, call, now)
    if row.outcome == BUSY and row.taken_at is None:  # asked again, and there is room by now
        row.outcome, row.ended_at, row.call_back_at, row.came_at = "", None, None, now


def make_good(session: Session, care: CallInCare, now: datetime) -> RingBack | None:
    """Look after calls with which nobody spoke; the one to return now, if any. Commit before ringing.

    Who has been spoken with since is left in peace; who may not be rung is handed to a person.
    """
    _find_missed(session, now)
    owed = session.scalars(
        select(CallIn)
        .where(CallIn.call_back_at.is_not(None), CallIn.call_back_at <= now)
        .order_by(CallIn.came_at, CallIn.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=CallIn)
    ).all()
    for row in owed:
        match next_step(_owed(session, row, now), now):
            case "settled":
                _settle(session, row, CALLED_AGAIN, now)
            case "hand_over":
                _hand_over(session, row, care, now)
            case "later":
                row.call_back_at = now + RING_BACK_AFTER
            case "ring":
                row.calls_back += 1
                row.call_back_at = now + CLAIM
                reference = f"call-in-{row.id}-back-{row.calls_back}"
                return RingBack(row.id, row.number, reference, people_at(session, row.number))
    return None


def note_back(session: Session, call_in_id: int, talked: Talked | None, now: datetime) -> None:
    """A call back is over; None: nobody answered."""
    row = session.get_one(CallIn, call_in_id, with_for_update=True)
    if talked is not None:
        row.outcome, row.words = talked.outcome, talked.words
        row.recording = talked.recording or row.recording
        row.said = list(talked.said) or row.said
    if talked is not None and talked.reached:
        for each in (row, *_owed_to(session, row)):
            _settle(session, each, RUNG_BACK, now)
    elif not row.followed_up:  # else a worker has called them back meanwhile, or they have called again
        row.call_back_at = now + PAUSE


def _find_missed(session: Session, now: datetime) -> None:
    """Calls that were let in, and that nobody has taken: whoever has the line is gone."""
    let_in = (CallIn.ended_at.is_(None), CallIn.taken_at.is_(None), CallIn.came_at < now - TAKEN_WITHIN)
    for row in session.scalars(select(CallIn).where(*let_in).with_for_update(skip_locked=True, of=CallIn)):
        _unheard(session, row, MISSED, now)


def _unheard(session: Session, row: CallIn, outcome: str, now: datetime) -> None:
    """Who tries again and again is rung back once, for the last of these calls."""
    row.outcome, row.ended_at = outcome, now
    if not is_elder_s(row):
        return
    for earlier in _owed_to(session, row):
        _settle(session, earlier, WITH_LATER, now)
    row.call_back_at = now + RING_BACK_AFTER


def _owed_to(session: Session, row: CallIn) -> Sequence[CallIn]:
    """Other calls from the same number that are to be made good."""
    theirs = (CallIn.number_key == row.number_key, CallIn.id != row.id, CallIn.call_back_at.is_not(None))
    return session.scalars(select(CallIn).where(*theirs).order_by(CallIn.id).with_for_update(of=CallIn)).all()


def _settle(session: Session, row: CallIn, how: str, now: datetime) -> None:
    row.followed_up, row.call_back_at = how, None
    audit(
        session,
        at=now,
        actor=ACTOR,
        action="call_made_good",
        subject_type="call_in",
        subject_id=row.id,
        how=how,
        tries=row.calls_back,
    )


def _hand_over(session: Session, row: CallIn, care: CallInCare, now: datetime) -> None:
    """A person is to call. A number that is nobody's any more waits on the list, as a stranger's does."""
    people = people_at(session, row.number)
    if row.elder is None and people:  # whoever answered when we rang back was none of them
        row.elder = session.get_one(Elder, people[0].elder_id)
    row.call_back_at = None
    if is_elder_s(row):
        care.never_heard(session, row, now)
        _settle(session, row, HANDED_OVER, now)


def _owed(session: Session, row: CallIn, now: datetime) -> Owed:
    elder = row.elder
    if elder is None or not people_at(session, row.number):
        return Owed(row.came_at, row.calls_back, reason_against="nobody's number")
    theirs = select(CallIn).where(CallIn.number_key == row.number_key, CallIn.id != row.id)
    since = session.scalars(theirs.where(CallIn.came_at >= row.came_at, CallIn.taken_at.is_not(None))).all()
    attempts = _attempts(session, row)
    return Owed(
        row.came_at,
        row.calls_back,
        heard_since=_spoken_with(since, attempts),
        on_the_telephone=any(each.ended_at is None for each in since)
        or any(each.ended_at is None for each in attempts),
        reason_against=_reason_against(session, elder, now),
    )


def _attempts(session: Session, row: CallIn) -> Sequence[CallAttempt]:
    """Calls of visits on the same number that go on, or went on after theirs."""
    under_way = CallAttempt.status != literal_column("'ended'")
    return session.scalars(
        select(CallAttempt)
        .join(Phone, Phone.id == CallAttempt.phone_id)
        .where(Phone.number_key == row.number_key)
        .where(under_way | (CallAttempt.ended_at > row.came_at))
    ).all()


def _spoken_with(calls: Sequence[CallIn], attempts: Sequence[CallAttempt]) -> bool:
    """Whether the elder spoke in any of these: not where nobody said a word, or somebody else did."""
    not_calls = ("", "lost", "visit", GONE, *UNHEARD)
    spoke = any(each.ended_at is not None and each.outcome not in (*NOT_THEM, *not_calls) for each in calls)
    return spoke or any(
        each.disposition == "answered_human" and (each.call_outcome or "silent") not in NOT_THEM
        for each in attempts
    )


def _reason_against(session: Session, elder: Elder, now: datetime) -> str:
    """Why they may not be rung; what cannot be known is a reason too."""
    zone = known_zone(elder.area.timezone)
    if zone is None:
        return "unknown time zone"
    try:
        policy = Policies.read(session).of(elder.area_id, now.astimezone(zone or UTC).date())
    except PolicyError:
        return "no policy can be read"
    return reason_against_phoning(elder, policy, once_back=True)
