"""By when an order that is opened once more must be seen to: as long from now as the policy gives."""

from __future__ import annotations

from datetime import datetime, timedelta

from escalation.decide import due_by
from escalation.rules import Rules
from records.orders import WorkOrder

AT_LEAST = timedelta(hours=2)
"""For orders that the policy in force has no deadline for, such as those for visits at home."""


def renewed(rules: Rules, order: WorkOrder, now: datetime) -> datetime:
    """The new deadline. The old one is over, or was for something else: nobody is late at once."""
    for name, situation in rules.policy.situations.items():
        for rule in situation.orders if name == order.reason else ():
            if rule.kind == order.kind:
                elder = order.elder
                deadline = rules.policy.deadlines[rule.deadline]
                return due_by(deadline, tier=elder.tier, now=now, timezone=elder.area.timezone)
    return max(order.deadline, now + AT_LEAST)
