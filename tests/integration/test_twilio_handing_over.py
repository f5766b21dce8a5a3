"""Two Twilio calls led into one conference: REST updates, streams that stop, callbacks late and twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from support.fake_twilio import FakeCall, FakeTwilio, settings_for
from support.twilio import need_twilio

from ivr.lines import FarEndHungUp
from ivr.lines.handing_over import HANDED_OVER, Transferable
from ivr.lines.twilio import CallNews, TwilioLine
from ivr.lines.twilio import call as calls
from ivr.lines.twilio.call import TwilioCall

pytestmark = pytest.mark.twilio
ELDER, LI = "+865331234567", "+8613853300011"


@pytest.fixture(autouse=True)
def _installed() -> None:
    need_twilio()


async def answers(twilio: FakeTwilio, call: FakeCall) -> None:
    """Somebody picks up and stays until the call is ended or led elsewhere."""
    call.status = "in-progress"
    async with twilio.answered(call) as stream:
        listening = asyncio.create_task(stream.listen())
        led = asyncio.create_task(call.led.wait())
        await asyncio.wait({listening, led}, return_when=asyncio.FIRST_COMPLETED)
        if led.done():
            await stream.led_away()
        await listening
        led.cancel()


Story = Callable[[FakeTwilio, TwilioLine, TwilioCall, TwilioCall], Awaitable[None]]


def told(story: Story, **behaviour: Any) -> None:
    """An elder and a worker are on the line."""

    async def main() -> None:
        twilio = FakeTwilio(answers)
        for name, value in behaviour.items():
            setattr(twilio, name, value)
        with twilio.running():
            async with TwilioLine(settings_for(twilio)) as line:
                twilio.media_port = line.media_port
                elder = await line.dial(ELDER, reference="visit-1")
                worker = await line.dial(LI, reference="transfer-1")
                await story(twilio, line, elder, worker)
                await asyncio.gather(elder.hang_up(), worker.hang_up())
            await twilio.over()

    asyncio.run(main())


async def end_of(call: TwilioCall) -> str:
    while not isinstance(event := await call.receive(), FarEndHungUp):
        pass
    return event.cause


def test_the_two_are_led_into_one_room_and_their_calls_go_on_without_us() -> None:
    async def story(twilio: FakeTwilio, line: TwilioLine, elder: TwilioCall, worker: TwilioCall) -> None:
        assert isinstance(elder, Transferable)
        assert await elder.hand_over(worker)
        assert [await end_of(call) for call in (elder, worker)] == [HANDED_OVER] * 2
        await elder.hang_up()
        await worker.hang_up()
        assert len({call.room for call in twilio.calls}) == 1
        assert twilio.calls[0].room.startswith("wenan-")
        assert [call.status for call in twilio.calls] == ["in-progress"] * 2, "hanging up here ends neither"
        for reference, call in (("visit-1", elder), ("transfer-1", worker)):
            for status in ("in-progress", "ringing", "in-progress", "completed", "completed"):
                line.hear(CallNews(call.provider_call_id, reference, status))
        await asyncio.sleep(0.1)
        assert [call.status for call in twilio.calls] == ["in-progress"] * 2, "nor do reports late and twice"

    told(story)


def test_a_room_that_twilio_refuses_leaves_both_with_us() -> None:
    async def story(twilio: FakeTwilio, _line: TwilioLine, elder: TwilioCall, worker: TwilioCall) -> None:
        assert not await elder.hand_over(worker)
        assert not elder.over
        assert not worker.over
        await elder.hang_up()
        assert twilio.calls[1].status == "completed", "and hanging up ends the call as ever"

    told(story, led_refusals=[(21220, 400)])


def test_an_elder_who_cannot_follow_stays_with_us_and_the_worker_does_not_wait_in_an_empty_room() -> None:
    async def story(twilio: FakeTwilio, _line: TwilioLine, elder: TwilioCall, worker: TwilioCall) -> None:
        assert not await elder.hand_over(worker)
        assert not elder.over
        assert worker.over
        assert twilio.calls[0].status == "completed"
        assert twilio.calls[1].room == ""

    told(story, led_refusals=[(0, 200), (20429, 429)])


def test_an_update_without_an_answer_that_was_carried_out_counts() -> None:
    async def story(twilio: FakeTwilio, _line: TwilioLine, elder: TwilioCall, worker: TwilioCall) -> None:
        assert await elder.hand_over(worker)
        assert twilio.calls[0].room == twilio.calls[1].room != ""

    told(story, led_refusals=[(0, 0), (0, 0)])


def test_an_update_that_is_answered_and_not_carried_out_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "LED_S", 0.1)

    async def story(twilio: FakeTwilio, _line: TwilioLine, elder: TwilioCall, worker: TwilioCall) -> None:
        twilio.calls[0].led = asyncio.Event()  # its stream never stops
        assert not await elder.hand_over(worker)
        assert not elder.over
        assert not worker.over

    told(story)


def test_an_elder_who_has_hung_up_is_led_nowhere() -> None:
    async def story(twilio: FakeTwilio, _line: TwilioLine, elder: TwilioCall, worker: TwilioCall) -> None:
        await elder.hang_up()
        assert not await elder.hand_over(worker)
        assert [call.room for call in twilio.calls] == ["", ""]
        assert not worker.over

    told(story)
