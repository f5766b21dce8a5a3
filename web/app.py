"""The panel as a Flask application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from campaigns.roster import RosterSettings
from escalation.channels import ReceiptRule
from escalation.rules import Rules
from ivr.clock import Clock
from records.sessions import Ledger
from web import (
    access,
    api,
    auth,
    call_ins,
    calls,
    duty,
    elder_times,
    elders,
    errors,
    feedback,
    forecasts,
    headers,
    health,
    i18n,
    identity,
    ladders,
    line_shares,
    manner_rows,
    orders,
    overview,
    photos,
    policies,
    receipts,
    recordings,
    reviews,
    rosters,
    rotas,
    round_starts,
    steering,
    surge_days,
    template_tools,
    trail,
    twilio,
    words,
)
from web.panel import Panel, install
from web.twilio_door import TwilioDoor

MAX_UPLOAD = 10 * 1024 * 1024
"""Bytes of a roster."""
SESSION_LIFETIME = timedelta(hours=12)
"""A working day; after it, sign in again."""


def create_app(  # noqa: PLR0913 - the panel's whole surroundings, each by name, once
    ledger: Ledger,
    *,
    secret_key: str | bytes,
    recordings_dir: Path,
    clock: Clock,
    organisation: str,
    rules: Rules,
    demo_accounts: Sequence[tuple[str, str]] = (),
    notice: str = "",
    roster_settings: RosterSettings | None = None,
    default_area_code: str = "",
    minute_price: float = 0.0,
    secure_cookies: bool = False,
    proxies: int = 0,
    twilio_door: TwilioDoor | None = None,
    receipt_rules: Mapping[str, ReceiptRule] | None = None,
) -> Flask:
    """Build the panel.

    ``rules`` are escalation's: by them the panel decides again what a visit calls for when a worker has
    corrected an answer, and whom to ask when somebody hands an order back. ``demo_accounts`` are (login,
    password) pairs shown on the sign-in page: for demonstrations only. ``notice`` is a line for the top of
    every page. ``roster_settings`` and ``default_area_code`` are for rosters brought in through the panel.
    ``minute_price`` is what forecasts reckon a minute of a call with, 0 for unknown.
    ``secure_cookies`` is for panels served over HTTPS; even without it, cookies
    given out over HTTPS stay on HTTPS. ``proxies`` is how many reverse proxies of our own stand before the
    panel and say who the client is. ``twilio_door`` opens Twilio's webhooks; without it there are none.
    ``receipt_rules``: by channel, how its provider reports what became of messages.
    """
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=secret_key,
        MAX_CONTENT_LENGTH=MAX_UPLOAD,
        PERMANENT_SESSION_LIFETIME=SESSION_LIFETIME,
        SESSION_REFRESH_EACH_REQUEST=False,
        SESSION_COOKIE_NAME="wenan",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure_cookies,
        WTF_CSRF_TIME_LIMIT=int(SESSION_LIFETIME.total_seconds()),
    )
    install(
        app,
        Panel(
            ledger=ledger,
            clock=clock,
            recordings_dir=recordings_dir,
            organisation=organisation,
            rules=rules,
            demo_accounts=tuple(demo_accounts),
            notice=notice,
            roster_settings=roster_settings or RosterSettings(),
            default_area_code=default_area_code,
            minute_price=minute_price,
        ),
    )
    app.session_interface = auth.Sessions()
    app.url_value_preprocessor(lambda *_: photos.make_room())  # before anything reads the form
    csrf = CSRFProtect(app)
    identity.manager().init_app(app)
    access.guard(app)
    headers.add_headers(app, strict_transport=secure_cookies)
    i18n.install(app)
    words.install(app)
    template_tools.install(app)
    manner_rows.install(app)
    errors.handle(app)
    pages = (
        overview,
        steering,
        round_starts,
        calls,
        reviews,
        recordings,
        call_ins,
        orders,
        feedback,
        photos,
        duty,
        forecasts,
        elders,
        elder_times,
        policies,
        surge_days,
        ladders,
        line_shares,
        rotas,
        rosters,
        trail,
    )
    for room in (auth, *pages, api, health):
        app.register_blueprint(room.blueprint)
    if twilio_door is not None:
        twilio.install(twilio_door, app.extensions)
        csrf.exempt(twilio.blueprint)
        app.register_blueprint(twilio.blueprint)
    if receipt_rules:
        receipts.install(receipt_rules, app.extensions)
        csrf.exempt(receipts.blueprint)
        app.register_blueprint(receipts.blueprint)
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]  # Flask's own way
    return app
