"""Whether a request comes from Twilio: its signature over the public URL, as configured, and the form."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from ivr.lines.twilio.optional import load
from ivr.lines.twilio.settings import TwilioSettings

SIGNATURE = "X-Twilio-Signature"
ALGORITHM = "X-Twilio-Webhooks-Signature-Settings"
"""Names the algorithm where it is not HMAC-SHA1 over the auth token."""
TOKEN = "I-Twilio-Idempotency-Token"  # noqa: S105 - a header's name
"""The same for every repetition of one callback."""


class Signatures:
    """Tells Twilio's requests from everybody else's."""

    def __init__(self, settings: TwilioSettings) -> None:
        """Raises TwilioNotInstalledError."""
        module = load("twilio.request_validator")
        self._algorithm_of = module.get_signature_algorithm
        self._by_token = module.RequestValidator(settings.auth_token)
        self._by_secret = module.RequestValidator(settings.webhook_secret or settings.auth_token)

    def genuine(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Whether Twilio signed a request to ``url`` with that form; a stream's upgrade has no form."""
        signature = headers.get(SIGNATURE, "")
        named = headers.get(ALGORITHM, "")
        if not signature:
            return False
        if not named:
            return bool(self._by_token.validate(url, form, signature))
        return bool(self._by_secret.validate(url, form, signature, self._algorithm_of(named)))


def seal_of(headers: Mapping[str, str]) -> str:
    """What a replayed request cannot change: the hash of its signature, 64 hexadecimal digits."""
    return hashlib.sha256(headers.get(SIGNATURE, "").encode()).hexdigest()
