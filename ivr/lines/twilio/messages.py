"""The messages of Twilio's media stream, both ways. Pure.

Text frames of JSON; numbers come as strings. Source: Twilio, Media Streams, WebSocket messages.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_KEYS = frozenset("0123456789*#")


class BadMessageError(ValueError):
    """Not a message that Twilio sends; the message says what is wrong, not what was in it."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The first message."""


@dataclass(frozen=True, slots=True)
class Started:
    """The second: whose sound this is."""

    stream_sid: str
    call_sid: str
    account_sid: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of the elder's sound: mu-law, 8 kHz, usually 160 bytes; ``at_ms`` after the stream's start."""

    payload: bytes
    at_ms: int


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key."""

    digit: str


@dataclass(frozen=True, slots=True)
class Marked:
    """Everything that was sent before the mark of this name has been played, or was cleared."""

    name: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The last message: the call is over, or is led elsewhere."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that Twilio may have learnt to say since."""


Message = Connected | Started | Sound | Pressed | Marked | Stopped | Unknown


def read_message(text: str | bytes) -> Message:
    """Read one message. Raises BadMessageError."""
    try:
        message = json.loads(text)
        return _read(message)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, BadMessageError):
            raise
        raise BadMessageError(f"a message cannot be read ({type(error).__name__})") from error


def _read(message: Mapping[str, Any]) -> Message:
    reader = _READERS.get(message["event"])
    return reader(message) if reader is not None else Unknown()


def _pressed(dtmf: Mapping[str, Any]) -> Message:
    return Pressed(dtmf["digit"]) if dtmf["digit"] in _KEYS else Unknown()


def _started(start: Mapping[str, Any]) -> Started:
    form = start["mediaFormat"]
    if (form["encoding"], int(form["sampleRate"]), int(form["channels"])) != ("audio/x-mulaw", 8000, 1):
        raise BadMessageError("the sound is not mu-law of 8 kHz")
    parameters = start.get("customParameters") or {}
    return Started(
        str(start["streamSid"]),
        str(start["callSid"]),
        str(start["accountSid"]),
        {str(name): str(value) for name, value in parameters.items()},
    )


def _sound(media: Mapping[str, Any]) -> Message:
    if media.get("track", "inbound") != "inbound":
        return Unknown()
    try:
        payload = base64.b64decode(media["payload"], validate=True)
    except binascii.Error as error:
        raise BadMessageError("the sound is not base64") from error
    return Sound(payload, int(media["timestamp"]))


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Message]] = {
    "connected": lambda _message: Connected(),
    "start": lambda message: _started(message["start"]),
    "media": lambda message: _sound(message["media"]),
    "dtmf": lambda message: _pressed(message["dtmf"]),
    "mark": lambda message: Marked(str(message["mark"]["name"])),
    "stop": lambda _message: Stopped(),
}


def media(stream_sid: str, mulaw: bytes) -> str:
    """Play this."""
    payload = base64.b64encode(mulaw).decode("ascii")
    return json.dumps({"event": "media", "streamSid": stream_sid, "media": {"payload": payload}})


def mark(stream_sid: str, name: str) -> str:
    """Say when everything up to here has been played."""
    return json.dumps({"event": "mark", "streamSid": stream_sid, "mark": {"name": name}})


def clear(stream_sid: str) -> str:
    """Forget what has not been played yet."""
    return json.dumps({"event": "clear", "streamSid": stream_sid})
