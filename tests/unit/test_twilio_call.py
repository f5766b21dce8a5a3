"""One call over a media stream, in virtual time: what is sent when, what is heard, how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import numpy as np
import pytest
from support.lines import MORNING
from support.telephone import tone

from ivr.clock import LoopClock
from ivr.lines import AudioFrame, FarEndHungUp, Hushable, KeyPressed
from ivr.lines.concealment import SILENCE
from ivr.lines.twilio.call import BROKEN, HUNG_UP_HERE, LEAD_S, TwilioCall
from ivr.lines.twilio.messages import Marked, Pressed, Sound, Started, Stopped
from ivr.playback import Mouth
from ivr.recording import Recording
from ivr.virtual_time import run_virtual
from speech.audio import mulaw_decode, mulaw_encode

T = TypeVar("T")
SPOKEN = tone(0.02)


class ClosedError(Exception):
    """The connection is closed."""


class Wire:
    """The stream's connection, with Twilio behind it: keeps what was sent, and when."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, dict[str, Any]]] = []
        self.closed = False
        self.ended = 0

    async def send(self, message: str) -> None:
        if self.closed:
            raise ClosedError
        self.sent.append((asyncio.get_running_loop().time(), json.loads(message)))

    async def close(self) -> None:
        self.closed = True

    async def end(self) -> None:
        self.ended += 1

    async def lead(self, _room: str) -> bool:
        return False

    def kinds(self) -> list[str]:
        return [message["event"] for _, message in self.sent]


def with_call(story: Callable[[TwilioCall, Wire], Awaitable[T]], *, max_call_s: float = 600.0) -> T:
    async def main(_clock: LoopClock) -> T:
        wire = Wire()
        started = Started("MZ1", "CA1", "AC1", {})
        call = TwilioCall(
            started,
            wire,
            ClosedError,
            end=wire.end,
            lead=wire.lead,
            on_closed=closed.append,
            max_call_s=max_call_s,
        )
        return await story(call, wire)

    closed: list[TwilioCall] = []
    came = run_virtual(main, MORNING)
    assert len(closed) <= 1, "the end is told once"
    return came


def test_frames_go_out_in_time_as_mu_law() -> None:
    async def story(call: TwilioCall, wire: Wire) -> None:
        for _ in range(50):
            await call.send(SPOKEN)
        times = [at for at, _ in wire.sent]
        ahead = round(LEAD_S / 0.02)
        assert times[: ahead + 1] == pytest.approx([0.0] * (ahead + 1))
        assert np.diff(times[ahead:]) == pytest.approx(0.02)
        (_, first), *_ = wire.sent
        assert first["streamSid"] == "MZ1"

    with_call(story)


def test_silence_is_not_sent_so_that_a_delay_ends_with_the_sentence() -> None:
    async def story(call: TwilioCall, wire: Wire) -> float:
        began = asyncio.get_running_loop().time()
        for frame in [SILENCE] * 10 + [SPOKEN] * 10 + [SILENCE] * 100:
            await call.send(frame)
        assert wire.kinds() == ["media"] * 10 + ["mark"]
        return asyncio.get_running_loop().time() - began

    assert with_call(story) == pytest.approx(120 * 0.02 - LEAD_S)


def test_whoever_interrupts_the_robot_hears_no_more_of_it() -> None:
    async def story(call: TwilioCall, wire: Wire) -> None:
        assert isinstance(call, Hushable)
        mouth = Mouth(call, Recording(60.0), lambda: None)
        running = asyncio.create_task(mouth.run())
        mouth.play(tone(2.0))
        await asyncio.sleep(0.5)
        mouth.stop()
        interrupted_at = asyncio.get_running_loop().time()
        await asyncio.sleep(0.5)
        mouth.play(tone(0.1))
        await asyncio.sleep(0.5)
        running.cancel()
        cleared = [at for at, message in wire.sent if message["event"] == "clear"]
        assert len(cleared) == 1
        assert cleared[0] - interrupted_at <= 0.021
        later = [m["event"] for at, m in wire.sent if at >= cleared[0]]
        assert later == ["clear"] + ["media"] * 5 + ["mark"]

    with_call(story)


