"""How a run stands: what is over, what is under way, what is still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records.orders import Notification, WorkOrder
from records.visits import CallAttempt, Campaign, Visit


@dataclass(frozen=True, slots=True)
class Standing:
    """The ledger at one moment."""

    visits: int
    over: int
    under_way: int
    coming: datetime | None
    """When the next call is due; None when nobody waits for one."""
    messages: int
    """Waiting to be delivered."""
    unordered: int
    """Visits in person that nobody was asked to make yet."""
    paused: Sequence[int]
    """Campaigns that a gateway has paused."""
    dialled: int
    never_dialled: int
    """Attempts given up before the line had them: of a process that died, stood still, or was slow."""

    @property
    def progress(self) -> tuple[int, ...]:
        """Changes whenever something was done; claiming and giving up alone is nothing."""
        return (self.over, self.dialled, self.messages, self.unordered)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be done."""
        return not (self.under_way or self.coming or self.messages or self.unordered)

    def __str__(self) -> str:
        coming = f"next {self.coming:%d %H:%M}" if self.coming else "nobody waits"
        return (
            f"{self.over} of {self.visits} over, {self.under_way} under way, {coming}, "
            f"{self.messages} messages, {self.unordered} to be ordered; "
            f"{self.dialled} calls, {self.never_dialled} attempts never dialled"
        )


def standing(session: Session) -> Standing:
    """Ask the ledger."""
    calls = Visit.mode == "telephone"
    states = dict(session.execute(select(Visit.status, func.count()).group_by(Visit.status)).all())
    attempts = select(func.count()).select_from(CallAttempt)
    return Standing(
        visits=sum(states.values()),
        over=states.get("ended", 0),
        under_way=states.get("in_progress", 0),
        coming=session.scalar(
            select(func.min(Visit.next_attempt_at)).where(calls, Visit.status == "planned")
        ),
        messages=session.scalar(select(func.count()).where(Notification.status == "pending")) or 0,
        unordered=session.scalar(
            select(func.count(Visit.id))
            .outerjoin(WorkOrder, WorkOrder.visit_id == Visit.id)
            .where(~calls, Visit.status != "ended", WorkOrder.id.is_(None))
        )
        or 0,
        paused=session.scalars(select(Campaign.id).where(Campaign.status == "paused")).all(),
        dialled=session.scalar(attempts.where(CallAttempt.dialled_at.is_not(None))) or 0,
        never_dialled=session.scalar(
            attempts.where(CallAttempt.dialled_at.is_(None), CallAttempt.status == "ended")
        )
        or 0,
    )
