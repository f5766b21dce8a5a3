"""The setting of putting elders through to whoever is on duty."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class TransferSettings(BaseSettings):
    """Part of ``wenan.settings.Settings``."""

    transfer: bool = Field(
        default=True,
        description="In an emergency ring whoever is on duty while the elder stays on the line, and put them "
        "through; workers without a telephone number are never rung. See docs/transfer.md.",
    )
