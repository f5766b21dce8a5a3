"""Rows of the ledger as stories need them that are about something else: only what matters is said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from records.orders import WorkOrder
from records.people import Area, Elder
from records.visits import Assessment


def an_elder(at: datetime, **about: Any) -> Elder:
    """Somebody of a town, on the roster since then."""
    usual = {"roster_key": "k", "name": "王秀英", "tier": "general", "visit_mode": "telephone"}
    if "area_id" not in about:
        usual["area"] = Area(level="town", name="昆仑镇")
    return Elder(created_at=at, updated_at=at, **(usual | about))


def scored(at: datetime, **about: Any) -> Assessment:
    """A visit's scores: well, unless it is said otherwise."""
    usual = {"overall": "green", "score": 1.0, "weights_version": "1"}
    return Assessment(dimensions={}, record_sheet={}, manner={}, assessed_at=at, **(usual | about))


def work_order(elder_id: int, at: datetime, key: str = "x", **about: Any) -> WorkOrder:
    """Somebody is to go there: an order opened at that moment and due at once, by a key of its own."""
    usual = {"kind": "in_person_visit", "urgency": "need", "reason": "need", "summary": "去看一看"}
    times = {"deadline": at, "opened_at": at}
    return WorkOrder(elder_id=elder_id, dedupe_key=key, policy_version="1", **(usual | times | about))
