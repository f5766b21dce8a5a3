"""Real telephones by Twilio: ``TwilioLine`` with its ``TwilioSettings``. What is proven: docs/lines.md."""

from ivr.lines.twilio.account import RefusedError, UnansweredError
from ivr.lines.twilio.incoming import BadIncomingError, TwilioCaller, busy, caller_of, welcome
from ivr.lines.twilio.line import TwilioLine, TwilioStartError
from ivr.lines.twilio.news import BadNewsError, CallNews, read_callback
from ivr.lines.twilio.optional import TwilioNotInstalledError
from ivr.lines.twilio.settings import STATUS_PATH, TwilioSettings, TwilioSettingsError
from ivr.lines.twilio.signatures import TOKEN, Signatures, seal_of

__all__ = [
    "STATUS_PATH",
    "TOKEN",
    "BadIncomingError",
    "BadNewsError",
    "CallNews",
    "RefusedError",
    "Signatures",
    "TwilioCaller",
    "TwilioLine",
    "TwilioNotInstalledError",
    "TwilioSettings",
    "TwilioSettingsError",
    "TwilioStartError",
    "UnansweredError",
    "busy",
    "caller_of",
    "read_callback",
    "seal_of",
    "welcome",
]
