"""Where this process keeps what the ledger cannot take: a folder beside the data."""

from __future__ import annotations

from campaigns.unwritten import Spool
from wenan.settings import Settings


def open_spool(settings: Settings) -> Spool:
    """The spool of the data folder; the folder itself is made when there is something to keep."""
    return Spool(settings.data_dir / "unwritten")
