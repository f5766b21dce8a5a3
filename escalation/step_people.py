"""Whom a step of a ladder names: for those who climb it, and for the page that shows whom it would reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.duty import Roster, of_role
from escalation.ladders import Target
from records.people import Area, Worker


def area_of(session: Session, target: Target, area_id: int) -> int:
    """Where to look from: the area that is named, or the given one; also where the named one is gone."""
    if not target.area:
        return area_id
    named = session.scalar(select(Area.id).where(Area.name == target.area).order_by(Area.id).limit(1))
    return area_id if named is None else named


def told_besides(
    session: Session, area_id: int, targets: Sequence[Target], holder: Worker | None, now: datetime
) -> list[Worker]:
    """Everybody a step names besides the one on duty; those who are away through their stand-ins.

    Where all of them are away and nobody stands in, they are told nevertheless: better than nobody.
    ``holder``: whoever has the order.
    """
    found: list[Worker] = []
    for target in targets:
        if target.role is not None:
            found += of_role(session, area_of(session, target, area_id), target.role, now)
        elif target.who == "worker":
            found += session.scalars(select(Worker).where(Worker.login == target.login, Worker.active))
        elif target.who == "holder" and holder is not None:
            found.append(holder)
    there = Roster.at(session, now).present(session, found)
    return there or list({worker.id: worker for worker in found if worker.active}.values())
