"""The only place that knows Twilio's REST library: placing, finding, asking after and ending calls.

Everything here blocks; the line calls it from threads of its own.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from ivr.lines.twilio.news import CallNews
from ivr.lines.twilio.optional import load
from ivr.lines.twilio.settings import TwilioSettings

T = TypeVar("T")

REQUEST_S = 10.0
"""How long Twilio may take to answer a request."""
LONGEST_ROOM_S = 600
"""Two who were led into a room may talk no longer: somebody should be on the way."""
DECIDED_WITHIN_S = 15
"""Who picked up is of no use to know later."""
EVENTS = ("initiated", "ringing", "answered", "completed")
_OVER_ALREADY = frozenset({20404, 21220})
"""The call to be ended is not there, or has ended by itself."""
_OUR_FAULT, _THEIR_FAULT = 400, 500
_MOST_FOUND = 20


class RefusedError(Exception):
    """Twilio refused a request, nothing was done; holds its code (0: none) but not its message."""

    def __init__(self, code: int, status: int) -> None:
        super().__init__(f"Twilio refused with {code} (HTTP {status})")
        self.code = code
        self.status = status


class UnansweredError(Exception):
    """Nobody knows whether a request was carried out: no answer came, or none that can be understood."""


@dataclass(frozen=True, slots=True)
class CallOrder:
    """A call to be placed."""

    to: str
    """E.164."""
    reference: str
    key: str
    """Of its media stream."""
    ring_seconds: float
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A call that Twilio knows of."""

    sid: str
    status: str
    created_at: datetime | None


class Account(Protocol):
    """What we use of a Twilio account. All may raise RefusedError and UnansweredError."""

    def check(self) -> None:
        """Whether we are let in."""

    def place(self, order: CallOrder) -> str:
        """Place a call; returns its SID."""

    def calls_to(self, number: str) -> Sequence[Found]:
        """The newest calls from our number to that one."""

    def state_of(self, sid: str, reference: str) -> CallNews:
        """How a call is now."""

    def end(self, sid: str) -> None:
        """End a call, ringing or answered; one that is over already is left as it is."""

    def lead(self, sid: str, room: str) -> None:
        """Lead an answered call away from us into a room, where it meets the other that is led there."""


class RestAccount:
    """The account as Twilio's own library reaches it; implements ``Account``."""

    def __init__(self, settings: TwilioSettings) -> None:
        """Raises TwilioNotInstalledError."""
        http = load("twilio.http.http_client")
        self._errors = load("twilio.base.exceptions").TwilioException
        self._network_errors = load("requests").RequestException
        self._twiml = load("twilio.twiml.voice_response")
        self._settings = settings
        # No second try of its own, which might ring twice; and no log of its own, which would name numbers.
        client = http.TwilioHttpClient(timeout=REQUEST_S, logger=_silent_logger())
        self._client: Any = load("twilio.rest").Client(
            settings.account_sid, settings.auth_token, http_client=client
        )
        if settings.api_url:
            self._client.api.base_url = settings.api_url

    def check(self) -> None:
        """Whether we are let in."""
        self._ask(lambda: self._client.calls.page(page_size=1))

    def place(self, order: CallOrder) -> str:
        """Place a call; returns its SID."""
        settings = self._settings
        more: dict[str, Any] = {"send_digits": f"wwww{order.extension}"} if order.extension else {}
        if settings.machine_detection:
            more |= self._who_picks_up(order)
        made = self._ask(
            lambda: self._client.calls.create(
                to=order.to,
                from_=settings.number,
                twiml=self.twiml(order),
                timeout=round(order.ring_seconds),
                time_limit=round(settings.max_call_s),
                status_callback=settings.status_url(order.reference),
                status_callback_method="POST",
                status_callback_event=list(EVENTS),
                **more,
            )
        )
        return str(made.sid)

    def _who_picks_up(self, order: CallOrder) -> dict[str, Any]:
        """Have it found out beside the call, which does not wait for it."""
        return {
            "machine_detection": "Enable",
            "machine_detection_timeout": DECIDED_WITHIN_S,
            "async_amd": "true",
            "async_amd_status_callback": self._settings.status_url(order.reference),
            "async_amd_status_callback_method": "POST",
        }

    def twiml(self, order: CallOrder) -> str:
        """What Twilio does once somebody answers: connect the sound, and hang up when that ends."""
        response = self._twiml.VoiceResponse()
        stream = self._twiml.Stream(
            url=self._settings.media_url(order.key),
            status_callback=self._settings.status_url(order.reference),
            status_callback_method="POST",
        )
        stream.parameter(name="reference", value=order.reference)
        connect = self._twiml.Connect()
        connect.append(stream)
        response.append(connect)
        return str(response)

    def calls_to(self, number: str) -> Sequence[Found]:
        """The newest calls from our number to that one."""
        # The newest page is enough; the library's list would follow it back through the years.
        listed = self._ask(
            lambda: list(
                self._client.calls.page(to=number, from_=self._settings.number, page_size=_MOST_FOUND)
            )
        )
        return [Found(str(each.sid), str(each.status), _utc(each.date_created)) for each in listed]

    def state_of(self, sid: str, reference: str) -> CallNews:
        """How a call is now."""
        call = self._ask(lambda: self._client.calls(sid).fetch())
        return CallNews(str(call.sid), reference, str(call.status))

    def end(self, sid: str) -> None:
        """End a call, ringing or answered; one that is over already is left as it is."""
        try:
            # "canceled" would leave a call alone that was answered a moment ago.
            self._ask(lambda: self._client.calls(sid).update(status="completed"))
        except RefusedError as refused:
            if refused.code not in _OVER_ALREADY:
                raise

    def lead(self, sid: str, room: str) -> None:
        """Lead an answered call away from us into a room, where it meets the other that is led there."""
        self._ask(lambda: self._client.calls(sid).update(twiml=self.room(room)))

    def room(self, name: str) -> str:
        """What Twilio does with a call that is led away: a conference for two."""
        response = self._twiml.VoiceResponse()
        dial = self._twiml.Dial(time_limit=LONGEST_ROOM_S)
        dial.conference(
            name,
            beep="false",
            start_conference_on_enter=True,
            end_conference_on_exit=True,
            wait_url="",
            max_participants=2,
        )
        response.append(dial)
        return str(response)

    def _ask(self, request: Callable[[], T]) -> T:
        try:
            return request()
        except self._network_errors as error:
            raise UnansweredError(type(error).__name__) from None
        except self._errors as error:
            # Their messages may hold telephone numbers: only codes are taken along.
            status, code = _codes_of(error)
            if _OUR_FAULT <= status < _THEIR_FAULT:
                raise RefusedError(code, status) from None
            raise UnansweredError(f"HTTP {status}" if status else type(error).__name__) from None
        except ValueError:
            raise UnansweredError("an answer that cannot be read") from None


def _codes_of(error: Exception) -> tuple[int, int]:
    """HTTP status and Twilio's code; 0 for none. Where a page was asked for, the bare answer comes along."""
    status, code = getattr(error, "status", 0), getattr(error, "code", 0)
    for answer in error.args:
        status = getattr(answer, "status_code", 0) or status
        with suppress(ValueError, AttributeError):
            code = json.loads(answer.text).get("code") or code
    return int(status or 0), int(code or 0)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment is not None else None


def _silent_logger() -> logging.Logger:
    logger = logging.getLogger("wenan.twilio.requests")
    logger.disabled = True
    return logger
