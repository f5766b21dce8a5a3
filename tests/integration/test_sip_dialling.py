"""Calls over loopback that SIPp, told by scenarios, refuses, lets ring, announces or answers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.ports import free_port
from support.sip import PATIENCE_S, direct, need_sipp, sipp

from ivr.lines import CallNotConnectedError, Disposition, FarEndHungUp
from ivr.lines.sip import SipLine
from ivr.lines.sip.call import SipCall

pytestmark = pytest.mark.sip
NUMBER = "+865331234567"


@pytest.fixture(autouse=True)
def _peer() -> None:
    need_sipp()


async def not_reached(line: SipLine, **how: Any) -> CallNotConnectedError:
    with pytest.raises(CallNotConnectedError) as caught:
        await line.dial(NUMBER, reference="visit-7/1", **how)
    return caught.value


async def until_over(call: SipCall) -> str:
    """Why the call ended; one that never ends fails the test, it does not hang the suite."""
    async with asyncio.timeout(PATIENCE_S):
        while not isinstance(event := await call.receive(), FarEndHungUp):
            pass
    return event.cause


def with_telephone(
    scenario: str,
    folder: Path,
    story: Callable[[SipLine], Awaitable[None]],
    *,
    values: dict[str, str] | None = None,
    transport: str = "udp",
    **settings: Any,
) -> str:
    """Let ``story`` call a telephone that plays a scenario; returns the SIP messages that it saw."""

    async def main() -> str:
        way = {"udp": "u1", "tcp": "t1"}[transport]
        async with (
            sipp(scenario, folder, values=values, transport=way) as telephone,
            SipLine(direct(telephone.port, transport=transport, **settings)) as line,
        ):
            await story(line)
            return await telephone.played_out()

    return asyncio.run(main())


# Nobody is reached


@pytest.mark.parametrize(
    ("status", "reason", "disposition"),
    [
        ("486 Busy Here", "SIP;cause=486", Disposition.BUSY),
        ("404 Not Found", 'Q.850;cause=1;text="Unallocated number"', Disposition.INVALID_NUMBER),
        ("404 Not Found", "Q.850;cause=3", Disposition.FAILED),
        ("480 Temporarily Unavailable", "SIP;cause=480", Disposition.NO_ANSWER),
        ("480 Temporarily Unavailable", 'Q.850;cause=17;text="User busy"', Disposition.BUSY),
        ("503 Service Unavailable", "Q.850;cause=34", Disposition.FAILED),
        ("603 Decline", "SIP;cause=603", Disposition.REJECTED),
    ],
)
def test_what_the_network_answers_decides(
    tmp_path: Path, status: str, reason: str, disposition: Disposition
) -> None:
    async def story(line: SipLine) -> None:
        error = await not_reached(line)
        assert error.disposition is disposition
        assert error.cause.startswith(status)

    with_telephone("refuses", tmp_path, story, values={"status": status, "reason": reason})


@pytest.mark.parametrize("scenario", ["rings", "melody"])
def test_a_telephone_that_rings_in_vain_is_cancelled(tmp_path: Path, scenario: str) -> None:
    async def story(line: SipLine) -> None:
        error = await not_reached(line, ring_seconds=2.0)
        assert error.disposition is Disposition.NO_ANSWER
        assert error.cause == "nobody answered within 2 s"

    assert "\nCANCEL sip:" in with_telephone(scenario, tmp_path, story)


def test_an_answer_that_crosses_our_cancel_is_no_call_left_open(tmp_path: Path) -> None:
    async def story(line: SipLine) -> None:
        assert (await not_reached(line, ring_seconds=2.0)).disposition is Disposition.NO_ANSWER

    assert "\nBYE sip:" in with_telephone("answers_too_late", tmp_path, story)


def test_whoever_stops_waiting_leaves_no_telephone_ringing(tmp_path: Path) -> None:
    async def story(line: SipLine) -> None:
        dialling = asyncio.create_task(line.dial(NUMBER, reference="visit-7/1"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(dialling, 1.0)

    assert "\nCANCEL sip:" in with_telephone("rings", tmp_path, story)


@pytest.mark.parametrize("thinks_ms", ["0", "300"])
def test_a_call_that_is_being_placed_when_we_are_told_to_stop_does_not_ring_unowned(
    tmp_path: Path, thinks_ms: str
) -> None:
    """However long the other side takes to ring: before it does there is nothing to cancel."""

    async def story(line: SipLine) -> None:
        dialling = asyncio.create_task(line.dial(NUMBER, reference="visit-7/1"))
        await asyncio.sleep(0)  # the INVITE is being sent
        dialling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialling

    said = with_telephone("rings", tmp_path, story, values={"thinks_ms": thinks_ms})
    assert "\nINVITE sip:" in said
    assert "\nCANCEL sip:" in said


def test_a_server_that_is_not_there_is_our_trouble_and_nobody_elses() -> None:
    async def main() -> None:
        async with SipLine(direct(free_port(), transport="tcp")) as line:
            error = await not_reached(line)
            assert error.disposition is Disposition.FAILED
            assert error.cause

    asyncio.run(main())


def test_what_is_no_number_is_never_dialled() -> None:
    async def main() -> None:
        async with SipLine(direct(free_port())) as line:
            with pytest.raises(CallNotConnectedError) as caught:
                await line.dial("sip:premium@elsewhere", reference="visit-7/1")
            assert caught.value.disposition is Disposition.INVALID_NUMBER

    asyncio.run(main())


# Somebody answers


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_an_answered_call_carries_our_reference_and_ends_when_we_hang_up(
    tmp_path: Path, transport: str
) -> None:
    async def story(line: SipLine) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")
        assert call.provider_call_id
        await call.hang_up()
        await call.hang_up()
        assert await until_over(call) == "hung up here"

    said = with_telephone("answers", tmp_path, story, transport=transport, caller_number="05335550000")
    assert f"INVITE sip:{NUMBER}@127.0.0.1" in said
    assert "X-Wenan-Attempt: visit-7/1" in said
    assert "P-Preferred-Identity: <sip:05335550000@127.0.0.1" in said
    assert said.count("\nBYE sip:") == 1


def test_an_announcement_is_not_an_answer(tmp_path: Path) -> None:
    async def story(line: SipLine) -> None:
        dialling = asyncio.create_task(line.dial(NUMBER, reference="visit-7/1"))
        done, _ = await asyncio.wait({dialling}, timeout=0.7)
        assert not done
        await (await dialling).hang_up()

    with_telephone("announces", tmp_path, story)


def test_an_elder_who_puts_the_receiver_down_ends_the_call(tmp_path: Path) -> None:
    async def story(line: SipLine) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")
        assert await until_over(call) == "normal"
        await call.hang_up()

    said = with_telephone("hangs_up", tmp_path, story)
    assert said.count("\nBYE sip:") == 1


def test_an_exchange_that_holds_the_call_and_takes_it_up_again_by_re_invite_does_not_lose_it(
    tmp_path: Path,
) -> None:
    async def story(line: SipLine) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")
        assert await until_over(call) == "normal"

    # It sends no sound at all while it holds, for longer than a line may be silent otherwise.
    said = with_telephone("holds", tmp_path, story, rtp_timeout_s=2)
    answers = [each for each in said.split("SIP/2.0 200 OK")[2:] if "m=audio" in each]
    assert "a=recvonly" in answers[0].split("\n\n")[1], "held: we are only spoken to"
    assert "a=sendrecv" in answers[1]


def test_both_put_the_receiver_down_at_once(tmp_path: Path) -> None:
    async def story(line: SipLine) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")
        await call.hang_up()
        assert await until_over(call) == "hung up here"

    with_telephone("hangs_up_too", tmp_path, story)


def test_a_far_end_that_vanishes_without_a_word_ends_the_call(tmp_path: Path) -> None:
    async def story(line: SipLine) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")
        assert await until_over(call) == "the far end has sent no audio for 1 s"

    with_telephone("answers", tmp_path, story, rtp_timeout_s=1)


def test_a_call_has_a_longest_time(tmp_path: Path) -> None:
    async def story(line: SipLine) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")
        assert await until_over(call) == "the longest time for a call is over (1 s)"

    assert "\nBYE sip:" in with_telephone("answers", tmp_path, story, max_call_s=1.0)


def test_closing_the_line_hangs_up_every_call(tmp_path: Path) -> None:
    async def main() -> str:
        async with sipp("answers", tmp_path, calls=5) as telephone:
            async with SipLine(direct(telephone.port)) as line:
                calls = [await line.dial(NUMBER, reference=f"visit-{each}/1") for each in range(5)]
            for call in calls:
                assert await until_over(call) == "hung up here"
            assert (await not_reached(line)).disposition is Disposition.FAILED
            return await telephone.played_out()

    assert asyncio.run(main()).count("\nBYE sip:") == 5


def test_closing_the_line_leaves_no_telephone_ringing_and_whoever_waits_is_told(tmp_path: Path) -> None:
    async def main() -> str:
        async with sipp("rings", tmp_path) as telephone:
            async with SipLine(direct(telephone.port)) as line:
                dialling = asyncio.create_task(not_reached(line))
                done, _ = await asyncio.wait({dialling}, timeout=1.0)
                assert not done
            error = await asyncio.wait_for(dialling, 1.0)
            assert (error.disposition, error.cause) == (Disposition.FAILED, "the line is closed")
            return await telephone.played_out()

    assert asyncio.run(main()).count("\nCANCEL sip:") == 1


def test_a_server_is_found_by_a_name_of_the_house(tmp_path: Path) -> None:
    async def main() -> None:
        async with sipp("answers", tmp_path) as telephone:
            async with SipLine(replace(direct(telephone.port), server=f"localhost:{telephone.port}")) as line:
                await (await line.dial(NUMBER, reference="visit-7/1")).hang_up()
            await telephone.played_out()

    asyncio.run(main())


def test_a_trunk_whose_domain_is_no_address_is_reached_through_its_proxy(tmp_path: Path) -> None:
    async def main() -> str:
        async with sipp("answers", tmp_path) as proxy:
            settings = replace(direct(proxy.port), server="ims.example.test", proxy=f"127.0.0.1:{proxy.port}")
            async with SipLine(settings) as line:
                await (await line.dial(NUMBER, reference="visit-7/1")).hang_up()
            return await proxy.played_out()

    said = asyncio.run(main())
    assert f"INVITE sip:{NUMBER}@ims.example.test" in said
    assert "From: <sip:wenan@ims.example.test>" in said


def test_nobody_is_called_whom_the_far_end_names_instead(tmp_path: Path) -> None:
    async def story(line: SipLine) -> None:
        assert (await not_reached(line)).disposition is Disposition.FAILED

    elsewhere = {"status": "302 Moved Temporarily", "reason": "SIP;cause=302"}
    said = with_telephone("refuses", tmp_path, story, values=elsewhere)
    assert said.count("\nINVITE sip:") == 1
