"""The line against a Twilio on loopback: real requests, real WebSockets, sound both ways."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
import pytest
from support.fake_twilio import FakeCall, FakeTwilio, Story, Stream, settings_for
from support.telephone import tone
from support.twilio import SETTINGS, need_twilio, sign

from ivr.lines import AudioFrame, CallNotConnectedError, Disposition, FarEndHungUp, KeyPressed
from ivr.lines.answerer import NetworkSays, network_says
from ivr.lines.concealment import SILENCE
from ivr.lines.sip import LineState
from ivr.lines.twilio import CallNews, TwilioLine, TwilioStartError
from ivr.lines.twilio.signatures import SIGNATURE
from speech.audio import mulaw_decode, mulaw_encode

pytestmark = pytest.mark.twilio
NUMBER = "+865331234567"
SOON = (0.1, 0.2, 0.3)
"""Lost answers are looked for after seconds that nobody need wait here."""


@pytest.fixture(autouse=True)
def _installed() -> None:
    need_twilio()


@contextlib.asynccontextmanager
async def twilio_line(
    story: Story,
    keep: Callable[[CallNews], None] = lambda _news: None,
    *,
    machine_detection: bool = False,
    **behaviour: Any,
) -> AsyncIterator[tuple[FakeTwilio, TwilioLine]]:
    twilio = FakeTwilio(story, **behaviour)
    with twilio.running():
        configured = settings_for(twilio, machine_detection=machine_detection)
        async with TwilioLine(configured, keep=keep) as line:
            twilio.media_port = line.media_port
            yield twilio, line


async def silent(_twilio: FakeTwilio, _call: FakeCall) -> None:
    """Nothing is ever reported."""


def test_an_elder_answers_speaks_presses_a_key_and_hangs_up() -> None:
    heard: list[bytes] = []
    spoken = mulaw_encode(tone(0.2))

    async def elder(twilio: FakeTwilio, call: FakeCall) -> None:
        async with twilio.answered(call) as stream:
            listening = asyncio.create_task(stream.listen())
            await stream.say(spoken)
            await stream.press("1")
            while not any(each["event"] == "mark" for each in stream.came):
                await stream.frame(b"\xff" * 160)
                await asyncio.sleep(0.02)
            await stream.stop()
            await listening
            heard.append(stream.heard)

    async def main() -> None:
        async with twilio_line(elder) as (twilio, line):
            assert line.health.state is LineState.READY
            call = await line.dial(NUMBER + ";ext=12", reference="visit-1-attempt-1", ring_seconds=45)
            for frame in [*np.split(tone(0.2, 500), 10), SILENCE]:
                await call.send(frame)
            events: list[object] = []
            while not (events and isinstance(events[-1], FarEndHungUp)):
                events.append(await call.receive())
            await call.hang_up()
            await twilio.over()
            frames = [event for event in events if isinstance(event, AudioFrame)]
            assert np.array_equal(np.concatenate([f.pcm for f in frames[:10]]), mulaw_decode(spoken))
            assert not any(frame.lost for frame in frames)
            assert events.index(KeyPressed("1")) >= 10
            assert events[-1] == FarEndHungUp("normal")
            (order,) = twilio.calls
            assert call.provider_call_id == order.sid
            assert order.one("To") == NUMBER
            assert order.one("Timeout") == "45"
            assert order.one("TimeLimit") == "3600"
            assert order.one("SendDigits") == "wwww12"
            assert order.form["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
            assert order.one("StatusCallback") == SETTINGS.status_url("visit-1-attempt-1")
            assert "MachineDetection" not in order.form

    asyncio.run(main())
    assert heard == [mulaw_encode(tone(0.2, 500))]


@pytest.mark.parametrize("before_the_sound", [True, False])
def test_whom_twilio_takes_the_answerer_for_reaches_the_call_and_changes_nothing_of_its_course(
    *, before_the_sound: bool
) -> None:
    async def main() -> None:
        async def elder(twilio: FakeTwilio, call: FakeCall) -> None:
            found = CallNews(call.sid, "visit-1", "machine_start")
            if before_the_sound:
                line.hear(found)
            async with twilio.answered(call) as stream:
                await answered.wait()
                line.hear(found)
                line.hear(found)
                await stream.frame(b"\xff" * 160)
                await stream.stop()

        answered = asyncio.Event()
        async with twilio_line(elder, machine_detection=True) as (twilio, line):
            call = await line.dial(NUMBER, reference="visit-1")
            assert network_says(call) is (NetworkSays.MACHINE if before_the_sound else None)
            answered.set()
            while not isinstance(await call.receive(), FarEndHungUp):
                pass
            await twilio.over()
            assert network_says(call) is NetworkSays.MACHINE
            (order,) = twilio.calls
            asked = ("MachineDetection", "AsyncAmd", "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod")
            url = SETTINGS.status_url("visit-1")
            assert [order.one(name) for name in asked] == ["Enable", "true", url, "POST"]

    asyncio.run(main())


def test_the_robot_hangs_up_and_twilio_ends_the_call() -> None:
    async def elder(twilio: FakeTwilio, call: FakeCall) -> None:
        call.status = "in-progress"
        async with twilio.answered(call) as stream:
            await stream.listen()

    async def main() -> None:
        async with twilio_line(elder) as (twilio, line):
            call = await line.dial(NUMBER, reference="visit-1")
            await call.hang_up()
            await twilio.over()
            assert twilio.calls[0].status == "completed"
            assert await call.receive() == FarEndHungUp("hung up here")

    asyncio.run(main())


def test_a_stream_that_breaks_off_is_the_end_of_the_call() -> None:
    async def elder(twilio: FakeTwilio, call: FakeCall) -> None:
        async with twilio.answered(call) as stream:
            stream.socket.transport.abort()

    async def main() -> None:
        async with twilio_line(elder) as (_, line):
            call = await line.dial(NUMBER, reference="visit-1")
            assert await call.receive() == FarEndHungUp("the connection for the sound broke off")
            await call.hang_up()

    asyncio.run(main())


def test_closing_the_line_in_the_middle_hangs_up() -> None:
    async def elder(twilio: FakeTwilio, call: FakeCall) -> None:
        call.status = "in-progress"
        async with twilio.answered(call) as stream:
            await stream.listen()

    async def main() -> None:
        async with twilio_line(elder) as (twilio, line):
            call = await line.dial(NUMBER, reference="visit-1")
            await line.close()
            assert isinstance(await call.receive(), FarEndHungUp)
            assert twilio.calls[0].status == "completed"
            with pytest.raises(CallNotConnectedError, match="the line is closed"):
                await line.dial(NUMBER, reference="visit-2")
            late = CallNews("CA" + "9" * 32, "visit-of-an-earlier-process", "ringing")
            line.hear(late)
            await asyncio.sleep(0.05)

    asyncio.run(main())


def test_closing_the_line_leaves_no_telephone_ringing_and_whoever_waits_is_told() -> None:
    async def elder(_twilio: FakeTwilio, call: FakeCall) -> None:
        call.status = "ringing"
        await call.ended.wait()

    async def main() -> None:
        loop, placed = asyncio.get_running_loop(), asyncio.Event()

        def keep(_news: CallNews) -> None:
            loop.call_soon_threadsafe(placed.set)

        async with twilio_line(elder, keep) as (twilio, line):
            dialling = asyncio.create_task(line.dial(NUMBER, reference="visit-1"))
            await placed.wait()
            await line.close()
            with pytest.raises(CallNotConnectedError) as caught:
                await asyncio.wait_for(dialling, 5.0)
            assert caught.value.disposition is Disposition.FAILED
            await twilio.over()
            assert twilio.calls[0].status == "canceled"

    asyncio.run(main())


def test_only_the_call_that_is_waited_for_is_let_in_and_only_once() -> None:
    refusals: list[object] = []
    lines: list[TwilioLine] = []

    async def elder(twilio: FakeTwilio, call: FakeCall) -> None:
        from websockets.asyncio.client import connect  # noqa: PLC0415 - optional
        from websockets.exceptions import ConnectionClosed, InvalidStatus  # noqa: PLC0415

        key = call.one("Twiml").partition("/twilio/media/")[2].partition('"')[0]
        there = f"ws://127.0.0.1:{twilio.media_port}/twilio/media/"
        good, other = SETTINGS.media_url(key), SETTINGS.media_url("another-key")
        for address, headers in (
            (there + key, {}),
            (there + key, {SIGNATURE: "forged"}),
            (there + key, {SIGNATURE: sign(other, {})}),
            (there + key + "?x=1", {SIGNATURE: sign(good, {})}),
            (there + "another-key", {SIGNATURE: sign(other, {})}),
            (there, {SIGNATURE: sign(SETTINGS.media_url(""), {})}),
            (f"ws://127.0.0.1:{twilio.media_port}/", {}),
        ):
            with pytest.raises(InvalidStatus) as refused:
                await connect(address, additional_headers=headers)
            refusals.append(refused.value.response.status_code)
        async with asyncio.timeout(5):
            # As long as Twilio's answer to the order is under way no call can be told from another.
            while not lines[0]._waiting["visit-1"].progress.sid:  # noqa: ASYNC110 - the line tells nobody
                await asyncio.sleep(0.01)
        for claim in (
            {"accountSid": "AC" + "f" * 32},
            {"callSid": "CA" + "f" * 32},
            {"customParameters": {}},
        ):
            async with connect(there + key, additional_headers={SIGNATURE: sign(good, {})}) as socket:
                impostor = Stream(call, socket, {"reference": "visit-1"})
                await impostor.start(**claim)
                with pytest.raises(ConnectionClosed):
                    await socket.recv()
        async with twilio.answered(call) as stream:
            with pytest.raises(InvalidStatus) as refused:
                await connect(there + key, additional_headers={SIGNATURE: sign(good, {})})
            refusals.append(refused.value.response.status_code)
            await stream.stop()
            await stream.listen()

    async def main() -> None:
        async with twilio_line(elder) as (twilio, line):
            lines.append(line)
            call = await line.dial(NUMBER, reference="visit-1")
            assert await call.receive() == FarEndHungUp("normal")
            await twilio.over()

    asyncio.run(main())
    assert refusals == [403, 403, 403, 403, 404, 404, 404, 404]


def test_an_order_whose_answer_was_lost_is_found_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.lines.twilio.placing.LOOK_AGAIN_S", SOON)

    async def elder(twilio: FakeTwilio, call: FakeCall) -> None:
        await twilio.listed.wait()
        async with twilio.answered(call) as stream:
            await stream.stop()

    async def main() -> None:
        async with twilio_line(elder) as (twilio, line):
            twilio.refusals = [(0, 0)]
            call = await line.dial(NUMBER, reference="visit-1")
            assert call.provider_call_id == twilio.calls[0].sid
            assert len(twilio.calls) == 1, "the telephone rang once"

    asyncio.run(main())


def test_a_refusal_names_the_reason_and_never_the_number() -> None:
    async def main() -> None:
        async with twilio_line(silent) as (twilio, line):
            twilio.refusals = [(21211, 400)]
            with pytest.raises(CallNotConnectedError) as failure:
                await line.dial(NUMBER, reference="visit-1")
        assert failure.value.disposition is Disposition.INVALID_NUMBER
        assert "1234567" not in str(failure.value)
        assert "1234567" not in repr(failure.value.__cause__)

    asyncio.run(main())


def test_whoever_stops_waiting_lets_nobody_s_telephone_ring() -> None:
    async def main() -> None:
        async with twilio_line(silent) as (twilio, line):
            dialling = asyncio.create_task(line.dial(NUMBER, reference="visit-1"))
            await twilio.ordered.wait()
            await asyncio.sleep(0.2)
            dialling.cancel()
            await asyncio.wait({dialling})
            await asyncio.wait_for(twilio.calls[0].ended.wait(), 30)

    asyncio.run(main())


def test_a_call_that_nobody_waits_for_is_ended_when_it_is_heard_of() -> None:
    async def main() -> None:
        async with twilio_line(silent) as (twilio, line):
            dialling = asyncio.create_task(line.dial(NUMBER, reference="visit-1"))
            await twilio.ordered.wait()
            orphan = twilio.calls[0]
            line.hear(CallNews(orphan.sid, "visit-of-an-earlier-process", "ringing"))
            await asyncio.wait_for(orphan.ended.wait(), 30)
            dialling.cancel()
            await asyncio.wait({dialling})

    asyncio.run(main())


def test_what_an_earlier_process_left_ringing_is_ended_and_what_is_over_is_told() -> None:
    async def main() -> None:
        async with twilio_line(silent) as (twilio, line):
            for status in ("ringing", "no-answer"):
                left = FakeCall(f"CA{len(twilio.calls) + 7:032x}", {"To": [NUMBER], "From": [NUMBER]}, status)
                twilio.calls.append(left)
            ringing, over = twilio.calls
            told = await line.look_after(ringing.sid, "visit-1")
            assert told is not None
            assert told.status == "canceled"
            assert await line.look_after(over.sid, "visit-2") == CallNews(over.sid, "visit-2", "no-answer")

    asyncio.run(main())


def test_a_wrong_token_is_told_at_the_start() -> None:
    async def main() -> None:
        with pytest.raises(TwilioStartError, match="account SID or auth token are wrong"):
            async with twilio_line(silent, lets_us_in=False):
                pass

    asyncio.run(main())


def test_a_port_that_is_taken_is_told_at_the_start() -> None:
    async def main() -> None:
        twilio = FakeTwilio(silent)
        with twilio.running():
            async with TwilioLine(settings_for(twilio)) as first:
                taken = settings_for(twilio, media_port=first.media_port)
                with pytest.raises(TwilioStartError, match=f"Port {first.media_port}"):
                    await TwilioLine(taken).__aenter__()

    asyncio.run(main())


def test_a_twilio_that_cannot_be_reached_fails_calls_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ivr.lines.twilio.placing.LOOK_AGAIN_S", SOON)

    async def main() -> None:
        twilio = FakeTwilio(silent)
        with twilio.running():
            nowhere = settings_for(twilio)
        async with TwilioLine(nowhere) as line:
            assert line.health.state is LineState.READY
            dialling = asyncio.create_task(line.dial(NUMBER, reference="visit-1"))
            with pytest.raises(CallNotConnectedError, match="did not answer") as failure:
                await asyncio.wait_for(dialling, 60)
            assert failure.value.disposition is Disposition.FAILED

    asyncio.run(main())
