"""Real telephones by SIP: ``SipLine`` with its ``SipSettings``. What is proven: docs/lines.md."""

from ivr.lines.dialplan import DialPlan
from ivr.lines.health import LineHealth, LineState
from ivr.lines.sip.line import SipLine
from ivr.lines.sip.settings import SipSettings, SipSettingsError
from ivr.lines.sip.stack import SipNotInstalledError, SipStartError

__all__ = [
    "DialPlan",
    "LineHealth",
    "LineState",
    "SipLine",
    "SipNotInstalledError",
    "SipSettings",
    "SipSettingsError",
    "SipStartError",
]
