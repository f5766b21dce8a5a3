"""What every page of the panel is served with, handed in once by the composition root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy.orm import Session

from campaigns.roster import RosterSettings
from escalation.aftercare import VisitAftercare
from escalation.rules import Rules
from ivr.clock import Clock
from records.sessions import Ledger
from records.visits import Visit
from web.throttle import SignInThrottle

_KEY = "wenan-panel"


@dataclass(frozen=True)
class Panel:
    """The panel's surroundings."""

    ledger: Ledger
    clock: Clock
    recordings_dir: Path
    organisation: str
    rules: Rules
    """What escalation goes by: corrections and orders handed back are decided by it."""
    demo_accounts: Sequence[tuple[str, str]] = ()
    """(login, password) pairs shown on the sign-in page of a demo."""
    notice: str = ""
    """A line shown on every page, e.g. that no telephone line is configured."""
    roster_settings: RosterSettings = field(default_factory=RosterSettings)
    default_area_code: str = ""
    """Completes landlines of a roster that are written without their area code, e.g. ``0533``."""
    minute_price: float = 0.0
    """What a minute of an answered call costs; 0: unknown."""
    throttle: SignInThrottle = field(default_factory=SignInThrottle)

    def reconsider(self, session: Session, visit: Visit) -> None:
        """Decide again, in the session's transaction, what a visit calls for after a person's correction."""
        VisitAftercare(self.rules).reconsider(session, visit, self.now())

    def now(self) -> datetime:
        """The present moment on the panel's clock, aware, UTC."""
        return self.clock.now()


def install(app: Flask, panel: Panel) -> None:
    """Give the app its surroundings."""
    app.extensions[_KEY] = panel


def panel() -> Panel:
    """The surroundings of the app that serves this request."""
    found: Panel = current_app.extensions[_KEY]
    return found
