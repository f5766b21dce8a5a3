"""Whom a campaign is for: a filter over the roster, stored as JSON in the campaign's ``who``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from campaigns.policy import Category, Tier
from campaigns.tiers import age_on
from records.people import NOT_ON_ROSTER, Area, Elder

MOST_IN_QUERY = 500
"""Ids that a query is narrowed to; beyond it, reading everybody is the shorter way."""
Age = Annotated[int, Field(ge=0, le=150)]


class Who(BaseModel):
    """What is left empty is not asked for; the empty filter means every elder on the roster."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    areas: tuple[int, ...] = ()
    """Ids of areas; everything below them belongs to them."""
    but_areas: tuple[int, ...] = ()
    """Not these, with everything below them: they have rounds of their own."""
    tiers: tuple[Tier, ...] = ()
    categories: tuple[Category, ...] = ()
    """Any of these is enough."""
    age_from: Age | None = None
    age_to: Age | None = None
    """Inclusive."""
    due_by: date | None = None
    """Only those whose next visit, by the days that the policy allows, is due by then; None: everybody."""

    @model_validator(mode="after")
    def _ages_in_order(self) -> Who:
        if self.age_from is not None and self.age_to is not None and self.age_from > self.age_to:
            raise ValueError(f"nobody is both {self.age_from} or older and {self.age_to} or younger")
        return self


def elders_for(
    session: Session, who: Who, today: date, *, only: Collection[int] | None = None
) -> Sequence[Elder]:
    """The elders of the roster whom a filter means, whatever their status, with numbers and consents, by id.

    ``only`` are ids of elders, None for all. An elder of unknown age passes every limit of age:
    rather one visit too many.
    """
    wanted = select(Elder).where(Elder.status != NOT_ON_ROSTER).order_by(Elder.id)
    wanted = wanted.options(selectinload(Elder.phones), selectinload(Elder.consents))
    if who.areas:
        wanted = wanted.where(Elder.area_id.in_(with_everything_below(session, who.areas)))
    if who.but_areas:
        wanted = wanted.where(Elder.area_id.not_in(with_everything_below(session, who.but_areas)))
    if only is not None and len(only) <= MOST_IN_QUERY:
        wanted = wanted.where(Elder.id.in_(only))
    if who.tiers:
        wanted = wanted.where(Elder.tier.in_([tier.value for tier in who.tiers]))
    found = [elder for elder in session.scalars(wanted) if _matches(elder, who, today)]
    return found if only is None else [elder for elder in found if elder.id in only]


def _matches(elder: Elder, who: Who, today: date) -> bool:
    if who.categories and not set(elder.categories) & {category.value for category in who.categories}:
        return False
    age = age_on(elder.birth_date, today)
    if age is None:
        return True
    return (who.age_from is None or age >= who.age_from) and (who.age_to is None or age <= who.age_to)


def with_everything_below(session: Session, areas: Sequence[int]) -> set[int]:
    """Ids of areas and of all areas below them."""
    parents = session.execute(select(Area.id, Area.parent_id)).all()
    found = set(areas)
    more = found
    while more:
        more = {area for area, parent in parents if parent in more} - found
        found |= more
    return found
