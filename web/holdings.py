"""Areas for which a worker may decide: their own with all below; everywhere only from the root."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.people import Area
from web.identity import SignedIn

EVERYWHERE = ""
"""How forms name the whole ledger."""


def is_ours(user: SignedIn, area_id: int | None) -> bool:
    """Whether what holds in an area (None: everywhere) is this worker's to decide on."""
    return user.sees_everything if area_id is None else area_id in user.areas


def areas_of(session: Session, user: SignedIn) -> Sequence[Area]:
    """The worker's areas, those above before those below."""
    rows = session.scalars(select(Area).where(Area.id.in_(user.areas)).order_by(Area.id)).all()
    return sorted(rows, key=lambda area: (_depth(area), area.id))


def wanted_area(session: Session, user: SignedIn, text: str) -> Area | None:
    """The area that a form or an address names, None for everywhere; 403 or 404 when it is not theirs."""
    if text == EVERYWHERE:
        if not user.sees_everything:
            abort(403)
        return None
    area = session.get(Area, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - any such number fits a column
    if area is None or area.id not in user.areas:
        abort(404)
    return area


def place_asked_for(session: Session, user: SignedIn) -> Area | None:
    """The area that this request's address names; without one the highest for which the worker decides."""
    asked = request.args.get("area")
    if asked is None and not user.sees_everything:
        return areas_of(session, user)[0]
    return wanted_area(session, user, asked or EVERYWHERE)


def _depth(area: Area) -> int:
    depth, seen, above = 0, {area.id}, area.parent
    while above is not None and above.id not in seen:
        seen.add(above.id)
        depth, above = depth + 1, above.parent
    return depth
