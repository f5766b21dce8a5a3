"""What must be known to telephone by Twilio: the account, our number there, and where Twilio reaches us."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_E164 = re.compile(r"\+[1-9]\d{4,14}")
STATUS_PATH = "/twilio/status/"
"""Below the public URL: where Twilio tells how a call goes; an attempt's reference follows."""
INCOMING_PATH = "/twilio/incoming"
"""Below the public URL: where Twilio asks what to do with a call that comes in."""
MEDIA_PATH = "/twilio/media/"
"""Below the public URL: where Twilio brings a call's sound; a key that is good for one call follows."""


class TwilioSettingsError(ValueError):
    """Twilio cannot be used as it is configured; the message names what and why."""


@dataclass(frozen=True, slots=True)
class TwilioSettings:
    """One Twilio account with a number. Raises TwilioSettingsError."""

    account_sid: str
    auth_token: str = field(repr=False)
    number: str
    """Our own number there, E.164: shown to the elder. It should serve nothing but these calls."""
    public_url: str
    """Where Twilio reaches us, https://host without a path: exactly as the world writes it, whatever the
    proxy before us makes of it. Signatures are checked over it."""
    webhook_secret: str = field(default="", repr=False)
    """Key of signatures that name their algorithm in a header; empty: the auth token."""
    media_host: str = "127.0.0.1"
    media_port: int = 8601
    """Where we listen for the sound; the proxy leads ``MEDIA_PATH`` there. 0 takes any free port."""
    calls_per_second: float = 1.0
    """How many calls may be begun in a second: what the account allows."""
    machine_detection: bool = False
    """Whether Twilio is asked who picked up, as one more piece of evidence."""
    api_url: str = ""
    """Another address of the REST interface, for tests; empty: Twilio's own."""
    max_call_s: float = 3600.0
    """Whatever happens, a call ends after so long."""

    def __post_init__(self) -> None:
        """Refuse what Twilio would refuse, or misunderstand."""
        if not _ACCOUNT.fullmatch(self.account_sid):
            raise TwilioSettingsError("the account SID is AC and 32 hexadecimal digits")
        if not self.auth_token:
            raise TwilioSettingsError("the auth token is missing")
        if not _E164.fullmatch(self.number):
            raise TwilioSettingsError("the number is written like +14155550100")
        url = urlsplit(self.public_url)
        if url.scheme != "https" or not url.hostname or url.path or url.query or url.fragment or url.username:
            raise TwilioSettingsError(
                f"the public URL is https://host without a path and without a slash at the end, "
                f"not {self.public_url!r}"
            )
        if self.calls_per_second <= 0 or self.max_call_s <= 0:
            raise TwilioSettingsError("a number of calls or seconds must be above 0")

    def status_url(self, reference: str) -> str:
        """Where Twilio tells how the attempt with this reference goes."""
        return f"{self.public_url}{STATUS_PATH}{reference}"

    @property
    def incoming_url(self) -> str:
        """What is entered at Twilio as the number's voice webhook."""
        return f"{self.public_url}{INCOMING_PATH}"

    def media_url(self, key: str) -> str:
        """Where Twilio brings the sound of the call with this key."""
        return f"wss://{self.public_url.removeprefix('https://')}{MEDIA_PATH}{key}"
