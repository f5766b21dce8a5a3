"""Recordings of calls: only through here, only for those who may hear them, and every hearing is noted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import structlog
from flask import Blueprint, abort, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from records.audit import AuditEvent, audit
from records.call_ins import CallIn
from records.keyring import KeyringError
from records.sealed_files import open_file, size_of
from records.sealing import keyring
from records.visits import CallAttempt
from web.access import attempt_or_404, call_in_or_404
from web.identity import SignedIn, me
from web.panel import panel

blueprint = Blueprint("recordings", __name__, url_prefix="/recordings")

_log = structlog.get_logger(__name__)

ONE_HEARING = timedelta(minutes=10)
"""A browser fetches a recording piece by piece: pieces within this time count as one hearing."""


@blueprint.get("/<int:attempt_id>.wav")
def listen(attempt_id: int) -> Response:
    """The recording of a call, whole or the range of bytes that was asked for."""
    user = me()
    with panel().ledger.reading() as session:
        file = recording_of(attempt_or_404(session, user, attempt_id), panel().recordings_dir)
    return _given_out(user, file, "call_attempt", attempt_id)


@blueprint.get("/call-in/<int:call_in_id>.wav")
def listen_in(call_in_id: int) -> Response:
    """The recording of a call to us for which no visit was waiting."""
    user = me()
    with panel().ledger.reading() as session:
        file = recording_of(call_in_or_404(session, user, call_in_id), panel().recordings_dir)
    return _given_out(user, file, "call_in", call_in_id)


def _given_out(user: SignedIn, file: Path | None, subject: str, subject_id: int) -> Response:
    """A recording, once it is noted who hears it; 404 for one that is not there or cannot be opened."""
    with panel().ledger.reading() as session:
        heard = _heard_lately(session, user, subject, subject_id, panel().now())
    try:
        sound = None if file is None else opened(file)
    except (OSError, KeyringError):
        _log.error("recording_cannot_be_opened", subject=subject, id=subject_id)
        sound = None
    if file is None or sound is None:
        abort(404)
    if not heard:
        with panel().ledger.session() as session:
            audit(
                session,
                at=panel().now(),
                actor=user.login,
                action="heard_recording",
                subject_type=subject,
                subject_id=subject_id,
            )
    return _in_pieces(sound, file)


def opened(file: Path) -> BinaryIO:
    """A recording to be read, sealed or from before recordings were. Raises OSError, KeyringError."""
    return open_file(keyring(), file)


def _in_pieces(sound: BinaryIO, file: Path) -> Response:
    """All of it, or the range that was asked for; only the blocks that it lies in are opened."""
    size, changed = size_of(sound), file.stat().st_mtime
    answer = Response(wrap_file(request.environ, sound), mimetype="audio/wav", direct_passthrough=True)
    answer.content_length = size
    answer.last_modified = datetime.fromtimestamp(int(changed), UTC)
    answer.set_etag(f"{changed}-{size}")
    answer.cache_control.no_cache = True
    try:
        return answer.make_conditional(request.environ, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        sound.close()
        raise


def recording_of(attempt: CallAttempt | CallIn, folder: Path) -> Path | None:
    """The file of a call's recording; None when there is none, or when its name points out of the folder."""
    if not attempt.recording:
        return None
    root = folder.resolve()
    file = (root / attempt.recording).resolve()
    return file if file.is_relative_to(root) and file.is_file() else None


def _heard_lately(session: Session, user: SignedIn, subject: str, subject_id: int, now: datetime) -> bool:
    return (
        session.scalar(
            select(AuditEvent.id)
            .where(
                AuditEvent.subject_type == subject,
                AuditEvent.subject_id == subject_id,
                AuditEvent.action == "heard_recording",
                AuditEvent.actor == user.login,
                AuditEvent.at > now - ONE_HEARING,
            )
            .limit(1)
        )
        is not None
    )
