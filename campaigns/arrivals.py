"""The record of calls that come in: when one arrives, when it ends, and those that got lost in between."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.briefing import Caller
from campaigns.call_in_care import CallInCare, TalkResult
from campaigns.calling_back import CallOf, elders_at
from campaigns.elder_brief import elder_brief
from campaigns.phoning import RECORDING, consented
from campaigns.windows import known_zone
from ivr.brief import Brief
from ivr.reception.who import MOST
from records.bulk import upserting
from records.call_ins import MISSED, CallIn
from records.people import NOT_ON_ROSTER, Elder
from records.sealing import keyring
from speech.types import Language, spoken_language

LOST_AFTER = timedelta(minutes=30)
"""Longer than any call: one that has not ended by then was lost with its process."""
VISIT = "visit"
LOST = "lost"
GONE = "gone"
"""Outcome of a call whose caller gave up before we had answered."""


RING_BACK_AFTER = timedelta(seconds=60)
"""After a call with which nobody spoke: whoever called has put the receiver down by then, and is near it."""


@dataclass(frozen=True, slots=True)
class Talked:
    """What came of a call once somebody was there to take it."""

    outcome: str
    words: str = ""
    """The message that was left."""
    recording: str = ""
    """Below the recordings folder, of a talk without a visit; empty when there is none."""
    said: tuple[dict[str, Any], ...] = ()
    """What was asked and answered in a talk without a visit."""
    reached: bool = False
    """Whether the elder was there and said something, so that nobody need ask any more what they wanted."""


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

    It counts as an elder's until they say otherwise: a call that gets lost is then somebody's to return. A
    webhook may have put it on record already (``campaigns.unheard``).
    """
    row = on_record(session, call, now)
    if row.taken_at is not None:  # an exchange that gives its numbers to calls twice
        row = on_record(session, again(call), now)
    row.taken_at, row.ended_at, row.outcome, row.call_back_at = now, None, "", None
    return Arrival(row.id, people_at(session, row.number))


def on_record(session: Session, call: CallOf, now: datetime) -> CallIn:
    """The row of a call, new if need be, locked."""
    people = people_at(session, call.number)
    name = call.provider_call_id or f"unnamed-{secrets.token_hex(8)}"
    values = {
        "elder_id": people[0].elder_id if people else None,
        "line": call.line,
        "provider_call_id": name,
        "number": call.number,
        "number_key": keyring().lookup_key(call.number) if call.number else "",
        "came_at": now,
    }
    inserting = upserting(session, CallIn).values(**values)
    session.execute(inserting.on_conflict_do_nothing(index_elements=["line", "provider_call_id"]))
    wanted = select(CallIn).where(CallIn.line == call.line, CallIn.provider_call_id == name)
    return session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).one()


def again(call: CallOf) -> CallOf:
    """A call whose provider has given its name to another one before."""
    return replace(call, provider_call_id=f"{call.provider_call_id[:100]}~{secrets.token_hex(4)}")


def people_at(session: Session, number: str) -> tuple[Person, ...]:
    """Whom a number belongs to; nobody where too many share it to ask them all."""
    elders = elders_at(session, number)
    if len(elders) > MOST:
        return ()
    return tuple(Person(elder.id, elder.name, spoken_with(elder)) for elder in elders)


def note_elder(
    session: Session, call_in_id: int, elder_id: int | None, attempt_id: int | None = None
) -> None:
    """It is known who calls, nobody of the roster with None, and whether they go on with a visit."""
    row = session.get_one(CallIn, call_in_id)
    row.elder_id, row.attempt_id = elder_id, attempt_id


def note_end(session: Session, call_in_id: int, talked: Talked, now: datetime) -> None:
    """The call is over. An elder who was gone before we had answered is rung back."""
    row = session.get_one(CallIn, call_in_id)
    row.ended_at, row.outcome, row.words = now, talked.outcome, talked.words
    if talked.recording:
        row.recording = talked.recording
    if talked.said:
        row.said = list(talked.said)
    if talked.outcome == GONE and is_elder_s(row):
        row.call_back_at = now + RING_BACK_AFTER


def is_elder_s(call_in: CallIn) -> bool:
    """Whether a call was taken for somebody's on the roster."""
    return call_in.elder is not None and call_in.elder.status != NOT_ON_ROSTER


def lost_call_ins(session: Session, now: datetime) -> Sequence[int]:
    """Ids of the calls that never ended: their process is gone."""
    return session.scalars(
        select(CallIn.id).where(
            CallIn.ended_at.is_(None), CallIn.taken_at.is_not(None), CallIn.came_at < now - LOST_AFTER
        )
    ).all()


def give_up(session: Session, call_in_id: int, care: CallInCare, now: datetime) -> None:
    """Close a lost call. An elder's is somebody's to return; a visit goes its own way back.

    Nobody knows what a stranger wanted, unless an order says so: they wait on the list of those to call back.
    """
    row = session.scalar(
        select(CallIn).where(CallIn.id == call_in_id, CallIn.ended_at.is_(None)).with_for_update()
    )
    if row is None:
        return
    row.ended_at, row.outcome = now, MISSED if row.elder is None else LOST
    if is_elder_s(row) and row.attempt_id is None:
        care.talk_ended(session, row, TalkResult(None), now)


def brief_of(session: Session, elder_id: int, caller: Caller, now: datetime) -> Brief:
    """What a talk with an elder may know of them, where no visit is waiting."""
    elder = session.get_one(Elder, elder_id)
    return elder_brief(session, elder, caller, now, language=spoken_with(elder))


def sound_of(session: Session, elder_id: int, call_in_id: int, now: datetime) -> str:
    """Where the sound of such a talk is kept, below the recordings folder; empty when they do not want it."""
    elder = session.get_one(Elder, elder_id)
    if consented(elder, RECORDING) is False:
        return ""
    zone = known_zone(elder.area.timezone)
    month = (now.astimezone(zone) if zone else now).strftime("%Y-%m")
    return f"{month}/call-in-{call_in_id}-{secrets.token_hex(4)}.wav"


def spoken_with(elder: Elder) -> Language:
    """The language in which to speak; Chinese with somebody whose own the robot does not speak."""
    return spoken_language(elder.language)
