"""What becomes known of a call, by callbacks, by asking, by its stream: in any order, even twice. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ivr.lines.answerer import NetworkSays

FINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""Statuses after which nothing more comes."""
_RANK = {"queued": 0, "initiated": 1, "ringing": 2, "in-progress": 3}
"""How far a call has come that is not over."""
UNDER_WAY = frozenset(_RANK)
"""Statuses of a call that is not over."""
STATUSES = FINAL | UNDER_WAY
STREAM_FAILED = "stream-error"
"""Not the call's status: Twilio could not bring us its sound."""

ANSWERERS: Mapping[str, NetworkSays | None] = {
    "human": NetworkSays.PERSON,
    "unknown": None,
    "fax": NetworkSays.MACHINE,
    "machine_start": NetworkSays.MACHINE,
    "machine_end_beep": NetworkSays.MACHINE,
    "machine_end_silence": NetworkSays.MACHINE,
    "machine_end_other": NetworkSays.MACHINE,
}
"""Not the call's status either: whom Twilio's machine detection takes whoever picked up for. Should it say
two things, the one that stands first here holds, whatever came first: in doubt it is a person."""
_DOUBT_FIRST = tuple(ANSWERERS)

_SID = re.compile(r"CA[0-9a-fA-F]{32}")
_CODE = re.compile(r"\d{1,6}")
_STREAM_ERROR = re.compile(r"\b31\d{3}\b", re.ASCII)
"""In Twilio's sentence about what went wrong with a stream, if it names its code."""


class BadNewsError(ValueError):
    """A callback does not say what Twilio's say; the message repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class CallNews:
    """One piece of news about one call. Holds no number and nobody's name."""

    sid: str
    reference: str
    """The attempt's."""
    status: str
    """One of ``STATUSES``, ``STREAM_FAILED``, or one of ``ANSWERERS``."""
    sip_code: int | None = None
    error_code: int | None = None

    @property
    def final(self) -> bool:
        """Whether the call is over."""
        return self.status in FINAL


def read_callback(reference: str, form: Mapping[str, str]) -> CallNews | None:
    """The news in a callback; None when it says nothing we go by (a stream began). Raises BadNewsError."""
    sid = form.get("CallSid", "")
    if not _SID.fullmatch(sid):
        raise BadNewsError("no call is named")
    event = form.get("StreamEvent", "")
    if event:
        if event != STREAM_FAILED:
            return None
        named = _STREAM_ERROR.search(form.get("StreamError", ""))
        return CallNews(sid, reference, STREAM_FAILED, error_code=int(named[0]) if named else None)
    status = form.get("CallStatus") or form.get("AnsweredBy", "")
    if status in ANSWERERS and "CallStatus" not in form:
        return CallNews(sid, reference, status)
    if status not in STATUSES:
        raise BadNewsError("no status is told")
    return CallNews(
        sid, reference, status, _code(form.get("SipResponseCode", "")), _code(form.get("ErrorCode", ""))
    )


def _code(text: str) -> int | None:
    return int(text) if _CODE.fullmatch(text) and int(text) else None


@dataclass(frozen=True, slots=True)
class Progress:
    """All that is known of a call so far."""

    sid: str = ""
    status: str = ""
    sip_code: int | None = None
    error_code: int | None = None
    stream_failed: bool = False
    answered_by: str = ""
    """One of ``ANSWERERS``, once Twilio has said so."""

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self.status in FINAL

    @property
    def rang(self) -> bool:
        """Whether it is known to have rung."""
        return _RANK.get(self.status, 0) >= _RANK["ringing"]

    def with_news(self, news: CallNews) -> Progress:
        """What is known then. The order in which news comes makes no difference, nor does its repetition."""
        if self.sid and news.sid != self.sid:
            return self
        known = replace(
            self,
            sid=news.sid,
            sip_code=_higher(self.sip_code, news.sip_code),
            error_code=_higher(self.error_code, news.error_code),
        )
        if news.status == STREAM_FAILED:
            return replace(known, stream_failed=True)
        if news.status in ANSWERERS:
            return replace(known, answered_by=_more_doubtful(self.answered_by, news.status))
        return replace(known, status=_later(self.status, news.status))


def _higher(one: int | None, other: int | None) -> int | None:
    """The SIP answers to one INVITE grow until the final one; error codes have no order, so any will do."""
    return other if one is None else one if other is None else max(one, other)


def _more_doubtful(one: str, other: str) -> str:
    return min(one, other, key=_DOUBT_FIRST.index) if one else other


def _later(one: str, other: str) -> str:
    if one in FINAL and other in FINAL:
        # Twilio ends a call once. Should it say two things, the same one holds whatever came first.
        return max(one, other)
    if one in FINAL or other in FINAL:
        return one if one in FINAL else other
    return max(one, other, key=lambda status: _RANK.get(status, -1))
