"""Whether the panel is alive, and whether it can do its work: for supervisors and monitoring."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint
from sqlalchemy import select

from records.audit import Heartbeat
from records.errors import LedgerError
from web.panel import panel

blueprint = Blueprint("health", __name__)

SILENT_AFTER = timedelta(minutes=15)
"""A component that has given no sign of life for this long counts as silent."""


@blueprint.get("/healthz")
def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@blueprint.get("/readyz")
def ready() -> tuple[dict[str, Any], int]:
    """Whether the ledger can be read (503 if not), and which components have fallen silent."""
    try:
        with panel().ledger.reading() as session:
            beats = session.scalars(select(Heartbeat)).all()
    except LedgerError:
        return {"status": "no ledger"}, 503
    silent = sorted(beat.component for beat in beats if panel().now() - beat.at > SILENT_AFTER)
    return {"status": "ready", "silent": silent}, 200
