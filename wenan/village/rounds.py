"""One round of phoning the village, as it is prepared, whatever it is then phoned by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivr.brief import Brief
from ivr.script import Script
from records.sessions import Ledger

SCRIPT = "standard"
"""Name of the script that the village is asked."""
ROUNDS_SECONDS = 7 * 86_400.0
"""Between rounds of auditor and ladders, on the village's own time: days pass in minutes there, and no worker
of the village acts on an order."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round of phoning the village, ready to be made or gone on with."""

    ledger: Ledger
    campaign_id: int
    script: Script
    starts_at: datetime
    briefs: dict[str, Brief]
    """By the first number of each elder still to be called."""
