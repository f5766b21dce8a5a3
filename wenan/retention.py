"""The part of a keeper's upkeep that deletes what is no longer to be kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from escalation.retention import Forgotten, KeepFor, forget
from ivr.clock import Clock
from records.sessions import Ledger
from wenan.retention_settings import load_retention_settings
from wenan.settings import Settings
from wenan.upkeep import Upkeep

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Looks for what is no longer to be kept."""

    ledger: Ledger
    folder: Path
    keep: KeepFor
    clock: Clock

    def make_round(self) -> Forgotten:
        """Look once. A file that cannot be deleted keeps no other waiting. Raises LedgerError."""
        try:
            gone = forget(self.ledger, self.folder, self.keep, self.clock.now())
        except OSError as error:
            log.error("what is to be forgotten could not be deleted", problem=type(error).__name__)  # noqa: TRY400
            return Forgotten()
        if gone != Forgotten():
            log.info("forgotten", recordings=gone.recordings, photos=gone.photos, visits=gone.visits)
        return gone


def with_retention(upkeep: Upkeep, settings: Settings) -> Upkeep:
    """The upkeep of a keeper that deletes what is no longer to be kept. Raises SettingsError."""
    keep = load_retention_settings().keep
    forgetting = Forgetting(upkeep.ledger, settings.recordings_dir, keep, upkeep.clock)
    return replace(upkeep, forgets=forgetting.make_round)
