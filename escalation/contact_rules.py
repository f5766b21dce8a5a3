"""How the people around an elder are asked when nobody reaches the elder; see ``docs/reaching.md``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from records.orders import WorkOrder

MayRing = Callable[[Session, WorkOrder, datetime], bool]
"""Whether the calling hours of the elder's place allow a call to begin."""


@dataclass(frozen=True, slots=True)
class ContactRules:
    """How contacts are asked."""

    may_ring: MayRing
    most: int = 3
    """Contacts to an order."""
    wait: timedelta = timedelta(minutes=30)
    """How long the ladder rests at most while they are asked; a quarter of the order's time where less."""
    going: timedelta = timedelta(minutes=45)
    """How long somebody who goes there has until they are asked again; half of the time left where less."""
    busy: timedelta = timedelta(minutes=5)
    """How soon a busy number is tried once more."""
