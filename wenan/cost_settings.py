"""The setting of what calls cost."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class CostSettings(BaseSettings):
    """Part of ``wenan.settings.Settings``."""

    call_minute_price: float = Field(
        default=0.0,
        ge=0,
        description="What a minute of an answered call costs, in the currency of the trunk's contract; a "
        "minute that is begun counts whole. Forecasts say what a campaign comes to; 0: they name only the "
        "minutes.",
    )
