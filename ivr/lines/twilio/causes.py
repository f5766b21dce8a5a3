"""Why nobody was reached: Twilio's statuses, SIP answers and error codes in our words. Pure.

Twilio says how a call ended in ``CallStatus``, often with the carrier's ``SipResponseCode``, seldom with an
``ErrorCode``; requests that it refuses carry an error code. Its own messages name telephone numbers, so they
are never passed on. Sources: Twilio's call resource and its dictionary of errors; the SIP table is the one of
the SIP line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.lines import Disposition
from ivr.lines.sip.causes import OF_STATUS

_FAILED = Disposition.FAILED
_INVALID = Disposition.INVALID_NUMBER
_DECLINED = frozenset({603, 607, 608})


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an error code comes to, in our words."""

    disposition: Disposition
    words: str


OF_ERROR: Mapping[int, Meaning] = {
    10004: Meaning(_FAILED, "as many calls at once as the account allows"),
    13223: Meaning(_INVALID, "not a telephone number"),
    13224: Meaning(_INVALID, "not a number that can be called"),
    13227: Meaning(_FAILED, "the account may not call this country"),
    20003: Meaning(_FAILED, "account SID or auth token are wrong"),
    20005: Meaning(_FAILED, "the account is not active"),
    20429: Meaning(_FAILED, "too many requests"),
    21210: Meaning(_FAILED, "our own number is not verified"),
    21211: Meaning(_INVALID, "not a telephone number"),
    21212: Meaning(_FAILED, "our own number cannot be used"),
    21213: Meaning(_FAILED, "our own number is missing"),
    21214: Meaning(_FAILED, "Twilio has no way to this number"),
    21215: Meaning(_FAILED, "the account may not call this country"),
    21216: Meaning(_FAILED, "Twilio blocks this number"),
    21217: Meaning(_INVALID, "not a telephone number"),
    21219: Meaning(_FAILED, "a trial account calls verified numbers only"),
    21401: Meaning(_INVALID, "not a telephone number"),
    31901: Meaning(_FAILED, "Twilio got no connection for the sound in time"),
    31902: Meaning(_FAILED, "the connection for the sound was refused"),
    31910: Meaning(_FAILED, "the certificate of the public URL does not hold"),
    31920: Meaning(_FAILED, "the connection for the sound was not taken up"),
    31921: Meaning(_FAILED, "the connection for the sound broke off"),
    34002: Meaning(Disposition.BUSY, "busy"),
}
"""Codes with a meaning of their own. All others are trouble on our side or between: try again later."""

WORTH_WAITING = frozenset({10004, 20429})
"""Refusals that a moment's patience cures; nothing was placed."""


def not_connected(status: str, sip_code: int | None = None, error_code: int | None = None) -> Disposition:
    """How a call ended that was never talked in; ``status`` is Twilio's final word, such as ``no-answer``.

    Where several speak, an error code that is known goes before the SIP answer of the carrier, and that
    before the status.
    """
    if error_code is not None and error_code in OF_ERROR:
        return OF_ERROR[error_code].disposition
    match status:
        case "busy":
            return Disposition.REJECTED if sip_code in _DECLINED else Disposition.BUSY
        case "no-answer":
            return Disposition.NO_ANSWER
        case "failed" if sip_code is not None:
            return OF_STATUS.get(sip_code, _FAILED)
        case _:
            # "canceled" by somebody at Twilio's console, and "completed" without a sound ever reaching us.
            return _FAILED


def words_for(status: str, sip_code: int | None = None, error_code: int | None = None) -> str:
    """The same for the ledger: Twilio's status and codes with what they mean, never a number."""
    said = [status] if status else []
    if sip_code is not None:
        said.append(f"SIP {sip_code}")
    if error_code is not None:
        known = OF_ERROR.get(error_code)
        said.append(f"Twilio {error_code}" + (f": {known.words}" if known else ""))
    return ", ".join(said)