def test_a_sentence_that_was_said_to_its_end_is_not_cleared() -> None:
    async def story(call: TwilioCall, wire: Wire) -> None:
        mouth = Mouth(call, Recording(60.0), lambda: None)
        running = asyncio.create_task(mouth.run())
        mouth.play(tone(0.2))
        await asyncio.sleep(0.5)
        mouth.stop()
        await asyncio.sleep(0.1)
        running.cancel()
        assert wire.kinds() == ["media"] * 10 + ["mark"]

    with_call(story)


def test_what_is_heard_comes_in_order_with_the_keys() -> None:
    async def story(call: TwilioCall, _wire: Wire) -> None:
        call.take(Sound(mulaw_encode(SPOKEN), 0))
        call.take(Pressed("1"))
        call.take(Sound(mulaw_encode(SPOKEN), 60))
        call.take(Stopped())
        events = [await call.receive() for _ in range(6)]
        assert isinstance(events[0], AudioFrame)
        assert np.array_equal(events[0].pcm, mulaw_decode(mulaw_encode(SPOKEN)))
        assert events[1] == KeyPressed("1")
        assert [event.lost for event in events[2:5] if isinstance(event, AudioFrame)] == [True, True, False]
        assert events[5] == FarEndHungUp("normal")
        assert (call.frames, call.lost) == (4, 2)

    with_call(story)


def test_a_stream_that_breaks_off_ends_the_call_and_twilio_is_told() -> None:
    async def story(call: TwilioCall, wire: Wire) -> None:
        call.break_off()
        assert await call.receive() == FarEndHungUp(BROKEN)
        await call.hang_up()
        assert wire.ended == 1

    with_call(story)


def test_the_last_words_are_heard_before_the_robot_hangs_up() -> None:
    async def story(call: TwilioCall, wire: Wire) -> None:
        loop = asyncio.get_running_loop()
        await call.send(SPOKEN)
        leaving = asyncio.create_task(call.hang_up())
        await asyncio.sleep(0.7)
        assert not wire.ended
        call.take(Marked("said-1"))
        await leaving
        assert loop.time() == pytest.approx(0.7)
        assert call.slowest_s == pytest.approx(0.7)
        assert wire.closed

    with_call(story)


def test_a_mark_that_never_comes_keeps_nobody_waiting() -> None:
    async def story(call: TwilioCall, wire: Wire) -> None:
        await call.send(SPOKEN)
        await asyncio.gather(call.hang_up(), call.hang_up())
        assert asyncio.get_running_loop().time() == pytest.approx(1.5)
        assert wire.ended == 1
        assert await call.receive() == FarEndHungUp(HUNG_UP_HERE)

    with_call(story)


def test_an_elder_who_has_hung_up_is_not_hung_up_on() -> None:
    async def story(call: TwilioCall, wire: Wire) -> None:
        call.take(Stopped())
        await call.hang_up()
        assert not wire.ended

    with_call(story)


def test_a_connection_that_is_gone_costs_the_sender_only_its_time() -> None:
    async def story(call: TwilioCall, wire: Wire) -> None:
        wire.closed = True
        for _ in range(10):
            await call.send(SPOKEN)
        call.break_off()
        await call.send(SPOKEN)
        await call.hang_up()

    with_call(story)


def test_no_call_lasts_for_ever() -> None:
    async def story(call: TwilioCall, wire: Wire) -> None:
        assert await call.receive() == FarEndHungUp("the longest time for a call is over (30 s)")
        await asyncio.sleep(2.0)
        assert wire.ended == 1

    with_call(story, max_call_s=30.0)


def test_only_whole_frames_are_sent() -> None:
    async def story(call: TwilioCall, _wire: Wire) -> None:
        with pytest.raises(ValueError, match="160 samples"):
            await call.send(SPOKEN[:80])

    with_call(story)
