"""How satisfied elders are with what was done for them (满意度), by area and tier, since a moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TypeVar

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from records.feedback import RATINGS, SATISFIED, Feedback
from records.people import Elder

SAID = tuple(rating for rating in RATINGS if rating != "nothing")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """What elders of a group said."""

    satisfied: int = 0
    said: int = 0
    """How many said anything; whoever would or could not is not among them."""
    silent: int = 0
    """Who were asked and would or could not say."""
    by_server: int = 0
    """Of those who said anything, whose word was noted by the very person who gave the service."""

    @property
    def share(self) -> float | None:
        """0..1; None when nobody said anything."""
        return self.satisfied / self.said if self.said else None

    def falls_short(self, target: int) -> bool:
        """Whether fewer than ``target`` percent were satisfied; of nobody nothing can be said."""
        return self.satisfied * 100 < target * self.said

    def __add__(self, other: Satisfaction) -> Satisfaction:
        return Satisfaction(
            self.satisfied + other.satisfied,
            self.said + other.said,
            self.silent + other.silent,
            self.by_server + other.by_server,
        )


@dataclass(frozen=True, slots=True)
class Said:
    """What was said where, by elders of a tier."""

    area_id: int
    tier: str
    found: Satisfaction


def month_began(now: datetime, zone: tzinfo | None) -> datetime:
    """The first moment of the month of ``now`` by the calendar of that time zone; None: this machine's."""
    return now.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def read_said(session: Session, since: datetime, *, where: ColumnElement[bool] | None = None) -> list[Said]:
    """What was noted since a moment; ``where`` narrows the elders. Reads no more than was noted since."""
    own_word = Feedback.noted_by == Feedback.served_by
    columns = (Elder.area_id, Elder.tier, Feedback.rating, own_word)
    rows = session.execute(
        select(*columns, func.count())
        .join(Elder, Elder.id == Feedback.elder_id)
        .where(Feedback.noted_at >= since, Feedback.rating.is_not(None), true() if where is None else where)
        .group_by(*columns)
    )
    return [
        Said(
            area_id,
            tier,
            Satisfaction(
                satisfied=many * (rating in SATISFIED),
                said=many * (rating in SAID),
                silent=many * (rating not in SAID),
                by_server=many * (rating in SAID and bool(own)),
            ),
        )
        for area_id, tier, rating, own, many in rows
    ]


def together(said: Sequence[Said]) -> Satisfaction:
    """All of it."""
    return sum((each.found for each in said), Satisfaction())


def together_by(said: Sequence[Said], key: Callable[[Said], K]) -> dict[K, Satisfaction]:
    """Each group's."""
    found: defaultdict[K, Satisfaction] = defaultdict(Satisfaction)
    for each in said:
        found[key(each)] += each.found
    return dict(found)
