"""What Twilio's reports mean for the rest of a process. It needs no web framework: gateways have none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from campaigns.unwritten import Spool
from ivr.lines.twilio import CallNews, Signatures, TwilioSettings
from records.provider_events import ProviderEvent

PROVIDER = "twilio"


@dataclass(frozen=True, slots=True)
class TwilioDoor:
    """What the webhooks need: how to tell Twilio, and who wants to hear."""

    settings: TwilioSettings
    signatures: Signatures
    hear: Callable[[CallNews], None]
    """Told news once it is on record; a lost word costs nothing but time."""
    takes_calls: Callable[[], bool] = lambda: False
    """Whether one more caller can be talked with; where not, they hear the busy tone."""
    spool: Spool | None = None
    """Where it is kept that somebody called, while the ledger is away."""


def event_of(news: CallNews, *, token: str, at: datetime, seal: str | None = None) -> ProviderEvent:
    """What is put on record of news; ``token`` tells it from other news, ``seal`` is its signature's hash."""
    return ProviderEvent(
        provider=PROVIDER,
        token=token,
        seal=seal,
        call_id=news.sid,
        reference=news.reference,
        status=news.status,
        final=news.final,
        sip_code=news.sip_code,
        error_code=news.error_code,
        at=at,
    )
