"""Somebody who is on no roster and needs help: a row to hang their order on, and nothing else.

They are visited by nobody, counted by nothing and recognised by no call; a person who finds out who they are
puts them on the roster.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.call_ins import CallIn
from records.people import NOT_ON_ROSTER, Area, Elder, Phone


class NoAreaError(Exception):
    """There is no area whose workers could be asked."""


def unknown_caller(session: Session, call_in: CallIn, name: str, now: datetime) -> Elder:
    """The row of whoever made this call: one for each number, one for each call that withholds it.

    They are put down for the highest area, whose coordinators decide who goes. Raises NoAreaError.
    """
    key = f"caller:{call_in.number_key[:50] or call_in.id}"
    known = session.scalars(select(Elder).where(Elder.roster_key == key)).one_or_none()
    if known is not None:
        return known
    area = session.scalars(select(Area).where(Area.parent_id.is_(None)).order_by(Area.id)).first()
    if area is None:
        raise NoAreaError("A caller needs help, and there is no area whose workers could be asked")
    elder = Elder(
        area=area,
        roster_key=key,
        place_key=key,
        name=f"{name} {call_in.number}".strip(),
        tier="general",
        visit_mode="in_home",
        mode_reason="not_active",
        status=NOT_ON_ROSTER,
        created_at=now,
        updated_at=now,
    )
    if call_in.number:
        elder.phones.append(Phone(position=1, number=call_in.number, number_key=call_in.number_key))
    session.add(elder)
    session.flush()
    return elder
