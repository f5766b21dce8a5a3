"""Where providers report what became of messages that they took over: signed, in any order, repeatedly.

No worker signs in here and no form of ours is sent: the provider's signature over the body takes the place of
both. A report may be sent again by anybody who has seen it: it changes nothing the second time.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Literal

import structlog
from flask import Blueprint, Response, current_app, request

from escalation.channels import ReceiptRule
from escalation.receipts import take_receipt
from web.panel import panel

blueprint = Blueprint("receipts", __name__, url_prefix="/receipts")

SIGNATURE = "X-Wenan-Signature"
"""``sha256=`` and the HMAC-SHA256 of the body in hex."""
LONGEST_BODY = 256 * 1024
MOST_REPORTS = 500
"""In one request."""

Receipt = tuple[str, Literal["delivered", "failed"]]

_log = structlog.get_logger(__name__)
_KEY = "wenan-receipts"


class _UnreadableError(Exception):
    """The body is no report."""


@blueprint.post("/<channel>")
def report(channel: str) -> Response:
    """Take one report or a list of them.

    204: they are on record, now or before, or are about messages nobody here knows. 400: not a report, and
    nothing of it was taken. 403: the signature is not the provider's. 404: the channel gives no receipts.
    413: too long. 503 (no ledger) makes a provider try again.
    """
    rules: Mapping[str, ReceiptRule] = current_app.extensions[_KEY]
    rule = rules.get(channel)
    if rule is None:
        return Response(status=404)
    if (request.content_length or 0) > LONGEST_BODY:
        return Response(status=413)
    body = request.get_data()
    if not _is_genuine(rule, body, request.headers.get(SIGNATURE, "")):
        _log.warning("a receipt was refused", channel=channel, why="the signature is not the provider's")
        return Response(status=403)
    try:
        receipts = _read(rule, body)
    except _UnreadableError as error:
        _log.warning("a receipt was refused", channel=channel, why=str(error))
        return Response(status=400)
    for key, said in receipts:  # each for itself: a report about one message holds up no other
        with panel().ledger.session() as session:
            came = take_receipt(session, panel().rules, channel, key, said, panel().now())
        _log.info("a receipt was taken", channel=channel, report=said, came=came.value)
    return Response(status=204)


def install(rules: Mapping[str, ReceiptRule], extensions: dict[str, object]) -> None:
    """Give an app's extensions the channels whose providers report."""
    extensions[_KEY] = dict(rules)


def sign(secret: str, body: bytes) -> str:
    """The signature of a body, as a provider sends it."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def _is_genuine(rule: ReceiptRule, body: bytes, signature: str) -> bool:
    mine = sign(rule.secret.get_secret_value(), body)
    return hmac.compare_digest(mine.encode(), signature.strip().encode("utf-8", "surrogateescape"))


def _read(rule: ReceiptRule, body: bytes) -> list[Receipt]:
    """Reports that say how a message ended; those that are on their way say nothing yet."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _UnreadableError("it is no JSON") from error
    entries = said if isinstance(said, list) else [said]
    if len(entries) > MOST_REPORTS:
        raise _UnreadableError(f"more than {MOST_REPORTS} at once")
    found = [_entry(rule, entry) for entry in entries]
    return [(key, meaning) for key, word in found if (meaning := rule.read(word)) is not None]


def _entry(rule: ReceiptRule, entry: Any) -> tuple[str, str]:
    key = entry.get(rule.id) if isinstance(entry, dict) else None
    word = entry.get(rule.status) if isinstance(entry, dict) else None
    if not isinstance(key, str) or not isinstance(word, str) or not key or "\x00" in key:
        raise _UnreadableError(f"it names no {rule.id} and {rule.status}")
    return key, word
