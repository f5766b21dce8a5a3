"""What a call came to, in one transaction: attempt, answers, flags, what was learned, what follows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from campaigns.aftercare import Aftercare
from campaigns.claims import Lease, renew
from campaigns.hearing import answers_in, left_open, store_answers, store_flags, store_turn
from campaigns.history import circumstances_of, was_interrupted
from campaigns.phoning import TELEPHONE_VISIT
from campaigns.policies import Policies
from campaigns.policy import Policy, PolicyError
from campaigns.retries import End, Retry
from campaigns.settling import ACTOR, settle
from campaigns.snapshots import Snapshot
from campaigns.standing import settle as derive
from ivr.lines import Disposition
from ivr.report import CallOutcome, CallReport
from records.audit import audit
from records.people import Consent, Elder
from records.visits import CallAttempt, Visit


def record_outcome(
    session: Session,
    lease: Lease,
    attempt_id: int,
    report: CallReport,
    *,
    recording: str,
    aftercare: Aftercare,
    now: datetime,
) -> Retry | End:
    """Write down how an attempt ended and what follows for its visit.

    ``recording`` names the file below the recordings folder, empty for none. Raises LeaseLostError when the
    visit has been taken over: then only ``record_facts`` is still to be done.
    """
    renew(session, lease, now)
    attempt = record_facts(session, attempt_id, report, recording=recording, aftercare=aftercare, now=now)
    visit = session.get_one(Visit, lease.visit_id)
    if report.state:
        visit.dialogue_state = dict(report.state)
    elif was_interrupted(attempt):
        store_flags(session, visit.id, left_open(visit.dialogue_state or {}), aftercare, now)
    _mark_number(session, attempt, now)
    _respect_refusal(session, visit, attempt, now)
    _learn_manner(visit, report.state)
    session.flush()
    session.expire(visit.elder)
    derive(visit.elder, _policy_today(session, visit, now), now.date())
    return settle(session, visit, aftercare, now)


def _policy_today(session: Session, visit: Visit, now: datetime) -> Policy:
    """The policy in force where the elder lives; should that be unreadable, the one the visit is marked with.

    Nothing that is wrong with a policy may keep a call from being written down.
    """
    try:
        return Policies.read(session).of(visit.elder.area_id, now.date())
    except PolicyError:
        return Snapshot.model_validate(visit.snapshot).policy


def record_facts(
    session: Session,
    attempt_id: int,
    report: CallReport,
    *,
    recording: str,
    aftercare: Aftercare,
    now: datetime,
) -> CallAttempt:
    """Write down the call itself and what was said in it, whoever may hold the visit by now."""
    attempt = session.get_one(CallAttempt, attempt_id)
    end_attempt(attempt, report, now)
    attempt.recording = recording
    for turn in report.turns:
        store_turn(session, attempt_id, turn)
    store_answers(session, attempt.visit_id, answers_in(report.state))
    store_flags(session, attempt.visit_id, report.flags, aftercare, now)
    return attempt


def end_attempt(attempt: CallAttempt, report: CallReport, now: datetime) -> None:
    """Close an attempt with what is known of it."""
    attempt.status = "ended"
    attempt.disposition = report.disposition.value
    attempt.call_outcome = report.outcome.value if report.outcome else None
    attempt.cause = report.cause[:120]
    attempt.answered_at = report.answered_at or attempt.answered_at
    attempt.ended_at = report.ended_at or now
    attempt.duration_s = report.duration_s
    if report.put_through is not None:
        attempt.put_through_to = report.put_through.to
        attempt.put_through_at = report.put_through.at
        attempt.put_through_s = report.put_through.seconds


def _mark_number(session: Session, attempt: CallAttempt, now: datetime) -> None:
    """A number that does not exist or is a stranger's is not rung again until a person has seen to it."""
    status = ""
    if attempt.disposition == Disposition.INVALID_NUMBER:
        status = "invalid"
    elif attempt.call_outcome == CallOutcome.WRONG_PERSON:
        status = "wrong_number"
    if status and attempt.phone.status == "usable":
        attempt.phone.status = status
        _note(session, now, "number_marked", "phone", attempt.phone_id, status=status, attempt=attempt.id)


def _respect_refusal(session: Session, visit: Visit, attempt: CallAttempt, now: datetime) -> None:
    """The wish not to be called again holds from this moment on, for every campaign."""
    session.flush()
    session.refresh(visit, ["attempts"])
    if not circumstances_of(visit).do_not_call or visit.elder.status == "opted_out":
        return
    opt_out(session, visit.elder, f"call {attempt.reference}", now, attempt=attempt.id)


def opt_out(session: Session, elder: Elder, source: str, now: datetime, **detail: Any) -> None:
    """Put down that an elder wants no more calls; ``source`` says where they said so."""
    elder.status = "opted_out"
    elder.updated_at = now
    session.add(
        Consent(
            elder_id=elder.id,
            kind=TELEPHONE_VISIT,
            granted=False,
            given_by="elder",
            source=source,
            recorded_at=now,
        )
    )
    _note(session, now, "opted_out", "elder", elder.id, **detail)


def _learn_manner(visit: Visit, state: Mapping[str, Any]) -> None:
    """Remember the pace and loudness that the elder (and nobody else) asked for."""
    if not state or state.get("elder_known") is not True:
        return
    brief = state.get("brief") or {}
    wishes = {
        name: state[name]
        for name in ("speed", "gain_db")
        if isinstance(state.get(name), int | float) and state[name] != brief.get(name)
    }
    if wishes:
        visit.elder.speech_preferences = {**visit.elder.speech_preferences, **wishes}


def _note(
    session: Session, now: datetime, action: str, subject_type: str, subject_id: int, **detail: Any
) -> None:
    audit(
        session,
        at=now,
        actor=ACTOR,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        **detail,
    )
