"""The people of a story at telephones that Twilio rings: what they hear and say goes by its media streams."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.lines.simulated import SILENCE
from speech.audio import mulaw_decode, mulaw_encode
from speech.types import FRAME_SECONDS, Pcm
from support.fake_twilio import FakeCall, FakeTwilio, Stream
from support.telephone import Person

_FRAME_BYTES = 160
_RINGS_S = 0.5


@dataclass
class PeopleAtTwilio:
    """Who is rung by which number; ``story`` is what becomes of each call."""

    people: Mapping[str, Person]
    rung: list[str] = field(default_factory=list)
    rooms: dict[str, str] = field(default_factory=dict)
    """By number, the conference that the call was led into; empty for none."""

    async def story(self, twilio: FakeTwilio, call: FakeCall) -> None:
        """Ring, answer, and be there until either side ends the call or it is led elsewhere."""
        number = call.one("To")
        self.rung.append(number)
        await asyncio.sleep(_RINGS_S)
        call.status = "in-progress"
        async with twilio.answered(call) as stream:
            await _be_there(self.people[number], call, stream)
        self.rooms[number] = call.room


async def _be_there(person: Person, call: FakeCall, stream: Stream) -> None:
    from websockets.exceptions import ConnectionClosed  # noqa: PLC0415 - optional

    listening = asyncio.create_task(stream.listen())
    loop = asyncio.get_running_loop()
    began, sound = loop.time(), _Sound(stream)
    try:
        while not listening.done():
            if call.led.is_set():
                await stream.led_away()
                break
            does = person.frame(sound.next_frame())
            await stream.frame(mulaw_encode(does.pcm))
            if does.key:
                await stream.press(does.key)
            if does.hangs_up:
                await stream.stop()
                break
            await asyncio.sleep(max(0.0, began + stream.chunk * FRAME_SECONDS - loop.time()))
    except ConnectionClosed:
        pass
    await listening


class _Sound:
    """What the stream brings, as the telephone plays it."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._taken = 0
        self._waiting = b""

    def next_frame(self) -> Pcm:
        """What arrived for 20 ms; silence where nothing did."""
        came = self._stream.came[self._taken :]
        self._taken += len(came)
        media = [each["media"]["payload"] for each in came if each["event"] == "media"]
        self._waiting += b"".join(map(base64.b64decode, media))
        if len(self._waiting) < _FRAME_BYTES:
            return SILENCE
        frame, self._waiting = self._waiting[:_FRAME_BYTES], self._waiting[_FRAME_BYTES:]
        return mulaw_decode(frame)
