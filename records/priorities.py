"""A visit repeats whether its elder is of the key tier: one index holds what is due in the order of claims.

Whoever writes an elder's tier by the ledger's session writes it to their open visits with it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Result, event, inspect, select, update
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapper, ORMExecuteState, Session

from records.people import Elder

FIRST_TIER = "key"


def elder_comes_first(context: DefaultExecutionContext) -> bool:
    """Whether a visit that is being inserted without saying so comes first."""
    elder_id = context.get_current_parameters()["elder_id"]  # type: ignore[no-untyped-call]
    tier: str | None = context.connection.scalar(select(Elder.tier).where(Elder.id == elder_id))
    return tier == FIRST_TIER


def follow_tiers(visits: type[Any]) -> None:
    """Let open ``visits`` follow when the tier of their elder changes."""

    def changed(_mapper: Mapper[Elder], connection: Connection, elder: Elder) -> None:
        if inspect(elder).attrs.tier.history.has_changes():
            connection.execute(
                update(visits)
                .where(visits.elder_id == elder.id, visits.status != "ended")
                .values(comes_first=elder.tier == FIRST_TIER)
            )

    def changed_many(state: ORMExecuteState) -> Result[Any] | None:
        if not state.is_update or state.bind_mapper is not inspect(Elder):
            return None
        result = state.invoke_statement()
        first = select(Elder.id).where(Elder.id == visits.elder_id, Elder.tier == FIRST_TIER).exists()
        state.session.execute(
            update(visits)
            .where(visits.status != "ended", visits.comes_first != first)
            .values(comes_first=first)
            .execution_options(synchronize_session=False)
        )
        return result

    event.listen(Elder, "after_update", changed)
    event.listen(Session, "do_orm_execute", changed_many)
