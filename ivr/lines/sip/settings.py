"""What must be known to telephone by SIP: the account, the way there, and how long we wait for what."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ivr.lines.dialplan import DialPlan

Transport = Literal["udp", "tcp", "tls"]
Codec = Literal["pcma", "pcmu"]

_HOST = re.compile(r"[A-Za-z0-9.\-_]+(:\d{1,5})?|\[[0-9A-Fa-f:]+\](:\d{1,5})?")
_USER = re.compile(r"[A-Za-z0-9.\-_~+*]+")
_LOWEST_PORT, _HIGHEST_PORT = 1024, 65_535
_PORTS = re.compile(r"(\d{1,5})-(\d{1,5})")
_LISTEN = re.compile(r"(\d{1,3}(\.\d{1,3}){3}|\[[0-9A-Fa-f:]+\]):\d{1,5}")


class SipSettingsError(ValueError):
    """The telephone line cannot be used as it is configured; the message names what and why."""


@dataclass(frozen=True, slots=True)
class SipSettings:
    """One SIP account or trunk. Raises SipSettingsError for what the stack would misread."""

    server: str
    """Host, or host:port, of the provider, PBX or gateway; also the domain of all addresses."""
    user: str = "wenan"
    """User of our own address. Most providers want the number that they gave us here."""
    password: str = field(default="", repr=False)
    auth_user: str = ""
    """Name for the password where it differs from ``user``."""
    register: bool = True
    """False: the other side knows us by our address, nothing is registered."""
    register_seconds: int = 300
    """How often the registration is renewed; a provider may shorten it."""
    proxy: str = ""
    """Outbound proxy: everything is sent there instead of to ``server``."""
    transport: Transport = "udp"
    ca_file: Path | None = None
    """Certificates that may vouch for a TLS server; None: those of the system."""
    listen: str = ""
    """Address and port for SIP, such as 0.0.0.0:5060; empty: any free port, enough for an account."""
    interface: str = ""
    """Network interface or local address to use; empty: the one that leads there."""
    rtp_ports: str = ""
    """Ports for audio, such as 20000-20999; empty: the stack's choice."""
    codecs: tuple[Codec, ...] = ("pcma", "pcmu")
    """In order of preference. China and Europe speak A-law, North America mu-law."""
    encrypt_audio: bool = False
    """Audio by SRTP (RFC 4568) or not at all; only over TLS, which carries the keys."""
    reliable_ringing: bool = False
    """Acknowledge "ringing" (100rel, RFC 3262), which carriers' IMS trunks may insist on."""
    dial_plan: DialPlan = field(default_factory=DialPlan)
    display_name: str = ""
    """Shown to the called person where the network lets it."""
    caller_number: str = ""
    """Number to be shown, as P-Preferred-Identity; empty: what the provider shows by itself."""
    rtp_timeout_s: int = 30
    """A connected call without sound for so long is dead, unless it is on hold; 0: never. Raise it for
    gateways that send nothing while the person is silent."""
    max_call_s: float = 3600.0
    """Whatever happens, a call ends after so long."""
    line_patience_s: float = 30.0
    """How long dialling waits for a registration that is lost: a moment's trouble costs nobody an attempt."""
    extension_pause_s: float = 2.0
    """After a switchboard has answered, until its extension is keyed in."""

    def __post_init__(self) -> None:
        """Check everything that ends up in the stack's own configuration."""
        _check(_HOST, "server", self.server)
        _check(_USER, "user", self.user)
        for what, value, pattern in (
            ("auth_user", self.auth_user, _USER),
            ("proxy", self.proxy, _HOST),
            ("listen", self.listen, _LISTEN),
            ("interface", self.interface, _HOST),
            ("caller_number", self.caller_number, _USER),
        ):
            if value:
                _check(pattern, what, value)
        if any(ord(each) < ord(" ") or each in '"\\' for each in self.password + self.display_name):
            raise SipSettingsError("password and display name must not contain quotes or backslashes")
        if self.encrypt_audio and self.transport != "tls":
            raise SipSettingsError(
                f"encrypt_audio needs transport=tls, not {self.transport}: the keys go along"
            )
        if not self.codecs:
            raise SipSettingsError("codecs: at least one of pcma, pcmu")
        if self.rtp_timeout_s < 0 or self.max_call_s <= 0 or self.register_seconds <= 0:
            raise SipSettingsError("a time cannot be negative")
        if self.ca_file is not None and re.search(r"\s", str(self.ca_file)):
            raise SipSettingsError(f"ca_file={str(self.ca_file)!r}: the stack reads no paths with spaces")
        if self.rtp_ports:
            ports = _PORTS.fullmatch(self.rtp_ports)
            if ports is None or not _LOWEST_PORT <= int(ports[1]) < int(ports[2]) <= _HIGHEST_PORT:
                raise SipSettingsError(f"rtp_ports={self.rtp_ports!r}: write 20000-20999")


def _check(pattern: re.Pattern[str], what: str, value: str) -> None:
    if not pattern.fullmatch(value):
        raise SipSettingsError(f"{what}={value!r} cannot be used")
