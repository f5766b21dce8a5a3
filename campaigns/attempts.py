"""An attempt before anybody answers: may this elder be rung now, at which number; the intent on record."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError
from sqlalchemy import literal_column, select, update
from sqlalchemy.orm import Session, aliased

from campaigns.aftercare import Aftercare
from campaigns.briefing import Caller
from campaigns.claims import LEASE, Lease, LeaseLostError, renew
from campaigns.elder_brief import elder_brief
from campaigns.history import INTERRUPTED, NEVER_DIALLED, count_dialled, end_of_period, past_of
from campaigns.phoning import RECORDING, consented, reason_against_phoning, usable_phones
from campaigns.places import hours_for, reason_never
from campaigns.presence import back_at, is_absent, today_at
from campaigns.promises import with_promise
from campaigns.retries import End, EndReason, VisitOutcome, next_phone
from campaigns.scripts import modules_for_surges, stored_script, with_module
from campaigns.settling import end_visit, end_with_period, leave_to_people, put_off
from campaigns.snapshots import Snapshot
from campaigns.spreading import not_before
from campaigns.surges import Surges, module_in
from campaigns.tiers import ModeReason
from campaigns.windows import Windows, known_zone, may_begin, next_opening
from ivr.dialogue import DialogueState, begin
from ivr.lines import Disposition
from ivr.script import Script
from records.people import Phone
from records.promises import promised_order
from records.visits import CallAttempt, Visit

NUMBER_IN_USE_PAUSE = timedelta(minutes=10)
"""Before ringing a number on which another elder of the household is just being called."""


@dataclass(frozen=True, slots=True)
class Ready:
    """An attempt that is on record and may be dialled: all that the call needs."""

    lease: Lease
    attempt_id: int
    attempt_number: int
    reference: str
    phone_number: str
    elder_name: str
    script: Script
    state: DialogueState
    recording: str
    """Path below the recordings folder; empty when the elder does not want to be recorded."""


@dataclass(frozen=True, slots=True)
class NotCalled:
    """The visit moved on without a call: to a later moment, to people, or to its end."""

    elder_name: str
    outcome: str = ""
    next_attempt_at: datetime | None = None


def prepare(
    session: Session, lease: Lease, *, caller: Caller, aftercare: Aftercare, now: datetime
) -> Ready | NotCalled:
    """Check once more whether the visit may be called, and put the intent of an attempt on record.

    Nothing has been dialled when this returns; commit before ``mark_dialling``. Raises LeaseLostError.
    """
    renew(session, lease, now)
    visit = session.get_one(Visit, lease.visit_id)
    snapshot = Snapshot.model_validate(visit.snapshot)
    phone = _phone_to_ring(session, visit, snapshot, aftercare, now)
    if phone is None:
        return NotCalled(visit.elder.name, visit.outcome or "", visit.next_attempt_at)
    number = next_number(visit)
    attempt = CallAttempt(
        visit_id=visit.id,
        number=number,
        phone_id=phone.id,
        reference=f"visit-{visit.id}-attempt-{number}-{secrets.token_hex(4)}",
        fence=lease.fence,
        intended_at=now,
    )
    return make_ready(session, lease, visit, attempt, phone, caller=caller, now=now)


def next_number(visit: Visit) -> int:
    """The number of the visit's next attempt."""
    return max((attempt.number for attempt in visit.attempts), default=0) + 1


def make_ready(
    session: Session,
    lease: Lease,
    visit: Visit,
    attempt: CallAttempt,
    phone: Phone,
    *,
    caller: Caller,
    now: datetime,
) -> Ready:
    """Put an attempt on record and gather all that its call needs."""
    snapshot = Snapshot.model_validate(visit.snapshot)
    session.add(attempt)
    session.flush()
    script = stored_script(visit.campaign.script_version)
    if (promised := promised_order(session, visit)) is not None:
        script = with_promise(script, promised.codes)
    module = _module_now(session, visit, script, snapshot, now)
    script = with_module(script, module)
    return Ready(
        lease=lease,
        attempt_id=attempt.id,
        attempt_number=attempt.number,
        reference=attempt.reference,
        phone_number=phone.number,
        elder_name=visit.elder.name,
        script=script,
        state=_state_of(session, visit, script, module, caller, now),
        recording=_recording_path(visit, attempt.number, now),
    )


def mark_dialling(session: Session, ready: Ready, *, line: str, now: datetime) -> None:
    """Put on record that the attempt is being given to the line; commit before doing so.

    Raises LeaseLostError, also when the process stood still since the intent (suspended, starved): what was
    true of the calling hours then need not be true any more. ``campaigns.recovery`` brings the visit back.
    """
    renew(session, ready.lease, now)
    attempt = session.get_one(CallAttempt, ready.attempt_id)
    if not attempt.intended_at <= now < attempt.intended_at + LEASE:
        raise LeaseLostError(f"Attempt {attempt.id} was intended at {attempt.intended_at}; it is {now} now")
    attempt.status = "dialling"
    attempt.dialled_at = now
    attempt.line = line
    count_dialled(attempt.visit)


def withdraw(session: Session, ready: Ready, *, now: datetime) -> None:
    """Give up an attempt that was not dialled after all; the visit stays due."""
    renew(session, ready.lease, now)
    attempt = session.get_one(CallAttempt, ready.attempt_id)
    give_up(attempt, now)
    put_off(attempt.visit, now)


