"""Who rings: the number that a network shows, in the many ways in which networks write it. Pure."""

from __future__ import annotations

import re
from urllib.parse import unquote

import phonenumbers

_URI = re.compile(r"sips?:([^@>;?]+)@|tel:([^>;?]+)", re.IGNORECASE)
_NUMBER = re.compile(r"\+?\d{3,17}")
_SEPARATORS = re.compile(r"[\s().-]")


def user_of(uri: str) -> str:
    """The user part of a SIP or telephone address, with or without a name before it; empty without one."""
    found = _URI.search(uri)
    return unquote(found[1] or found[2]) if found else ""


def caller_number(shown: str, *, region: str = "CN", area_code: str = "") -> str:
    """The number in E.164; empty for one that is withheld or that nobody can have.

    ``region`` as in ISO 3166; ``area_code`` completes numbers that an exchange shows without one, written
    with its leading zero.
    """
    plain = _SEPARATORS.sub("", shown)
    if not _NUMBER.fullmatch(plain):
        return ""
    for written in (plain, f"{area_code}{plain}" if area_code else "", f"+{plain}"):
        if number := e164(written, region):
            return number
    return ""


def e164(written: str, region: str = "CN") -> str:
    """A telephone number as it is dialled; empty for one that nobody can have."""
    try:
        parsed = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
