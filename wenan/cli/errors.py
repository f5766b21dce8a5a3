"""Foreseeable trouble -> one line and an exit code. The codes are documented in docs/cli.md."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import OperationalError

from campaigns.opening import CampaignError
from campaigns.policy import PolicyError
from campaigns.roster import RosterError
from campaigns.scripts import ScriptChangedError
from campaigns.surges import SurgeError
from escalation.channels import ChannelError
from escalation.ladders import LadderError
from ivr.lines.sip import SipNotInstalledError, SipStartError
from ivr.lines.twilio import TwilioNotInstalledError, TwilioStartError
from ivr.script import ScriptError
from records.keyring import KeyringError
from records.sessions import LedgerError
from speech.lexicon import LexiconError
from speech.types import AudioUnreadableError, ModelMissingError, SpeechError
from web.passwords import WeakPasswordError
from web.server import PortInUseError
from wenan.datafolder import DataFolderError
from wenan.settings import SettingsError
from wenan.village.personas import VillageError
from wenan.village.switchboard import TelephonesError

WRONG_OUTCOME = 1
"""The demo ran, but an elder's outcome is not the one their persona calls for."""
USAGE = 2
"""The command or a setting is off."""
BAD_INPUT = 3
"""A file given to the command cannot be used."""
MODEL_MISSING = 4
"""A speech model is not installed."""
PORT_IN_USE = 5
"""The panel's port is taken."""
LEDGER = 6
"""The ledger cannot be opened."""
LINE = 7
"""The telephone line cannot be used."""
NOT_REACHED = 8
"""A trial call reached nobody."""


class UsageError(Exception):
    """The command was called with something that cannot be; the message says what and what can be."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What to tell the person, and the process's exit code."""

    line: str
    exit_code: int


_CODES: tuple[tuple[type[Exception], int], ...] = (
    (UsageError, USAGE),
    (SettingsError, USAGE),
    (ScriptError, USAGE),
    (ScriptChangedError, USAGE),
    (CampaignError, USAGE),
    (SurgeError, USAGE),
    (WeakPasswordError, USAGE),
    (DataFolderError, USAGE),
    (RosterError, BAD_INPUT),
    (PolicyError, BAD_INPUT),
    (LadderError, BAD_INPUT),
    (ChannelError, BAD_INPUT),
    (AudioUnreadableError, BAD_INPUT),
    (LexiconError, BAD_INPUT),
    (VillageError, BAD_INPUT),
    (ModelMissingError, MODEL_MISSING),
    (SpeechError, MODEL_MISSING),
    (PortInUseError, PORT_IN_USE),
    (SipNotInstalledError, LINE),
    (SipStartError, LINE),
    (TwilioNotInstalledError, LINE),
    (TwilioStartError, LINE),
    (TelephonesError, LINE),
    (KeyringError, LEDGER),
    (LedgerError, LEDGER),
)


def explain(error: Exception) -> Explanation | None:
    """The explanation of a foreseeable error, or None for a mistake of ours."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            return Explanation(" ".join(str(error).split()), code)
    if isinstance(error, OperationalError):
        return Explanation(f"The ledger did not answer: {error.orig}", LEDGER)
    return None
