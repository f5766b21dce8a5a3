"""Pages for when something is wrong, in words that help."""

from __future__ import annotations

import traceback

import structlog
from flask import Flask, current_app, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response

from records.errors import LedgerError

_log = structlog.get_logger(__name__)


def handle(app: Flask) -> None:
    """Answer every error with a page (or JSON below ``/api``) that says what to do, never a traceback."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(LedgerError, _no_ledger)


def _http(error: HTTPException) -> Response | tuple[str, int] | tuple[dict[str, str], int]:
    code = error.code or 500
    if isinstance(error, InternalServerError) and error.original_exception is not None:
        # The traceback without the values of variables: those may be what an elder said.
        trace = "".join(traceback.format_exception(error.original_exception))
        _log.error("page_failed", path=request.path, trace=trace)
    if 300 <= code < 400:  # noqa: PLR2004 - redirects are not errors
        return error.get_response()
    return _answer(code, *_words(code))


def _stale(error: CSRFError) -> tuple[str, int] | tuple[dict[str, str], int]:  # noqa: ARG001 - Flask's signature
    return _answer(
        400,
        gettext("This form is too old"),
        gettext("Nothing was saved. Go back, load the page again and repeat what you entered."),
    )


def _no_ledger(error: LedgerError) -> tuple[str, int] | tuple[dict[str, str], int]:
    """Not even who is signed in can be read: a page in both languages that needs nothing of the records."""
    _log.error("ledger_unavailable", path=request.path, reason=str(error))
    if request.path.startswith("/api/"):
        return {"error": "no ledger"}, 503
    return current_app.jinja_env.get_template("no_ledger.html").render(), 503


def _words(code: int) -> tuple[str, str]:
    """Title and advice for a status."""
    if code == 403:  # noqa: PLR2004
        return gettext("This is not yours to do"), gettext(
            "Your role does not include this. If you need it for your work, ask your coordinator."
        )
    if code == 404:  # noqa: PLR2004
        return gettext("There is no such page"), gettext(
            "It may have been closed, or it belongs to an area that is not yours."
        )
    if code == 413:  # noqa: PLR2004
        return gettext("This file is too large"), gettext("A roster may have up to 10 megabytes.")
    if code >= 500:  # noqa: PLR2004
        return gettext("Something went wrong here"), gettext(
            "It was written to the log. Nothing you entered before is lost. Please try again; if it happens "
            "again, tell whoever looks after the server what you were doing."
        )
    return gettext("This did not work"), gettext("Go back and try again.")


def _answer(code: int, title: str, advice: str) -> tuple[str, int] | tuple[dict[str, str], int]:
    if request.path.startswith("/api/"):
        return {"error": title}, code
    return render_template("error.html", code=code, title=title, advice=advice), code
