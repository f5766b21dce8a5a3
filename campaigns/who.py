"""Whom a campaign is for: a filter over the roster, stored as JSON in the campaign's ``who``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from campaigns.policy import Category, Tier
from campaigns.tiers import age_on
from records.people import NOT_ON_ROSTER, Area, Elder

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


def means(session: Session, who: Who, elder: Elder, today: date) -> bool:
    """Whether a filter means an elder, by all that does not depend on earlier visits."""
    wanted = select(Elder.id).where(Elder.id == elder.id, *conditions(session, who))
    return session.scalar(wanted) is not None and matches(elder.categories, elder.birth_date, who, today)


def conditions(session: Session, who: Who) -> list[ColumnElement[bool]]:
    """What a filter asks of elders that the database can tell."""
    asked: list[ColumnElement[bool]] = [Elder.status != NOT_ON_ROSTER]
    if who.areas:
        asked.append(Elder.area_id.in_(with_everything_below(session, who.areas)))
    if who.but_areas:
        asked.append(Elder.area_id.not_in(with_everything_below(session, who.but_areas)))
    if who.tiers:
        asked.append(Elder.tier.in_([tier.value for tier in who.tiers]))
    return asked


def matches(categories: Collection[str], birth_date: date | None, who: Who, today: date) -> bool:
    """What a filter asks beyond its ``conditions``.

    An elder of unknown age passes every limit of age: rather one visit too many.
    """
    if who.categories and not set(categories) & {category.value for category in who.categories}:
        return False
    age = age_on(birth_date, today)
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
