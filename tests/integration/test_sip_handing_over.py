"""Calls handed over by REFER: two PJSIP telephones go on without us."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from support.exchange import Exchange, exchange
from support.sip import Phone, direct, need_pjsip, pjsip_phone
from support.sip_transfers import seconds_heard
from support.telephone import frames_of, tone

from ivr.lines import AudioFrame, FarEndHungUp
from ivr.lines.handing_over import HANDED_OVER, Referable, Referred, Transferable
from ivr.lines.sip import SipLine
from ivr.lines.sip.call import SipCall
from ivr.lines.sip.referring import meaning

ELDER, LI, WU = "+865331234567", "+8613853300011", "+8613853300012"
ELDERS, WORKERS, ROBOTS = 500.0, 700.0, 300.0
Report = dict[str, Any]


@pytest.mark.parametrize(
    ("status", "found"),
    [(486, Referred.NOT_REACHED), (480, Referred.NOT_REACHED), (408, Referred.NOT_REACHED)]
    + [(each, Referred.IMPOSSIBLE) for each in (405, 481, 501, 603, 503, 404, None)],
)
def test_a_person_who_is_not_reached_is_told_from_an_exchange_that_does_not_refer(
    status: int | None, found: Referred
) -> None:
    assert meaning(status) is found


async def heard_until_over(call: SipCall) -> tuple[str, int]:
    """Why the call ended, and how many frames with sound came before."""
    loud = 0
    while True:
        match await call.receive():
            case AudioFrame(pcm=pcm):
                loud += bool(abs(pcm).max() > 1000)
            case FarEndHungUp(cause=cause):
                return cause, loud


def told(
    story: Callable[[SipLine, Exchange], Awaitable[None]],
    elder: Report,
    **workers: Report,
) -> dict[str, Report]:
    """Tell a story; returns what the telephones saw that were rung. ``elder`` and workers: their manners."""
    need_pjsip()
    numbers = {"elder": ELDER, "li": LI, "wu": WU}

    async def main() -> dict[str, Report]:
        async with asyncio.timeout(90), AsyncExitStack() as stack:
            phones: dict[str, Phone] = {
                who: await stack.enter_async_context(pjsip_phone(**manner))
                for who, manner in {"elder": elder, **workers}.items()
            }
            routes = {numbers[who]: phone.port for who, phone in phones.items()}
            trunk = await stack.enter_async_context(exchange(routes))
            async with SipLine(direct(trunk.port)) as line:
                await story(line, trunk)
            return {who: await phone.report() for who, phone in phones.items() if numbers[who] in trunk.rung}

    return asyncio.run(main())


def speaks(hertz: float, *, hears: float, **more: Any) -> Report:
    """Speaks all the time for a few seconds once another is heard."""
    acts = [["hear", hears], ["say", hertz, 3.0], ["hang_up"]]
    return {"answers_after_s": 0.2, "patience_s": 40.0, "acts": acts, **more}


@pytest.mark.sip
def test_an_attended_transfer_connects_the_two_and_we_are_out_of_it() -> None:
    async def story(line: SipLine, _trunk: Exchange) -> None:
        elder = await line.dial(ELDER, reference="visit-1")
        worker = await line.dial(LI, reference="transfer-1")
        assert isinstance(elder, Transferable)
        assert isinstance(elder, Referable)
        assert await elder.hand_over(worker)
        assert (await heard_until_over(elder))[0] == HANDED_OVER
        assert worker.over

    seen = told(
        story,
        {**speaks(ELDERS, hears=WORKERS), "acts": [["hear", WORKERS], ["say", ELDERS, 3.0], ["wait", 30.0]]},
        li={
            **speaks(WORKERS, hears=ELDERS),
            "acts": [["wait", 2.0], ["say", WORKERS, 3.0], ["wait", 2.0], ["hang_up"]],
        },
    )
    assert seconds_heard(seen["elder"], WORKERS) >= 2.0
    assert seconds_heard(seen["li"], ELDERS) >= 1.0
    assert seen["li"]["replaced"]
    assert "Replaces" in seen["elder"]["referred_to"]


@pytest.mark.sip
def test_an_attended_transfer_that_is_refused_leaves_both_calls_as_they_were() -> None:
    async def story(line: SipLine, _trunk: Exchange) -> None:
        elder = await line.dial(ELDER, reference="visit-1")
        worker = await line.dial(LI, reference="transfer-1")
        assert not await elder.hand_over(worker)
        assert not elder.over
        assert not worker.over
        for frame in frames_of(tone(1.5, ROBOTS)):
            await elder.send(frame)
            await worker.send(frame)
        (_, elders), (_, workers) = await asyncio.gather(*map(heard_until_over, (elder, worker)))
        assert elders > 50, "both are heard again"
        assert workers > 50

    seen = told(story, speaks(ELDERS, hears=ROBOTS, refers=603), li=speaks(WORKERS, hears=ROBOTS))
    assert not seen["elder"]["unfinished"], "and hear again"
    assert not seen["li"]["unfinished"]


@pytest.mark.sip
def test_a_blind_transfer_rings_the_worker_and_connects_the_two() -> None:
    async def story(line: SipLine, trunk: Exchange) -> None:
        elder = await line.dial(ELDER, reference="visit-1")
        assert await elder.refer(LI, ring_seconds=20.0) is Referred.CONNECTED
        assert (await heard_until_over(elder))[0] == HANDED_OVER
        assert trunk.rung == [ELDER, LI]

    seen = told(
        story,
        {**speaks(ELDERS, hears=WORKERS), "acts": [["hear", WORKERS], ["say", ELDERS, 3.0], ["wait", 30.0]]},
        li={
            **speaks(WORKERS, hears=ELDERS),
            "acts": [["wait", 1.0], ["say", WORKERS, 3.0], ["wait", 2.0], ["hang_up"]],
        },
    )
    assert seconds_heard(seen["elder"], WORKERS) >= 2.0
    assert seconds_heard(seen["li"], ELDERS) >= 1.0
    assert LI in seen["elder"]["referred_to"]


@pytest.mark.sip
def test_a_blind_transfer_to_who_is_busy_or_that_is_refused_leaves_the_elder_with_us() -> None:
    async def story(line: SipLine, _trunk: Exchange) -> None:
        elder = await line.dial(ELDER, reference="visit-1")
        assert await elder.refer(LI, ring_seconds=10.0) is Referred.NOT_REACHED
        assert await elder.refer("13800", ring_seconds=10.0) is not Referred.CONNECTED
        assert not elder.over
        for frame in frames_of(tone(1.0, ROBOTS)):
            await elder.send(frame)
        assert (await heard_until_over(elder))[1] > 50

    seen = told(story, speaks(ELDERS, hears=ROBOTS), li={"refuses": 486, "patience_s": 30.0})
    assert not seen["elder"]["unfinished"]
