"""A visit repeats what claims ask of its elder, the key tier and the area: indexes hold it in their order.

Whoever writes an elder's tier or area by the ledger's session writes it to their open visits with it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Result, event, inspect, or_, select, update
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapper, ORMExecuteState, Session

from records.people import Elder

FIRST_TIER = "key"


def elder_comes_first(context: DefaultExecutionContext) -> bool:
    """Whether a visit that is being inserted without saying so comes first."""
    elder_id = context.get_current_parameters()["elder_id"]  # type: ignore[no-untyped-call]
    tier: str | None = context.connection.scalar(select(Elder.tier).where(Elder.id == elder_id))
    return tier == FIRST_TIER


def elder_lives_in(context: DefaultExecutionContext) -> int | None:
    """The area of a visit that is being inserted without naming it."""
    elder_id = context.get_current_parameters()["elder_id"]  # type: ignore[no-untyped-call]
    area: int | None = context.connection.scalar(select(Elder.area_id).where(Elder.id == elder_id))
    return area


def follow_elders(visits: type[Any]) -> None:
    """Let open ``visits`` follow when the tier or the area of their elder changes."""

    def changed(_mapper: Mapper[Elder], connection: Connection, elder: Elder) -> None:
        facts = inspect(elder).attrs
        if facts.tier.history.has_changes() or facts.area_id.history.has_changes():
            connection.execute(
                update(visits)
                .where(visits.elder_id == elder.id, visits.status != "ended")
                .values(comes_first=elder.tier == FIRST_TIER, area_id=elder.area_id)
            )

    def changed_many(state: ORMExecuteState) -> Result[Any] | None:
        if not state.is_update or state.bind_mapper is not inspect(Elder):
            return None
        result = state.invoke_statement()
        first = select(Elder.id).where(Elder.id == visits.elder_id, Elder.tier == FIRST_TIER).exists()
        home = select(Elder.area_id).where(Elder.id == visits.elder_id).scalar_subquery()
        state.session.execute(
            update(visits)
            .where(visits.status != "ended")
            .where(or_(visits.comes_first != first, visits.area_id.is_distinct_from(home)))
            .values(comes_first=first, area_id=home)
            .execution_options(synchronize_session=False)
        )
        return result

    event.listen(Elder, "after_update", changed)
    event.listen(Session, "do_orm_execute", changed_many)
