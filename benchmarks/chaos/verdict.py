"""What must hold afterwards, asked of the ledger, the exchange's journal and the messages that arrived."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.chaos.exchange import Dialled
from benchmarks.chaos.fates import in_distress, plan_of
from campaigns.windows import Windows, is_open
from ivr.lines.twilio.news import FINAL
from records.orders import Notification, WorkOrder
from records.provider_events import ProviderEvent
from records.sessions import Ledger
from records.visits import CallAttempt, Flag, Visit


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that must not be."""

    invariant: str
    """Which of the invariants it breaks, by the names in ``faults``, or ``over in time``."""
    what: str

    def __str__(self) -> str:
        return f"{self.what} [{self.invariant}]"


def faults(
    ledger: Ledger,
    journal: Sequence[Dialled],
    messages: Path,
    *,
    seed: int,
    windows: Windows,
    misled_s: float,
) -> list[Fault]:
    """Everything that is wrong; ``misled_s``: by how much a worker's clock may have lied."""
    delivered = [json.loads(line)["key"] for line in messages.read_text().splitlines()]
    with ledger.reading() as session:
        found = {
            "something proven": _nothing_proven(session),
            "nobody forgotten": _nobodys(session),
            "one attempt, one call": _doubled(session, journal),
            "calling hours": _out_of_hours(journal, windows, misled_s),
            "reports folded once": _misreported(session),
            "every cry has its order": _cries_unheard(session, seed),
            "one order of a kind": _orders_doubled(session),
            "everybody told": _untold(session, Counter(delivered)),
        }
        return [Fault(invariant, what) for invariant, each in found.items() for what in each]


def _nothing_proven(session: Session) -> Iterator[str]:
    """A run in which nobody was reached and nobody cried for help proves nothing."""
    if not session.scalar(select(func.count()).where(Visit.outcome == "completed")):
        yield "nobody was talked with"
    if not session.scalar(select(func.count()).where(Flag.urgency == "emergency")):
        yield "nobody cried for help"


def _nobodys(session: Session) -> Iterator[str]:
    """Every visit has ended, or a person has the order to make it."""
    for visit in session.scalars(select(Visit).where(Visit.status != "ended")):
        going = select(WorkOrder.id).where(
            WorkOrder.visit_id == visit.id, WorkOrder.kind == "in_person_visit"
        )
        if visit.mode != "in_home" or session.scalar(going) is None:
            yield f"visit {visit.id} is {visit.status} by {visit.mode} and nobody's"
    for attempt in session.scalars(select(CallAttempt).where(CallAttempt.status != "ended")):
        yield f"attempt {attempt.reference} was never closed"


def _doubled(session: Session, journal: Sequence[Dialled]) -> Iterator[str]:
    """No attempt reached the line twice, and whatever did was on record before."""
    for reference, times in Counter(call.reference for call in journal).items():
        if times > 1:
            yield f"{reference} was dialled {times} times"
    recorded = select(CallAttempt.reference).where(CallAttempt.dialled_at.is_not(None))
    for reference in {call.reference for call in journal} - set(session.scalars(recorded)):
        yield f"{reference} was dialled without being on record"


def _out_of_hours(journal: Sequence[Dialled], windows: Windows, misled_s: float) -> Iterator[str]:
    for call in journal:
        seen = [call.at + timedelta(seconds=wrong) for wrong in (-misled_s, 0.0, misled_s)]
        if not any(is_open(windows, moment) for moment in seen):
            yield f"{call.reference} was dialled at {call.at}, outside of its hours"


def _misreported(session: Session) -> Iterator[str]:
    """What the provider told twice is kept once, and no call came to something else than it told."""
    told = session.execute(select(ProviderEvent.token, ProviderEvent.reference, ProviderEvent.status)).all()
    for token, times in Counter(each.token for each in told).items():
        if times > 1:
            yield f"the report {token} is kept {times} times"
    ended = {each.reference: each.status for each in told if each.status in FINAL}
    for attempt in session.scalars(select(CallAttempt).where(CallAttempt.reference.in_(list(ended)))):
        if attempt.disposition == "answered_human":
            yield f"{attempt.reference} counts as answered, the provider told {ended[attempt.reference]}"


def _cries_unheard(session: Session, seed: int) -> Iterator[str]:
    """Whoever cried for help has an emergency order, whether the ledger knows of the cry or not."""
    flagged = set(session.scalars(select(Flag.visit_id).where(Flag.urgency == "emergency")))
    for visit in session.scalars(select(Visit)):
        cried = visit.outcome == "completed" and in_distress(plan_of(seed, visit.elder.phones[0].number))
        orders = session.scalars(
            select(WorkOrder).where(WorkOrder.visit_id == visit.id, WorkOrder.urgency == "emergency")
        ).all()
        if (cried or visit.id in flagged) and len(orders) != 1:
            yield f"visit {visit.id}: a cry for help, {len(orders)} emergency orders"


def _orders_doubled(session: Session) -> Iterator[str]:
    kinds = session.execute(select(WorkOrder.visit_id, WorkOrder.kind).where(WorkOrder.visit_id.is_not(None)))
    for (visit_id, kind), times in Counter((visit_id, kind) for visit_id, kind in kinds).items():
        if times > 1:
            yield f"visit {visit_id} has {times} orders for {kind}"


def _untold(session: Session, delivered: Counter[str]) -> Iterator[str]:
    """Every emergency was told to somebody; whatever counts as sent arrived, each message once."""
    told = set(session.scalars(select(Notification.order_id)))
    for order in session.scalars(select(WorkOrder).where(WorkOrder.urgency == "emergency")):
        if order.id not in told:
            yield f"order {order.id} is an emergency that nobody was told of"
    for message in session.scalars(select(Notification)):
        if message.status != "sent" or delivered[message.dedupe_key] != 1:
            times = delivered[message.dedupe_key]
            yield f"notification {message.id} is {message.status} and arrived {times} times"
