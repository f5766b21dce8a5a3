"""Recordings of calls: only through here, only for those who may hear them, and every hearing is noted."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from flask import Blueprint, abort, send_file
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from records.audit import AuditEvent, audit
from records.visits import CallAttempt
from web.access import attempt_or_404
from web.identity import SignedIn, me
from web.panel import panel

blueprint = Blueprint("recordings", __name__, url_prefix="/recordings")

ONE_HEARING = timedelta(minutes=10)
"""A browser fetches a recording piece by piece: pieces within this time count as one hearing."""


@blueprint.get("/<int:attempt_id>.wav")
def listen(attempt_id: int) -> Response:
    """The recording of a call, whole or the range of bytes that was asked for."""
    user = me()
    with panel().ledger.reading() as session:
        attempt = attempt_or_404(session, user, attempt_id)
        file = recording_of(attempt, panel().recordings_dir)
        heard = _heard_lately(session, user, attempt_id, panel().now())
    if file is None:
        abort(404)
    if not heard:
        with panel().ledger.session() as session:
            audit(
                session,
                at=panel().now(),
                actor=user.login,
                action="heard_recording",
                subject_type="call_attempt",
                subject_id=attempt_id,
            )
    return send_file(file, mimetype="audio/wav", conditional=True, max_age=0)


def recording_of(attempt: CallAttempt, folder: Path) -> Path | None:
    """The file of a call's recording; None when there is none, or when its name points out of the folder."""
    if not attempt.recording:
        return None
    root = folder.resolve()
    file = (root / attempt.recording).resolve()
    return file if file.is_relative_to(root) and file.is_file() else None


def _heard_lately(session: Session, user: SignedIn, attempt_id: int, now: datetime) -> bool:
    return (
        session.scalar(
            select(AuditEvent.id)
            .where(
                AuditEvent.subject_type == "call_attempt",
                AuditEvent.subject_id == attempt_id,
                AuditEvent.action == "heard_recording",
                AuditEvent.actor == user.login,
                AuditEvent.at > now - ONE_HEARING,
            )
            .limit(1)
        )
        is not None
    )
