"""How a PJSIP telephone behaves, and what it tells afterwards; see ``pjsip_phone``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Manner:
    """What this telephone does."""

    port: int
    codec: str = "PCMA/8000"
    answers_after_s: float = 0.3
    tone_hz: float = 700.0
    """What the person says: a tone all the time; 0 is silence."""
    says: str = ""
    """A WAV file (8 kHz, 16 bits, mono) said again and again, with four seconds of silence in between."""
    presses: str = ""
    """Keys pressed one second after answering."""
    presses_by: str = "rfc4733"
    """Or ``info``: SIP INFO, as some old gateways do."""
    timers: bool = False
    """Insists on session timers (RFC 4028)."""
    hangs_up_after_s: float = 0.0
    """Seconds after answering; 0: never."""
    holds_s: float = 0.0
    """One second after answering the call is put on hold for so long, as exchanges do when they switch."""
    dies_after_s: float = 0.0
    """The process ends without a word so many seconds after answering; 0: never."""
    patience_s: float = 120.0
    """After so long the process ends, whatever happens: a test that fails leaves nothing behind."""
    encrypted: bool = False
    """Talks by SRTP only."""
    calls: str = ""
    """Address that is called instead of waiting for a call."""
    number: str = "elder"
    """User of this telephone's own address, shown to whoever is called."""
    reliable: bool = False
    """Wants its "ringing" acknowledged (RFC 3262), as carriers' IMS networks do."""
    certificate: str = ""
    """PEM file with certificate and key: then it listens with TLS only."""
    acts: list[list[Any]] = field(default_factory=list)
    """What the person does after answering, one after the other; they say nothing else then. See ``Acts``."""
    refuses: int = 0
    """SIP status with which every call is refused; 0: none is."""
    refers: int = 202
    """Answer to a REFER; other than 202 refuses it."""


@dataclass
class Report:
    """What this telephone saw and heard."""

    invite: str = ""
    digits: str = ""
    codec: str = ""
    heard: list[tuple[float, float]] = field(default_factory=list)
    """Strongest frequency (hertz) and level (RMS) of each half second heard."""
    packets: int = 0
    lost: int = 0
    misordered: int = 0
    duplicated: int = 0
    jitter_ms_max: float = 0.0
    ended: str = ""
    referred_to: str = ""
    """Where a REFER wanted us to call."""
    replaced: bool = False
    """Whether another call took the place of the first."""
    unfinished: str = ""
    """The act that was not done when the call ended."""