def give_up(attempt: CallAttempt, now: datetime) -> None:
    """Close an attempt that nobody carries on; it counts as dialled if it was given to the line."""
    attempt.cause = INTERRUPTED if attempt.status == "dialling" else NEVER_DIALLED
    attempt.status = "ended"
    attempt.disposition = Disposition.FAILED.value
    attempt.ended_at = now


def mark_answered(session: Session, ready: Ready, *, provider_call_id: str, now: datetime) -> None:
    """Put on record that somebody picked up."""
    renew(session, ready.lease, now)
    attempt = session.get_one(CallAttempt, ready.attempt_id)
    attempt.answered_at = now
    attempt.provider_call_id = provider_call_id


def _phone_to_ring(
    session: Session, visit: Visit, snapshot: Snapshot, aftercare: Aftercare, now: datetime
) -> Phone | None:
    """The number to ring now; None when the visit was moved on instead."""
    here = hours_for(visit.elder, snapshot.windows)
    if now + timedelta(minutes=here.min_remaining) > end_of_period(visit):
        end_with_period(session, visit, aftercare, now)
        return None
    if is_absent(visit.elder, today_at(visit.elder, now)):
        _wait_for_return(visit, here, now)
        return None
    reason = reason_against_phoning(visit.elder, snapshot.policy, once_back=True)
    if reason == ModeReason.NOT_ACTIVE:
        end = End(VisitOutcome.CANCELLED, EndReason.NO_LONGER_VISITED)
        end_visit(session, visit, end, aftercare, now)
        return None
    phones = {phone.id: phone for phone in usable_phones(visit.elder)}
    chosen = next_phone(past_of(visit), list(phones))
    if reason or chosen is None:
        leave_to_people(session, visit, reason or ModeReason.NO_USABLE_PHONE.value, now)
        return None
    in_use = _in_use(session, visit, phones[chosen])
    if may_begin(here, now) and not in_use:
        return phones[chosen]
    _wait_for_window(session, visit, here, now + NUMBER_IN_USE_PAUSE if in_use else now, now)
    return None


def _wait_for_window(
    session: Session, visit: Visit, here: Windows, earliest: datetime, now: datetime
) -> None:
    opening = next_opening(here, earliest)
    if opening is None:
        leave_to_people(session, visit, reason_never(here).value, now)
    else:
        put_off(visit, min(opening, end_of_period(visit)))


def _wait_for_return(visit: Visit, here: Windows, now: datetime) -> None:
    """Until the day on which the elder is back, or a day longer when nobody knows it.

    If the period ends first, the visit ends with it, and a person is told that nobody was there.
    """
    returning = back_at(visit.elder) or not_before("next_day", now, here)
    opening = next_opening(here, max(returning, now)) or returning
    put_off(visit, min(opening, end_of_period(visit)))


def _in_use(session: Session, visit: Visit, phone: Phone) -> bool:
    """Whether another visit is just ringing this number: couples share one, campaigns share elders.

    An UPDATE that changes nothing makes those who look at one number at the same time wait for each other.
    What is still open is spelt out, so that the index of open attempts serves.
    """
    session.execute(
        update(Phone)
        .where(Phone.number_key == phone.number_key)
        .values(number_key=Phone.number_key)
        .execution_options(synchronize_session=False)
    )
    ringing = aliased(Phone)
    in_use = (
        select(CallAttempt.id)
        .join(ringing, CallAttempt.phone_id == ringing.id)
        .where(CallAttempt.status != literal_column("'ended'"), CallAttempt.visit_id != visit.id)
        .where(ringing.number_key == phone.number_key)
        .limit(1)
    )
    return session.scalar(in_use) is not None


def _module_now(session: Session, visit: Visit, script: Script, snapshot: Snapshot, now: datetime) -> str:
    """What a surge of the day asks to speak of; else the module the visit was planned with.

    A talk that broke off goes on with the module it was begun with.
    """
    known = modules_for_surges(script)
    if visit.dialogue_state:
        begun = (visit.dialogue_state.get("brief") or {}).get("module")
        return begun if begun in known else snapshot.module
    surges = Surges.read(session).of(visit.elder)
    return module_in(surges, today_at(visit.elder, now), known) or snapshot.module


def _state_of(
    session: Session, visit: Visit, script: Script, module: str, caller: Caller, now: datetime
) -> DialogueState:
    """The dialogue to begin with: where the last call broke off, or from the start."""
    elder = visit.elder
    brief = elder_brief(session, elder, caller, now, language=elder.language, module=module)
    if not visit.dialogue_state:
        return begin(script, brief)
    try:
        return begin(script, brief, visit.dialogue_state)
    except ValidationError:
        # Left by another version of the dialogue: better to ask everything again than not to call.
        return begin(script, brief)


def _recording_path(visit: Visit, number: int, now: datetime) -> str:
    if consented(visit.elder, RECORDING) is False:
        return ""
    zone = known_zone(visit.elder.area.timezone)
    month = (now.astimezone(zone) if zone else now).strftime("%Y-%m")
    return f"{month}/visit-{visit.id}-attempt-{number}.wav"
