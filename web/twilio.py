"""Where Twilio reports how calls go: signed, each report kept once, whatever order they come in.

No worker signs in here and no form of ours is sent: Twilio's signature over the public URL takes the place of
both. Logs name calls, never numbers.
"""

from __future__ import annotations

import re

import structlog
from flask import Blueprint, Response, current_app, request

from campaigns.calling_back import CallOf
from campaigns.unheard import note_at_the_door, note_unheard
from campaigns.unwritten import CallerUnheard
from ivr.lines.twilio import (
    TOKEN,
    BadIncomingError,
    BadNewsError,
    CallNews,
    TwilioLine,
    busy,
    caller_of,
    read_callback,
    seal_of,
    welcome,
)
from records.errors import LedgerError
from records.provider_events import ProviderEvent, Stored, store_event
from web.panel import panel
from web.twilio_door import TwilioDoor, event_of

blueprint = Blueprint("twilio", __name__, url_prefix="/twilio")

_log = structlog.get_logger(__name__)
_KEY = "wenan-twilio"
_REFERENCE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LONGEST_TOKEN = 120


@blueprint.post("/status/<reference>")
def status(reference: str) -> Response:
    """Take one report about the call of an attempt.

    204: on record, now or before. 400: not a report. 403: not from Twilio, or a replay. 503 (no ledger) makes
    Twilio try again where it is told to.
    """
    door: TwilioDoor = current_app.extensions[_KEY]
    url = door.settings.status_url(reference)
    if not _REFERENCE.fullmatch(reference) or request.query_string:
        return Response(status=404)
    if not door.signatures.genuine(url, request.form, dict(request.headers)):
        _log.warning("a report was refused", why="the signature is not Twilio's")
        return Response(status=403)
    try:
        news = read_callback(reference, request.form)
    except BadNewsError as error:
        _log.warning("a report was refused", why=str(error))
        return Response(status=400)
    if news is None:
        return Response(status=204)
    event = _event_of_request(news)
    with panel().ledger.session() as session:
        stored = store_event(session, event)
    if stored is Stored.REPLAYED:
        _log.warning("a report was refused", why="its signature was used before", sid=news.sid)
        return Response(status=403)
    if stored is Stored.NEW:
        door.hear(news)
    return Response(status=204)


@blueprint.post("/incoming")
def incoming() -> Response:
    """Say what is to be done with a call that comes in: bring its sound, or let it hear the busy tone.

    400: not such a question. 403: not from Twilio. Asked again for the same call, the answer is the same
    while there is room. The call is on record first: should whoever has the line be gone, it is found.
    """
    door: TwilioDoor = current_app.extensions[_KEY]
    if request.query_string:
        return Response(status=404)
    if not door.signatures.genuine(door.settings.incoming_url, request.form, dict(request.headers)):
        _log.warning("a call that came in was refused", why="the signature is not Twilio's")
        return Response(status=403)
    try:
        caller = caller_of(door.settings, request.form)
    except BadIncomingError as error:
        _log.warning("a call that came in was refused", why=str(error))
        return Response(status=400)
    room = door.takes_calls()
    _put_on_record(door, CallOf(TwilioLine.name, caller.sid, caller.number), let_in=room)
    return Response(welcome(door.settings, caller) if room else busy(), mimetype="text/xml")


def _put_on_record(door: TwilioDoor, call: CallOf, *, let_in: bool) -> None:
    """Without a ledger too callers are answered as there is room, and that they called is kept.

    Should somebody take the sound of one who was let in, what was kept changes nothing.
    """
    note = note_at_the_door if let_in else note_unheard
    try:
        with panel().ledger.session() as session:
            note(session, call, panel().now())
    except LedgerError:
        _log.error("a_call_is_not_on_record", sid=call.provider_call_id)
        if door.spool is not None:
            now = panel().now()
            door.spool.keep(CallerUnheard.of(call, now), now)


def install(door: TwilioDoor, extensions: dict[str, object]) -> None:
    """Give an app's extensions what the webhooks need."""
    extensions[_KEY] = door


def _event_of_request(news: CallNews) -> ProviderEvent:
    seal = seal_of(dict(request.headers))
    token = request.headers.get(TOKEN, "")[:_LONGEST_TOKEN] or f"signature:{seal}"
    return event_of(news, token=token, at=panel().now(), seal=seal)
