"""The part of a keeper's upkeep that deletes what is no longer to be kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from escalation.retention import COMPONENT, Forgotten, KeepFor, forget
from ivr.clock import Clock
from records.audit import beat
from records.sessions import Ledger
from wenan.retention_settings import load_retention_settings
from wenan.settings import Settings
from wenan.upkeep import Upkeep

log = structlog.get_logger(__name__)


EVERY = timedelta(hours=1)
"""How often it is really looked; in between there is only a sign of life."""


@dataclass(slots=True)
class Forgetting:
    """Looks for what is no longer to be kept."""

    ledger: Ledger
    folder: Path
    keep: KeepFor
    clock: Clock
    looked_at: datetime | None = None

    def make_round(self) -> Forgotten:
        """Look if it is time to. What cannot be deleted means no sign of life. Raises LedgerError."""
        now = self.clock.now()
        if self.looked_at is not None and now - self.looked_at < EVERY:
            with self.ledger.session() as session:
                beat(session, COMPONENT, now)
            return Forgotten()
        try:
            gone = forget(self.ledger, self.folder, self.keep, now)
        except OSError as error:
            log.error("what is to be forgotten could not be deleted", problem=type(error).__name__)  # noqa: TRY400
            return Forgotten()
        self.looked_at = now
        if gone != Forgotten():
            log.info("forgotten", recordings=gone.recordings, photos=gone.photos, visits=gone.visits)
        return gone


def with_retention(upkeep: Upkeep, settings: Settings) -> Upkeep:
    """The upkeep of a keeper that deletes what is no longer to be kept. Raises SettingsError."""
    keep = load_retention_settings().keep
    forgetting = Forgetting(upkeep.ledger, settings.recordings_dir, keep, upkeep.clock)
    return replace(upkeep, forgets=forgetting.make_round)
