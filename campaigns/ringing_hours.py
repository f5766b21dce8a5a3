"""Whether people around an elder may be rung now: in the hours in which the elder themselves might be."""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError
from sqlalchemy.orm import Session

from campaigns.places import hours_for, windows_of
from campaigns.windows import Windows, may_begin
from records.orders import WorkOrder
from records.visits import Visit


def may_ring(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Whether the hours of the visit's campaign, as they hold at the elder's place, let a call begin.

    Fails closed: hours that cannot be read, or a zone nobody knows, mean no.
    """
    visit = None if order.visit_id is None else session.get(Visit, order.visit_id)
    try:
        if visit is not None:
            return may_begin(hours_for(order.elder, Windows.model_validate(_stored(visit))), now)
    except ValidationError:
        return False
    local = windows_of(order.elder.area)
    return local is not None and may_begin(local, now)


def _stored(visit: Visit) -> object:
    return visit.snapshot.get("windows") or visit.campaign.windows
