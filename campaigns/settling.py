"""What becomes of a visit after an attempt: another date for it, or its end with everything that follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from campaigns.aftercare import Aftercare
from campaigns.claims import let_go
from campaigns.history import circumstances_of, count_dialled, end_of_period, past_of
from campaigns.phoning import usable_phones
from campaigns.places import hours_for
from campaigns.retries import End, EndReason, Past, Retry, VisitOutcome, after, given_up
from campaigns.snapshots import Snapshot
from records.audit import audit
from records.visits import Visit

ACTOR = "dialer"
AFTER_A_CALL_IN = timedelta(minutes=10)
"""Nobody who has just put the receiver down on us is rung back sooner."""


def settle(session: Session, visit: Visit, aftercare: Aftercare, now: datetime) -> Retry | End:
    """Decide what follows the visit's last attempt, by the rules it was planned under, and write it down.

    At least one attempt was dialled and all are over.
    """
    _read_anew(session)
    past = past_of(visit)
    decision = _as_before(visit, past, now) if past[-1].came_to_nothing else _after(visit, past, now)
    count_dialled(visit)
    if isinstance(decision, Retry):
        put_off(visit, decision.at)
    else:
        end_visit(session, visit, decision, aftercare, now)
    return decision


def _after(visit: Visit, past: Sequence[Past], now: datetime) -> Retry | End:
    snapshot = Snapshot.model_validate(visit.snapshot)
    return after(
        past,
        circumstances_of(visit),
        phones=[phone.id for phone in usable_phones(visit.elder)],
        policy=snapshot.retries,
        windows=hours_for(visit.elder, snapshot.windows),
        moment=now,
        ends=end_of_period(visit),
    )


def _as_before(visit: Visit, past: Sequence[Past], now: datetime) -> Retry | End:
    """The elder rang us and said nothing: the visit goes back to where it was, waiting or given up."""
    if visit.next_attempt_at is None:
        earlier = [attempt for attempt in past if not attempt.inbound]
        return End(given_up(earlier), EndReason.ATTEMPTS_USED_UP)
    return Retry(max(visit.next_attempt_at, now + AFTER_A_CALL_IN), past[-1].phone)


def put_off(visit: Visit, until: datetime) -> None:
    """Give a visit back until a moment."""
    visit.status = "planned"
    visit.next_attempt_at = until
    let_go(visit)


def end_visit(session: Session, visit: Visit, end: End, aftercare: Aftercare, now: datetime) -> None:
    """End a visit and have it looked after, in the session's transaction."""
    visit.status = "ended"
    visit.outcome = end.outcome.value
    visit.ended_at = now
    visit.next_attempt_at = None
    let_go(visit)
    audit(
        session,
        at=now,
        actor=ACTOR,
        action="visit_ended",
        subject_type="visit",
        subject_id=visit.id,
        outcome=end.outcome.value,
        reason=end.reason.value,
    )
    _read_anew(session)
    aftercare.visit_ended(session, visit, now)


def end_with_period(session: Session, visit: Visit, aftercare: Aftercare, now: datetime) -> End:
    """End a visit whose period is over: expired if nobody was ever rung, else as far as it came."""
    past = past_of(visit)
    end = End(given_up(past) if past else VisitOutcome.EXPIRED, EndReason.PERIOD_OVER)
    end_visit(session, visit, end, aftercare, now)
    return end


def leave_to_people(session: Session, visit: Visit, reason: str, now: datetime) -> None:
    """Turn a telephone visit into one in person, because the elder may not be phoned any more."""
    visit.mode = "in_home"
    visit.mode_reason = reason[:200]
    visit.status = "planned"
    visit.next_attempt_at = None
    let_go(visit)
    audit(
        session,
        at=now,
        actor=ACTOR,
        action="left_to_people",
        subject_type="visit",
        subject_id=visit.id,
        reason=reason[:200],
    )


def _read_anew(session: Session) -> None:
    """Write what is pending and forget what was read, so that lists of rows show everything written."""
    session.flush()
    session.expire_all()
