"""The panel of a process that has one. Imported by nobody else: it brings a web framework along."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask

from campaigns.roster import RosterSettings
from escalation.rules import Rules
from ivr.clock import Clock
from records.sessions import Ledger
from web.app import create_app
from web.server import start_in_thread
from web.twilio_door import TwilioDoor
from wenan.datafolder import secret_in
from wenan.settings import Settings
from wenan.wiring import channel_rules

__all__ = ["open_panel", "start_in_thread"]


def open_panel(
    settings: Settings,
    ledger: Ledger,
    rules: Rules,
    clock: Clock,
    *,
    demo_accounts: Sequence[tuple[str, str]] = (),
    notice: str = "",
    twilio_door: TwilioDoor | None = None,
) -> Flask:
    """The panel as a Flask application."""
    given = settings.secret_key.get_secret_value() if settings.secret_key else ""
    return create_app(
        ledger,
        secret_key=given or secret_in(settings.data_dir / "session.key"),
        recordings_dir=settings.recordings_dir,
        clock=clock,
        organisation=settings.organisation,
        rules=rules,
        demo_accounts=demo_accounts,
        notice=notice,
        roster_settings=RosterSettings(timezone=settings.timezone),
        default_area_code=settings.default_area_code,
        minute_price=settings.call_minute_price,
        secure_cookies=settings.secure_cookies,
        twilio_door=twilio_door,
        receipt_rules={
            name: rule.receipts for name, rule in channel_rules(settings).items() if rule.receipts
        },
    )
