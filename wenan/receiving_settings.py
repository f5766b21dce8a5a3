"""Settings of calls that come in: ``WENAN_INCOMING_*``."""

from __future__ import annotations

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from wenan.setting_problems import told
from wenan.settings import SettingsError

PREFIX = "WENAN_INCOMING_"


class ReceivingSettings(BaseSettings):
    """How calls that come in are taken."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore")

    calls: int = Field(
        2,
        ge=0,
        le=100,
        description="Callers who are talked with at the same time, beside the calls that are made; whoever "
        "calls then hears that we are busy, and is rung back where that may be. 0: everybody does.",
    )


def load_receiving_settings() -> ReceivingSettings:
    """Read the settings in force. Raises SettingsError naming each bad variable."""
    try:
        return ReceivingSettings()
    except ValidationError as error:
        raise SettingsError(told(error, PREFIX)) from error
