"""Calls that come in by Twilio: what it is told to do with them, and their sound recognised when it comes.

The webhook may be answered by another process than the one that takes the sound. So the key in the stream's
address is no number that one of them remembers but a proof: that our own webhook, asked by Twilio itself,
has let in this very call from this very number.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.lines.callers import caller_number
from ivr.lines.twilio.call import TwilioCall
from ivr.lines.twilio.messages import Started
from ivr.lines.twilio.optional import load
from ivr.lines.twilio.settings import TwilioSettings

PREFIX = "incoming-"
"""How the keys of calls that come in begin; those of our own calls are random."""
NUMBER = "number"
"""Parameter of the stream: who rings."""
_SID = re.compile(r"CA[0-9a-fA-F]{32}")


class BadIncomingError(ValueError):
    """A webhook does not say what Twilio's say; the message repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class TwilioIncoming:
    """A telephone that rings here; implements ``ivr.lines.incoming.Incoming``.

    Its sound is connected before anybody is asked: Twilio picks up for us.
    """

    number: str
    provider_call_id: str
    call: TwilioCall

    async def answer(self) -> TwilioCall:
        """The call with its sound; should the caller be gone, it says so itself."""
        return self.call

    async def refuse(self) -> None:
        """End the call: by now Twilio can play no busy tone any more."""
        await self.call.hang_up()


@dataclass(frozen=True, slots=True)
class TwilioCaller:
    """Whoever a webhook tells of."""

    sid: str
    number: str
    """E.164; empty when it is withheld or cannot be read."""


def caller_of(settings: TwilioSettings, form: Mapping[str, str]) -> TwilioCaller:
    """Who calls, by a webhook. Raises BadIncomingError."""
    sid = form.get("CallSid", "")
    if not _SID.fullmatch(sid) or form.get("AccountSid") != settings.account_sid:
        raise BadIncomingError("no call of ours is named")
    return TwilioCaller(sid, caller_number(form.get("From", "")))


def welcome(settings: TwilioSettings, caller: TwilioCaller) -> str:
    """What Twilio is to do with a call that is let in: bring us its sound."""
    twiml = load("twilio.twiml.voice_response")
    response = twiml.VoiceResponse()
    stream = twiml.Stream(url=settings.media_url(key_of(settings, caller.sid, caller.number)))
    stream.parameter(name=NUMBER, value=caller.number)
    connect = twiml.Connect()
    connect.append(stream)
    response.append(connect)
    return str(response)


def busy() -> str:
    """What Twilio is to do with a call that cannot be taken: let the caller hear the busy tone."""
    response = load("twilio.twiml.voice_response").VoiceResponse()
    response.reject(reason="busy")
    return str(response)


def key_of(settings: TwilioSettings, sid: str, number: str) -> str:
    """The proof that the webhook has let in this call from this number."""
    said = f"{sid} {number}".encode()
    return PREFIX + hmac.new(settings.auth_token.encode(), said, hashlib.sha256).hexdigest()


def let_in(settings: TwilioSettings, key: str, started: Started) -> bool:
    """Whether a stream is the one of the call that the webhook let in."""
    number = started.parameters.get(NUMBER, "")
    proof = key_of(settings, started.call_sid, number)
    return started.account_sid == settings.account_sid and hmac.compare_digest(key, proof)
