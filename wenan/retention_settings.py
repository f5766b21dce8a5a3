"""Settings of how long recordings, photos and words are kept: ``WENAN_KEEP_*``."""

from __future__ import annotations

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from escalation.retention import KeepFor
from wenan.settings import SettingsError

PREFIX = "WENAN_KEEP_"


class RetentionSettings(BaseSettings):
    """Days for which something is kept."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore")

    recordings_days: int = Field(
        180,
        ge=0,
        le=36500,
        description="Days after a call for which its recording is kept; 0: for ever. What belongs to an open "
        "order, or to an emergency that nobody has reviewed, is kept in any case.",
    )
    photos_days: int = Field(
        365,
        ge=0,
        le=36500,
        description="Days after an order was closed for which its photos are kept; 0: for ever.",
    )
    words_days: int = Field(
        0,
        ge=0,
        le=36500,
        description="Days after a visit for which the elder's words are kept; then only what they meant "
        "stays. 0: for ever.",
    )

    @property
    def keep(self) -> KeepFor:
        """As the deletion wants it."""
        return KeepFor(self.recordings_days, self.photos_days, self.words_days)


def load_retention_settings() -> RetentionSettings:
    """Read the settings in force. Raises SettingsError naming each bad variable."""
    try:
        return RetentionSettings()
    except ValidationError as error:
        problems = "; ".join(
            f"{PREFIX}{'_'.join(str(part) for part in item['loc']).upper()}={item['input']!r}: {item['msg']}"
            for item in error.errors()
        )
        raise SettingsError(f"Settings cannot be used: {problems}. See docs/settings.md.") from error
