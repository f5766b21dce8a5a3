"""Parts of the system that stopped on purpose: whoever dies leaves no farewell and is missed.

A part *signs off* when its process is stopped as it should be. It is not called silent then; but where the
policy wants its work done, the auditor still asks who does it. A part that an operator has *retired* is
missed by nobody; so is one whose work nobody needs, once it has been silent for long. The next heartbeat
ends either.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.audit import Heartbeat, audit, beat

OFF = "off"
"""Where a heartbeat's ``detail`` says that the part stopped on purpose, and how."""
REASON = "reason"
SIGNED_OFF = "signed off"
RETIRED = "retired"


def sign_off(session: Session, components: Collection[str], at: datetime) -> None:
    """Say farewell for parts that stop now; those that never beat here have none to say.

    Where another process does the same work, its next heartbeat shows that the part is alive.
    """
    for component in components:
        row = session.get(Heartbeat, component, with_for_update=True)
        if row is not None:
            beat(session, component, at, **_without_farewell(row.detail), **{OFF: SIGNED_OFF})


def retire(session: Session, component: str, *, at: datetime, actor: str, reason: str = "") -> None:
    """Have nobody miss a part from now on, until it beats again; it need not have beaten before."""
    row = session.get(Heartbeat, component, with_for_update=True)
    why: dict[str, Any] = {REASON: reason} if reason else {}
    beat(session, component, at if row is None else row.at, **{OFF: RETIRED}, **why)
    audit(
        session,
        at=at,
        actor=actor,
        action="part_retired",
        subject_type="component",
        component=component,
        **why,
    )


def retire_unneeded(
    session: Session, needed: Collection[str], *, silent_for: timedelta, now: datetime, actor: str
) -> list[str]:
    """Retire the parts whose work nobody needs and that have said nothing for so long; returns which.

    Such as a part of an earlier version, or one whose work another part does since the roles have changed.
    """
    rows = session.scalars(select(Heartbeat).where(Heartbeat.at < now - silent_for)).all()
    gone = [row.component for row in rows if row.component not in needed and not farewell(row)]
    for component in gone:
        reason = f"silent for {silent_for.days} days, and the policy does not ask for it"
        retire(session, component, at=now, actor=actor, reason=reason)
    return gone


def reason_of(heartbeat: Heartbeat) -> str:
    """Why a part was retired; empty where nobody said, and for one that was not."""
    return str(heartbeat.detail.get(REASON, "")) if farewell(heartbeat) == RETIRED else ""


def farewell(heartbeat: Heartbeat) -> str:
    """How a part said farewell: ``SIGNED_OFF``, ``RETIRED``, or empty for one that did not."""
    said = heartbeat.detail.get(OFF, "")
    return said if said in (SIGNED_OFF, RETIRED) else ""


def _without_farewell(detail: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in detail.items() if name not in (OFF, REASON)}
