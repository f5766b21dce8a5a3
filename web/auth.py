"""Signing in and out, and the language of the panel."""

from __future__ import annotations

import math

import structlog
from flask import Blueprint, Flask, flash, redirect, render_template, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask_babel import gettext, ngettext
from flask_login import current_user, login_user, logout_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from records.audit import audit
from records.people import Worker
from web import i18n
from web.identity import SignedIn, describe, me
from web.panel import panel
from web.passwords import password_matches

blueprint = Blueprint("auth", __name__)

_log = structlog.get_logger(__name__)
_LONGEST = 256
"""Characters of a login or password that are looked at: nobody may keep the processor busy with more."""


class Sessions(SecureCookieSessionInterface):
    """Sessions in signed cookies; a cookie given out over HTTPS is never sent over plain HTTP."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether the cookie gets the ``Secure`` mark."""
        return super().get_cookie_secure(app) or request.is_secure


@blueprint.get("/sign-in")
def sign_in() -> Response | str:
    """The sign-in page."""
    if current_user.is_authenticated:
        return redirect(url_for("overview.today"))
    return render_template("sign_in.html", login="", onward=_onward(request.args.get("next", "")))


@blueprint.post("/sign-in")
def enter() -> Response | tuple[str, int]:
    """Check login and password."""
    login = request.form.get("login", "").strip()[:_LONGEST]
    password = request.form.get("password", "")[:_LONGEST]
    onward = _onward(request.form.get("next", ""))
    key, now = (login.casefold(), request.remote_addr or ""), panel().now()
    wait = panel().throttle.wait(key, now)
    if wait:
        minutes = math.ceil(wait.total_seconds() / 60)
        flash(
            ngettext(
                "Too many wrong passwords. Please wait %(num)s minute.",
                "Too many wrong passwords. Please wait %(num)s minutes.",
                minutes,
            ),
            "problem",
        )
        return render_template("sign_in.html", login=login, onward=onward), 429
    worker = _worker(login, password)
    if worker is None:
        panel().throttle.failed(key, now)
        _log.info("sign_in_refused", address=request.remote_addr)
        flash(gettext("Login and password do not fit together."), "problem")
        return render_template("sign_in.html", login=login, onward=onward), 401
    panel().throttle.succeeded(key)
    language = session.get("language")
    session.clear()  # a session begun by somebody else is not carried into this one
    if language is not None:
        session["language"] = language
    session.permanent = True  # ends after the app's PERMANENT_SESSION_LIFETIME
    login_user(worker)
    # Those who go to the elders want to see at once where they must go.
    home = "orders.found" if worker.role == "grid_worker" else "overview.today"
    return redirect(onward or url_for(home))


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End the session."""
    user = me()
    with panel().ledger.session() as ledger:
        audit(
            ledger,
            at=panel().now(),
            actor=user.login,
            action="signed_out",
            subject_type="worker",
            subject_id=user.id,
        )
    logout_user()
    session.clear()  # the next worker at this browser finds nothing of this one, not even the language
    return redirect(url_for("auth.sign_in"))


@blueprint.post("/language")
def language() -> Response:
    """Change the panel's language, for this browser and for the signed-in worker."""
    chosen = request.form.get("language", "")
    if i18n.choose(chosen) and current_user.is_authenticated:
        with panel().ledger.session() as ledger:
            worker = ledger.get(Worker, me().id)
            if worker is not None:
                worker.language = i18n.TAGS[chosen]
    return redirect(_onward(request.form.get("next", "")) or url_for("overview.today"))


def _worker(login: str, password: str) -> SignedIn | None:
    """The worker whom login and password belong to; None also for accounts that were closed."""
    with panel().ledger.reading() as ledger:
        worker = ledger.scalar(select(Worker).where(Worker.login == login))
        password_hash = worker.password_hash if worker is not None and worker.active else ""
    if not password_matches(password, password_hash) or worker is None:
        return None
    with panel().ledger.session() as ledger:
        audit(
            ledger,
            at=panel().now(),
            actor=worker.login,
            action="signed_in",
            subject_type="worker",
            subject_id=worker.id,
        )
        return describe(ledger, ledger.get_one(Worker, worker.id))


def _onward(path: str) -> str:
    """A path of this panel to go on to; empty when the path leads elsewhere."""
    ours = (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and path.isprintable()
        and "\\" not in path
    )
    return path if ours else ""
