"""What rings: the line that the settings name with what belongs to it, or why nothing is dialled."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from campaigns.reception import Reception
from ivr.clock import Clock
from ivr.lines.sip import SipLine
from ivr.lines.twilio import CallNews, Signatures, TwilioLine
from records.sessions import Ledger
from web.twilio_door import TwilioDoor
from wenan.receiving_settings import load_receiving_settings
from wenan.roles import ALL, Role
from wenan.settings import Settings
from wenan.spooling import open_spool
from wenan.twilio_records import TwilioRecords

NO_LINE = "没有配置电话线路（WENAN_LINE），暂不拨打 / no telephone line is configured, nothing is dialled"
NO_TWILIO = "Twilio 线路缺少设置，暂不拨打 / nothing is dialled, not set yet: {}"


@dataclass(slots=True)
class Welcome:
    """Whether callers can be talked with, as the panel's door asks it; known once the reception stands."""

    elsewhere: bool = False
    """Another process has the line: it says itself what it has no room for."""
    reception: Reception | None = None

    def has_room(self) -> bool:
        """Whether one more caller can be talked with."""
        return self.elsewhere if self.reception is None else self.reception.has_room


@dataclass(frozen=True, slots=True)
class Telephones:
    """What rings in this process, and what the provider is let in by."""

    line: SipLine | TwilioLine | None = None
    """Only of gateways, not entered yet; None: the village, unless nothing is dialled at all."""
    records: TwilioRecords | None = None
    door: TwilioDoor | None = None
    """Only of panels."""
    welcome: Welcome = field(default_factory=Welcome)


def why_nothing_is_dialled(settings: Settings) -> str:
    """Why these settings let nobody be phoned; empty when they do."""
    if settings.line == "none":
        return NO_LINE
    if settings.line == "twilio" and settings.twilio_missing:
        return NO_TWILIO.format(", ".join(settings.twilio_missing))
    return ""


def open_sip(settings: Settings, roles: Collection[Role] = ALL) -> SipLine | None:
    """The SIP line of a gateway; it needs no ledger, so that a wrong setting shows before there is one.

    Raises SettingsError, SipNotInstalledError.
    """
    return SipLine(settings.sip) if settings.line == "sip" and Role.GATEWAY in roles else None


def open_twilio(
    settings: Settings, ledger: Ledger, clock: Clock, roles: Collection[Role] = ALL
) -> Telephones:
    """What a process of these roles needs of Twilio, if that is the line and all of it is set.

    Raises SettingsError, TwilioNotInstalledError.
    """
    if settings.line != "twilio" or settings.twilio_missing:
        return Telephones()
    records = line = door = None
    welcome = Welcome(elsewhere=Role.GATEWAY not in roles and load_receiving_settings().calls > 0)
    if Role.GATEWAY in roles:
        records = TwilioRecords(ledger, clock)
        line = TwilioLine(settings.twilio, clock=clock, keep=records.keep)
    if Role.WEB in roles:
        hear = _on_record_only if line is None else line.hear
        door = TwilioDoor(
            settings.twilio, Signatures(settings.twilio), hear, welcome.has_room, open_spool(settings)
        )
    return Telephones(line, records, door, welcome)


def _on_record_only(_news: CallNews) -> None:
    """The line is in another process: a gateway asks Twilio after its calls when it hears nothing."""
