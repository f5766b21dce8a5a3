"""Why a call was not connected, or ended: SIP statuses and the telephone network's own causes in our words.

Pure. The stack reports ``480 Temporarily Unavailable,Q.850;cause=18;text="No user responding"``, or the text
of a system error where no SIP answer came. Sources: RFC 3261 section 21, RFC 3398 section 8.2.6.1 (causes of
the telephone network in SIP), RFC 3326 (the Reason header), RFC 8197 (607), RFC 8688 (608), ITU-T Q.850.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ivr.lines import Disposition
from ivr.lines.handing_over import HANDED_OVER

_NO_ANSWER = Disposition.NO_ANSWER
_FAILED = Disposition.FAILED

OF_STATUS: Mapping[int, Disposition] = {
    403: Disposition.REJECTED,
    404: Disposition.INVALID_NUMBER,
    408: _NO_ANSWER,
    410: Disposition.INVALID_NUMBER,
    480: _NO_ANSWER,
    484: Disposition.INVALID_NUMBER,
    485: Disposition.INVALID_NUMBER,
    486: Disposition.BUSY,
    487: _NO_ANSWER,
    600: Disposition.BUSY,
    603: Disposition.REJECTED,
    604: Disposition.INVALID_NUMBER,
    607: Disposition.REJECTED,
    608: Disposition.REJECTED,
}
"""Final answers to an INVITE. All others failed on our side or between: worth trying again later."""

OF_CAUSE: Mapping[int, Disposition] = {
    1: Disposition.INVALID_NUMBER,  # unallocated number
    2: _FAILED,  # no route to transit network
    3: _FAILED,  # no route to destination: a route is missing, which says nothing of the number
    17: Disposition.BUSY,
    18: _NO_ANSWER,  # no user responding
    19: _NO_ANSWER,  # alerted, no answer
    20: _NO_ANSWER,  # subscriber absent: the mobile is switched off
    21: Disposition.REJECTED,
    22: Disposition.INVALID_NUMBER,  # number changed
    27: _NO_ANSWER,  # destination out of order: it is the elder's telephone that is broken, not our line
    28: Disposition.INVALID_NUMBER,  # number incomplete or in a wrong format
    34: _FAILED,  # no circuit free
    38: _FAILED,  # network out of order
    41: _FAILED,  # temporary failure
    42: _FAILED,  # congestion
    44: _FAILED,  # requested channel not available
    47: _FAILED,  # resource unavailable
    50: _FAILED,  # facility not subscribed to: our own subscription
    55: Disposition.REJECTED,  # incoming calls barred
    57: _FAILED,  # bearer capability not authorised
    58: _FAILED,
    88: _FAILED,  # incompatible destination
    102: _FAILED,  # a timer of the network expired
}
"""Where the telephone network says more than the SIP status. Others (16, 31, 127 ...) say nothing."""

HUNG_UP = "normal"
_GLOBAL_FAILURE = 600
"""From here on the called person, wherever reached, does not want the call."""
_STATUS = re.compile(r"(\d{3})\b")
_CAUSE = re.compile(r"Q\.850\s*;[^,]*?\bcause\s*=\s*(\d{1,3})\b", re.IGNORECASE)
_BYE = "connection reset by peer"
"""The stack's word for a BYE from the other side."""
_TRANSFERRED = "call transfered"
"""The stack's word, so spelt, for a REFER that was carried out."""


def not_connected(text: str) -> Disposition:
    """How a call ended that nobody answered; ``text`` is the stack's, possibly empty."""
    cause = _CAUSE.search(text)
    known = OF_CAUSE.get(int(cause[1])) if cause else None
    if known is not None:
        return known
    status = _STATUS.match(text)
    if status is None:
        return _FAILED
    code = int(status[1])
    return OF_STATUS.get(code, Disposition.REJECTED if code >= _GLOBAL_FAILURE else _FAILED)


def end_of_call(text: str) -> str:
    """Why a connected call ended, in the words of ``FarEndHungUp``."""
    plain = text.strip()
    if plain.lower().startswith(_BYE):
        _, _, reason = plain.partition(",")
        return reason or HUNG_UP
    if plain.lower() == _TRANSFERRED:
        return HANDED_OVER
    return plain or HUNG_UP
