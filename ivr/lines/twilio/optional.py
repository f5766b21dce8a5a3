"""The packages that only this line needs (``pip install 'wenan[twilio]'``), imported when it is used."""

from __future__ import annotations

import importlib
from types import ModuleType


class TwilioNotInstalledError(Exception):
    """Twilio's library is not installed; the message says how to install it."""


def load(name: str) -> ModuleType:
    """A module of the optional packages. Raises TwilioNotInstalledError."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise TwilioNotInstalledError(
            f"WENAN_LINE=twilio needs Twilio's library: pip install 'wenan[twilio]' ({error})"
        ) from error
