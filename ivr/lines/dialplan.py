"""From the ledger's number to what the exchange wants to be dialled. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import phonenumbers

NumberForm = Literal["e164", "digits", "national", "local"]

_NUMBER = re.compile(r"(\+[1-9]\d{4,14})(?:;ext=(\d{1,12}))?")
_PREFIX = re.compile(r"[0-9*#]*")
_NOT_DIGITS = re.compile(r"\D")


class BadNumberError(ValueError):
    """What stands in the ledger is no number that can be dialled; the message does not repeat it."""


@dataclass(frozen=True, slots=True)
class Dialled:
    """What goes out."""

    user: str
    """User part of the SIP address."""
    extension: str = ""
    """Digits to key in once a switchboard has answered."""


@dataclass(frozen=True, slots=True)
class DialPlan:
    """How an exchange wants its numbers."""

    form: NumberForm = "e164"
    """``e164`` +865331234567, ``digits`` 865331234567, ``national`` 05331234567, ``local`` the same without
    the area code where it is ours."""
    prefix: str = ""
    """Dialled before everything else, such as 9 for an outside line."""
    own_area_code: str = ""
    """For ``local``: the area code that is left off, with its leading zero, such as 0533."""

    def __post_init__(self) -> None:
        """Raises ValueError for a prefix that no telephone has keys for."""
        if not _PREFIX.fullmatch(self.prefix):
            raise ValueError(f"{self.prefix!r} cannot be dialled: use 0-9, * and #")

    def dialled(self, number: str) -> Dialled:
        """What to dial for ``number`` (E.164, extension after ``;ext=``). Raises BadNumberError."""
        match = _NUMBER.fullmatch(number)
        if match is None:
            raise BadNumberError("not a number in E.164 form")
        written = self.prefix + self._formed(match[1])
        return Dialled(written.replace("#", "%23"), match[2] or "")

    def _formed(self, e164: str) -> str:
        if self.form == "e164":
            return e164
        if self.form == "digits":
            return e164[1:]
        try:
            parsed = phonenumbers.parse(e164)
        except phonenumbers.NumberParseException as error:
            raise BadNumberError("not a number of any country") from error
        written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
        national = _NOT_DIGITS.sub("", written)
        if self.form == "local" and self.own_area_code:
            return national.removeprefix(self.own_area_code)
        return national
