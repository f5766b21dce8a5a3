"""An elder rings us: who it may be, and the visit that waits for them, claimed as the dialer claims.

Only rows here. Nobody's consent, hours or absence stand in the way: it is they who call. What an elder has
refused stays refused all the same: then there is no visit to go on with, and only what they want is asked.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from campaigns.attempts import Ready, make_ready, next_number
from campaigns.briefing import Caller
from campaigns.claims import LEASE, Lease
from campaigns.history import INBOUND, end_of_period
from campaigns.phoning import reason_against_phoning
from campaigns.retries import VisitOutcome
from campaigns.snapshots import Snapshot
from records.audit import audit
from records.people import Elder, Phone
from records.sealing import keyring
from records.visits import CallAttempt, Campaign, Visit

ACTOR = "reception"
THEIRS = ("usable", "invalid")
"""States of numbers by which an elder is recognised: one that calls us exists, whatever was noted of it."""
ON_THE_ROSTER = ("active", "in_hospital", "away", "opted_out")
"""States of elders who are recognised."""


class Nothing(Enum):
    """Why there is no visit to go on with."""

    WAITING = auto()
    """Nothing waits: it was made, or its day has not come."""
    FREE = auto()
    """It is being called at this very moment. There are never two talks for one visit."""


@dataclass(frozen=True, slots=True)
class CallOf:
    """A call that came in, as the ledger is told of it."""

    line: str
    provider_call_id: str
    number: str
    """E.164, empty when it was withheld."""


def elders_at(session: Session, number: str) -> list[Elder]:
    """The elders of that number, a couple's both; nobody for a number that is withheld or a stranger's."""
    if not number:
        return []
    found = session.scalars(
        select(Elder)
        .join(Phone)
        .where(Phone.number_key == keyring().lookup_key(number), Phone.status.in_(THEIRS))
        .where(Elder.status.in_(ON_THE_ROSTER))
        .order_by(Elder.id)
    )
    return list(found.unique())


def take_up(
    session: Session, elder_id: int, call: CallOf, *, owner: str, caller: Caller, now: datetime
) -> Ready | Nothing:
    """Claim the visit that waits for an elder who is on the line, and put the call on record as its attempt.

    Of those that wait the half-done go before the due, these before the ones counted as unreachable. Commit
    before talking. Whoever else claims the visit at the same moment gets it or does not, never both.
    """
    visits = _open_visits(session, elder_id, now)
    if any(visit.status == "in_progress" for visit in visits):
        return Nothing.FREE
    waiting = sorted((visit for visit in visits if _waits(visit, now)), key=_rank)
    for visit in waiting:
        lease = _claim(session, visit, owner, now)
        if lease is None:
            return Nothing.FREE
        return _begin(session, lease, call, caller, now)
    return Nothing.WAITING


def _open_visits(session: Session, elder_id: int, now: datetime) -> list[Visit]:
    """Visits by telephone of campaigns that run, whose period is not over."""
    found = session.scalars(
        select(Visit)
        .join(Campaign)
        .where(Visit.elder_id == elder_id, Visit.mode == "telephone", Campaign.status == "running")
        .order_by(Visit.id)
    )
    return [visit for visit in found if now < end_of_period(visit)]


def _waits(visit: Visit, now: datetime) -> bool:
    policy = Snapshot.model_validate(visit.snapshot).policy
    if reason_against_phoning(visit.elder, policy, once_back=True):
        return False
    if visit.status == "ended":
        return visit.outcome == VisitOutcome.UNREACHABLE
    due = visit.next_attempt_at is None or visit.next_attempt_at <= now
    return due or bool(visit.attempts) or bool(visit.dialogue_state)


def _rank(visit: Visit) -> tuple[bool, bool, int]:
    return visit.status == "ended", not visit.dialogue_state, visit.id


def _claim(session: Session, visit: Visit, owner: str, now: datetime) -> Lease | None:
    """Take the visit, open again if it was given up; None when somebody else has taken it meanwhile."""
    given_up = and_(Visit.status == "ended", Visit.outcome == VisitOutcome.UNREACHABLE.value)
    fence = session.scalar(
        update(Visit)
        .where(Visit.id == visit.id, or_(Visit.status == "planned", given_up))
        .values(
            status="in_progress",
            outcome=None,
            ended_at=None,
            lease_owner=owner,
            lease_until=now + LEASE,
            fence=Visit.fence + 1,
        )
        .returning(Visit.fence)
        .execution_options(synchronize_session=False)
    )
    if fence is None:
        return None
    session.refresh(visit)
    return Lease(visit.id, visit.campaign_id, owner, fence)


def _begin(session: Session, lease: Lease, call: CallOf, caller: Caller, now: datetime) -> Ready:
    visit = session.get_one(Visit, lease.visit_id)
    key = keyring().lookup_key(call.number)
    phone = next(phone for phone in visit.elder.phones if phone.number_key == key)
    if phone.status == "invalid":
        phone.status = "usable"
    number = next_number(visit)
    attempt = CallAttempt(
        visit_id=visit.id,
        number=number,
        phone_id=phone.id,
        reference=f"visit-{visit.id}-call-in-{number}-{secrets.token_hex(4)}",
        fence=lease.fence,
        direction=INBOUND,
        status="dialling",
        line=call.line,
        provider_call_id=call.provider_call_id,
        intended_at=now,
        dialled_at=now,
        answered_at=now,
    )
    ready = make_ready(session, lease, visit, attempt, phone, caller=caller, now=now)
    audit(
        session,
        at=now,
        actor=ACTOR,
        action="called_in",
        subject_type="visit",
        subject_id=visit.id,
        attempt=attempt.id,
    )
    return ready
