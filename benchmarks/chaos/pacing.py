"""How fast the town's time may run on this machine: as fast as its workers can follow.

Between the intent of a call and its dialling lie two transactions; a lease lasts 90 seconds in town. Where
the machine is busy with other things these take seconds, and at thirty seconds in town for each real one the
lease is over before the telephone rings: the product rightly gives the attempt up, tries again, and nobody is
ever called. That is a property of the clock, not of the product, so the clock gives way.
"""

from __future__ import annotations

from datetime import datetime
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.claims import LEASE
from records.visits import CallAttempt

ENOUGH = 8
"""Attempts from which something can be told: most of them of workers that were neither killed nor frozen."""
LATEST = 60
SLOWEST = 2.0
AIM_S = LEASE.total_seconds() / 9
"""Seconds in town that should lie between intent and dialling."""


def lateness(session: Session, since: datetime, now: datetime) -> float | None:
    """Seconds in town that usually lie between an intent and its dialling, of intents ``since`` a moment.

    None while there are too few. An intent that was given up counts as a whole lease: its call came too late,
    or never.
    """
    rows = session.execute(
        select(CallAttempt.intended_at, CallAttempt.dialled_at, CallAttempt.status)
        .where(CallAttempt.intended_at >= since)
        .order_by(CallAttempt.id.desc())
        .limit(LATEST)
    )
    waits = []
    for intended, dialled, status in rows:
        waited = ((dialled or now) - intended).total_seconds()
        if dialled is None and status == "ended":
            waits.append(LEASE.total_seconds())
        elif dialled is not None or waited > AIM_S:
            waits.append(max(waited, 0.0))
    return median(waits) if len(waits) >= ENOUGH else None


def rate_after(rate: float, late: float, wanted: float) -> float:
    """How fast time is to run next, when calls were so late at ``rate``; ``wanted`` at most."""
    factor = min(max(AIM_S / max(late, 0.1), 0.5), 1.5)
    return min(max(rate * factor, min(SLOWEST, wanted)), wanted)


def first_rate(wanted: float) -> float:
    """How fast time runs until the first calls tell how fast it may."""
    return min(wanted, max(wanted / 4, SLOWEST))
