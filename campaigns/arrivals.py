"""The record of calls that come in: when one arrives, when it ends, and those that got lost in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.briefing import Caller
from campaigns.call_in_care import CallInCare, TalkResult
from campaigns.calling_back import CallOf, elders_at
from campaigns.elder_brief import elder_brief
from ivr.brief import Brief
from ivr.reception.who import MOST
from records.call_ins import CallIn
from records.people import NOT_ON_ROSTER, Elder
from records.sealing import keyring
from speech.types import Language, spoken_language

LOST_AFTER = timedelta(minutes=30)
"""Longer than any call: one that has not ended by then was lost with its process."""
VISIT = "visit"
LOST = "lost"
GONE = "gone"
"""Outcome of a call whose caller gave up before we had answered."""


@dataclass(frozen=True, slots=True)
class Person:
    """An elder whom the number may belong to."""

    elder_id: int
    name: str
    language: Language


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call that came in and is on record."""

    call_in_id: int
    people: tuple[Person, ...]
    """Whom the number belongs to; nobody for strangers, nor where too many share it to ask them all."""


def note_arrival(session: Session, call: CallOf, now: datetime) -> Arrival:
    """Put a call on record before it is answered; says who may be calling.

    It counts as an elder's until they say otherwise: a call that gets lost is then somebody's to return.
    """
    elders = elders_at(session, call.number)
    people = tuple(Person(elder.id, elder.name, spoken_with(elder)) for elder in elders)
    if len(people) > MOST:
        people = ()
    row = CallIn(
        elder_id=people[0].elder_id if people else None,
        line=call.line,
        provider_call_id=call.provider_call_id,
        number=call.number,
        number_key=keyring().lookup_key(call.number) if call.number else "",
        came_at=now,
    )
    session.add(row)
    session.flush()
    return Arrival(row.id, people)


def note_elder(
    session: Session, call_in_id: int, elder_id: int | None, attempt_id: int | None = None
) -> None:
    """It is known who calls, nobody of the roster with None, and whether they go on with a visit."""
    row = session.get_one(CallIn, call_in_id)
    row.elder_id, row.attempt_id = elder_id, attempt_id


def note_end(session: Session, call_in_id: int, outcome: str, words: str, now: datetime) -> None:
    """The call is over."""
    row = session.get_one(CallIn, call_in_id)
    row.ended_at, row.outcome, row.words = now, outcome, words


def lost_call_ins(session: Session, now: datetime) -> Sequence[int]:
    """Ids of the calls that never ended: their process is gone."""
    return session.scalars(
        select(CallIn.id).where(CallIn.ended_at.is_(None), CallIn.came_at < now - LOST_AFTER)
    ).all()


def give_up(session: Session, call_in_id: int, care: CallInCare, now: datetime) -> None:
    """Close a lost call. An elder's is somebody's to return; a visit goes its own way back."""
    row = session.scalar(
        select(CallIn).where(CallIn.id == call_in_id, CallIn.ended_at.is_(None)).with_for_update()
    )
    if row is None:
        return
    row.ended_at, row.outcome = now, LOST
    known = row.elder is not None and row.elder.status != NOT_ON_ROSTER
    if known and row.attempt_id is None:
        care.talk_ended(session, row, TalkResult(None), now)


def brief_of(session: Session, elder_id: int, caller: Caller, now: datetime) -> Brief:
    """What a talk with an elder may know of them, where no visit is waiting."""
    elder = session.get_one(Elder, elder_id)
    return elder_brief(session, elder, caller, now, language=spoken_with(elder))


def spoken_with(elder: Elder) -> Language:
    """The language in which to speak; Chinese with somebody whose own the robot does not speak."""
    return spoken_language(elder.language)
