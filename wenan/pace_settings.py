"""The setting of how fast calls may begin."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class PaceSettings(BaseSettings):
    """Part of ``wenan.settings.Settings``."""

    calls_per_second: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="How many calls a gateway may begin in a second, as the trunk agreed to; 0: as many as "
        "there are lines.",
    )
