"""Whether the panel is alive, and whether it can do its work: for supervisors and monitoring."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from sqlalchemy import select

from records.audit import Heartbeat
from records.errors import LedgerError
from records.farewells import farewell
from web.panel import panel

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@blueprint.get("/readyz")
def ready() -> tuple[dict[str, Any], int]:
    """Whether the ledger can be read (503 if not), which components have fallen silent, and which are off.

    Off are those that signed off or were retired: they stopped on purpose. With ``?all=1`` a silent component
    is a 503 as well: for monitors, not load balancers, since the panel can do its work without the dialer.
    """
    try:
        with panel().ledger.reading() as session:
            beats = session.scalars(select(Heartbeat)).all()
    except LedgerError:
        return {"status": "no ledger"}, 503
    patience = panel().rules.policy.auditor.patience
    off = sorted(beat.component for beat in beats if farewell(beat))
    silent = sorted(
        beat.component
        for beat in beats
        if not farewell(beat) and panel().now() - beat.at > patience(beat.component)
    )
    strict = request.args.get("all", "") not in ("", "0")
    return {"status": "ready", "silent": silent, "off": off}, 503 if silent and strict else 200
