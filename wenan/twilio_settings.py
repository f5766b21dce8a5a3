"""The settings of a rented number at Twilio."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class TwilioAccountSettings(BaseSettings):
    """Part of ``wenan.settings.Settings``."""

    twilio_account_sid: str = Field("", description="SID of the Twilio account, AC and 32 digits.")
    twilio_auth_token: SecretStr | None = Field(
        None, description="Auth token of the account; also tells Twilio's requests from others."
    )
    twilio_number: str = Field(
        "", description="Our number at Twilio, e.g. +14155550100; it should serve nothing else."
    )
    twilio_public_url: str = Field(
        "",
        description="Where Twilio reaches us, https://host without a path, exactly as the world writes it.",
    )
    twilio_webhook_secret: SecretStr | None = Field(
        None, description="Key of signatures that name their algorithm; default: the auth token."
    )
    twilio_media_host: str = Field(
        "127.0.0.1", description="Address on which calls' sound is listened for; the proxy leads it there."
    )
    twilio_media_port: int = Field(8601, ge=1, le=65535, description="Port for calls' sound.")
    twilio_calls_per_second: float = Field(
        1.0, gt=0, le=100, description="How many calls the account may begin in a second."
    )
    twilio_machine_detection: bool = Field(
        False,
        description="Whether Twilio finds out as well who picks up (AsyncAmd, charged per call): evidence "
        "for our own decision, which is made without it too.",
    )

    @property
    def twilio_missing(self) -> list[str]:
        """The variables without which nothing can be dialled by Twilio and that are not set."""
        needed = {
            "WENAN_TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "WENAN_TWILIO_AUTH_TOKEN": self.twilio_auth_token and self.twilio_auth_token.get_secret_value(),
            "WENAN_TWILIO_NUMBER": self.twilio_number,
            "WENAN_TWILIO_PUBLIC_URL": self.twilio_public_url,
        }
        return [name for name, value in needed.items() if not value]
