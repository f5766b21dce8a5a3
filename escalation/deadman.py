"""The dead man's switch: a sign of life to an address outside, which raises the alarm when it stops.

Nobody inside can tell of a machine that is switched off, or of channels that are all dead. So an outside
monitor expects a request every minute or so and calls a person when it stays away. The sign is given only
while everything inside is well: whatever would go unheard inside falls silent outside as well.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal, cast

import requests
import structlog
from sqlalchemy import select

from escalation.auditor import COMPONENT as AUDITOR
from escalation.oversights import components_silent
from escalation.policy import AuditorRules, UrgencyLabel
from ivr.clock import Clock
from records.audit import Heartbeat
from records.orders import Notification
from records.sessions import Ledger

AUDITOR_SILENT = timedelta(minutes=5)
PRESSING = ("urgent", "emergency")
"""Urgencies of messages that may not lie unsent while somebody outside believes that all is well."""

Sign = Literal["given", "held back", "not taken"]

log = structlog.get_logger(__name__)


class DeadMansSwitch:
    """Gives the sign of life."""

    def __init__(
        self,
        url: str,
        ledger: Ledger,
        rules: AuditorRules,
        clock: Clock,
        *,
        timeout: float = 10.0,
        get: Callable[..., requests.Response] = requests.get,
    ) -> None:
        """``url``: a request to it is the sign; ``timeout``: seconds to wait for the other side."""
        self._url = url
        self._ledger = ledger
        self._rules = rules
        self._clock = clock
        self._timeout = timeout
        self._get = get
        self._since = clock.now()

    def signal(self) -> Sign:
        """Give the sign if all is well. Call it every minute or so. Blocking.

        A monitor that is not reached is no error here: it will raise the alarm by itself.
        """
        now = self._clock.now()
        if reasons := self.reasons(now):
            log.error("sign_of_life_held_back", reasons=reasons)
            return "held back"
        try:
            answer = self._get(self._url, timeout=self._timeout)
            answer.raise_for_status()
        except requests.RequestException as error:
            log.warning("sign_of_life_not_taken", reason=type(error).__name__)
            return "not taken"
        return "given"

    def reasons(self, now: datetime) -> list[str]:
        """Why there may be no sign: silent components, and urgent messages that cannot get out."""
        with self._ledger.reading() as session:
            silent = [each.subject for each in components_silent(session, self._rules, now, self._since)]
            auditor = session.get(Heartbeat, AUDITOR)
            last = self._since if auditor is None else max(auditor.at, self._since)
            if now - last > AUDITOR_SILENT:
                silent.append(AUDITOR)
            stuck = [
                f"message {row.id}"
                for row in session.scalars(
                    select(Notification)
                    .where(Notification.status == "pending", Notification.urgency.in_(PRESSING))
                    .order_by(Notification.id)
                )
                if now - row.created_at > self._longest(row.urgency)
            ]
        return [*silent, *stuck]

    def _longest(self, urgency: str) -> timedelta:
        """How long a message of this urgency may be on its way."""
        return timedelta(minutes=self._rules.notification_stuck[cast("UrgencyLabel", urgency)])
