"""The keeper asks who was forgotten altogether, and tells the coordinators of the area."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time

import structlog

from campaigns.forgotten import forgotten
from campaigns.policy import PolicyError
from escalation.auditor import raise_findings
from escalation.oversight import Oversight
from escalation.rules import Rules
from ivr.clock import Clock
from records.people import Area
from records.sessions import Ledger

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ForgottenWatch:
    """Beside the auditor, which knows of visits and orders: this is about elders who have neither."""

    ledger: Ledger
    rules: Rules
    clock: Clock

    def make_round(self) -> int:
        """Look once; how many elders were found. Raises LedgerError when the ledger is out of reach."""
        now = self.clock.now()
        try:
            with self.ledger.reading() as session:
                found = forgotten(session, now)
                names = {area_id: session.get_one(Area, area_id).name for area_id in found}
        except PolicyError as error:
            log.error("nobody can say who was forgotten", problem=str(error))  # noqa: TRY400 - it is said
            return 0
        since = datetime.combine(now.astimezone(UTC).date(), time(0), UTC)
        findings = [
            Oversight("elders_forgotten", "area", area_id, names[area_id], "urgent", since, area_id)
            for area_id in sorted(found)
        ]
        if findings:
            with self.ledger.session() as session:
                raise_findings(session, self.rules, findings, now)
        return found.total()
