"""From the order to an answer, in virtual time: lost reports, unanswered orders, accounts at their limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from support.lines import MORNING, NUMBER
from support.twilio import SID, StoryAccount

from ivr.clock import LoopClock
from ivr.lines import CallNotConnectedError, Disposition
from ivr.lines.twilio.account import CallOrder, Found, RefusedError, UnansweredError
from ivr.lines.twilio.news import STREAM_FAILED, CallNews
from ivr.lines.twilio.placing import Placing
from ivr.lines.twilio.ringing import Ringing
from ivr.virtual_time import run_virtual

T = TypeVar("T")
MINE = SID.format(1)
MUTE: Any = object()
"""Stands for a call with sound."""


def news(status: str, **codes: int) -> CallNews:
    return CallNews(MINE, "visit-1", status, **codes)


def rung(
    *told: tuple[float, CallNews], found: str = "", connects_after: float | None = None
) -> tuple[object, float, int]:
    """What came of a call of which so much was told (after so many seconds), when, and how often we asked."""

    async def main(_clock: LoopClock) -> tuple[object, float, int]:
        loop, ringing, asked = asyncio.get_running_loop(), Ringing("visit-1"), 0
        for after, each in told:
            loop.call_later(after, ringing.note, each)
        if connects_after is not None:
            loop.call_later(connects_after, ringing.connect, MUTE)

        async def ask() -> None:
            nonlocal asked
            asked += 1
            if found:
                ringing.note(news(found))

        try:
            came: object = await ringing.answered(60.0, ask)
        except CallNotConnectedError as failure:
            came = failure
        return came, loop.time(), asked

    return run_virtual(main, MORNING)


def failure(came: object) -> tuple[Disposition, str]:
    assert isinstance(came, CallNotConnectedError), came
    return came.disposition, came.cause


def test_whoever_is_heard_has_answered_even_if_no_report_ever_came() -> None:
    came, at, _ = rung(connects_after=12.0)
    assert came is MUTE
    assert at == pytest.approx(12.0)


def test_reports_in_the_wrong_order_make_no_difference() -> None:
    came, at, _ = rung((1.0, news("in-progress")), (1.1, news("ringing")), connects_after=2.0)
    assert came is MUTE
    assert at == pytest.approx(2.0)


def test_a_busy_telephone_is_told_at_once() -> None:
    came, at, _ = rung((1.0, news("ringing")), (3.0, news("busy", sip_code=486)))
    assert failure(came) == (Disposition.BUSY, "busy, SIP 486")
    assert at == pytest.approx(3.0)


def test_a_lost_report_is_found_by_asking() -> None:
    came, at, asked = rung((1.0, news("ringing")), found="no-answer")
    assert failure(came) == (Disposition.NO_ANSWER, "no-answer")
    assert at == pytest.approx(11.0)
    assert asked == 1


def test_a_telephone_that_rings_in_vain_is_given_up_after_asking_once_more() -> None:
    came, at, asked = rung(found="ringing")
    assert failure(came) == (Disposition.NO_ANSWER, "nobody answered within 60 s")
    assert at == pytest.approx(80.0)
    assert asked >= 8


def test_a_call_that_twilio_never_lets_ring_is_our_side_s_trouble() -> None:
    came, _, _ = rung(found="queued")
    assert failure(came) == (Disposition.FAILED, "Twilio did not let it ring")


def test_somebody_who_answers_waits_ten_seconds_for_the_robot_at_most() -> None:
    came, at, _ = rung((5.0, news("in-progress")), found="in-progress")
    assert failure(came) == (Disposition.FAILED, "answered, but its sound never came")
    assert at == pytest.approx(15.0)


def test_an_answered_call_without_sound_is_never_no_answer() -> None:
    came, _, _ = rung((5.0, news("completed")))
    assert failure(came)[0] is Disposition.FAILED, "five of these pause the campaign: our door is shut"


def test_why_the_sound_did_not_come_is_named() -> None:
    came, _, _ = rung((5.0, news("in-progress")), (6.0, news(STREAM_FAILED, error_code=31910)))
    assert failure(came) == (
        Disposition.FAILED,
        "Twilio could not bring the sound, Twilio 31910: the certificate of the public URL does not hold",
    )


def test_a_stream_waits_until_the_order_s_own_answer_says_which_call_is_ours() -> None:
    async def main(_clock: LoopClock) -> tuple[bool, bool, float]:
        loop, ringing = asyncio.get_running_loop(), Ringing("visit-1")
        loop.call_later(3.0, ringing.note, news("queued"))
        impostor, mine = await asyncio.gather(ringing.own(SID.format(9)), ringing.own(MINE))
        return impostor, mine, loop.time()

    impostor, mine, at = run_virtual(main, MORNING)
    assert not impostor, "the right key is not enough while nobody can tell calls apart"
    assert mine
    assert at == pytest.approx(3.0)


def test_a_stream_whose_order_got_no_answer_is_not_kept_waiting() -> None:
    async def main(_clock: LoopClock) -> tuple[bool, float]:
        loop, ringing = asyncio.get_running_loop(), Ringing("visit-1")
        loop.call_later(2.0, ringing.settle)
        return await ringing.own(MINE), loop.time()

    assert run_virtual(main, MORNING) == (True, pytest.approx(2.0)), "somebody has answered and is waiting"


def placed(
    account: StoryAccount, story: Callable[[Placing, Ringing], Awaitable[T]], **options: Any
) -> tuple[T, float, list[str]]:
    """What came of ordering calls, when, and which calls were sent off."""
    sent_off: list[str] = []

    async def main(clock: LoopClock) -> tuple[T, float, list[str]]:
        account.now = clock.now
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(2) as threads:

            async def request(work: Callable[[], Any]) -> Any:
                return await loop.run_in_executor(threads, work)

            placing = Placing(
                account,
                request,
                clock,
                calls_per_second=options.get("calls_per_second", 1.0),
                send_off=sent_off.append,
                is_known=lambda sid: sid in options.get("known", ()),
            )
            return await story(placing, Ringing("visit-1")), loop.time(), sent_off

    return run_virtual(main, MORNING)


def order(reference: str = "visit-1") -> CallOrder:
    return CallOrder(NUMBER, reference, "key", 60.0)


async def one(placing: Placing, ringing: Ringing) -> object:
    try:
        return await placing.place(order(), ringing)
    except CallNotConnectedError as failure:
        return failure


def test_calls_begin_no_faster_than_the_account_allows() -> None:
    async def three(placing: Placing, ringing: Ringing) -> list[str]:
        return await asyncio.gather(*(placing.place(order(f"visit-{n}"), ringing) for n in range(3)))

    sids, at, _ = placed(StoryAccount(), three, calls_per_second=0.5)
    assert len(set(sids)) == 3
    assert at == pytest.approx(4.0)


@pytest.mark.parametrize(
    "refusal", [RefusedError(20429, 429), RefusedError(0, 429), RefusedError(10004, 400)]
)
def test_an_account_at_its_limits_costs_nobody_an_attempt(refusal: RefusedError) -> None:
    account = StoryAccount([refusal, refusal])
    sid, at, _ = placed(account, one)
    assert sid == SID.format(3)
    assert 3.0 <= at < 5.0


def test_an_account_that_stays_at_its_limits_is_our_side_s_trouble() -> None:
    came, at, _ = placed(StoryAccount([RefusedError(20429, 429)] * 50), one)
    assert failure(came) == (Disposition.FAILED, "Twilio 20429: too many requests")
    assert at < 35


@pytest.mark.parametrize(
    ("refusal", "disposition", "cause"),
    [
        (RefusedError(21211, 400), Disposition.INVALID_NUMBER, "Twilio 21211: not a telephone number"),
        (
            RefusedError(21215, 400),
            Disposition.FAILED,
            "Twilio 21215: the account may not call this country",
        ),
        (RefusedError(0, 404), Disposition.FAILED, "refused with HTTP 404"),
    ],
)
def test_a_refusal_is_not_repeated(refusal: RefusedError, disposition: Disposition, cause: str) -> None:
    account = StoryAccount([refusal])
    came, _, _ = placed(account, one)
    assert failure(came) == (disposition, cause)
    assert len(account.orders) == 1


def test_an_order_without_an_answer_that_was_carried_out_is_found_and_not_repeated() -> None:
    account = StoryAccount([UnansweredError("ReadTimeout")], unheard_of=True)
    sid, _, sent_off = placed(account, one)
    assert sid == MINE
    assert len(account.orders) == 1
    assert not sent_off


def test_an_order_without_an_answer_that_cannot_be_found_is_left_to_the_next_attempt() -> None:
    account = StoryAccount([UnansweredError("ReadTimeout")])
    came, _, _ = placed(account, one)
    disposition, cause = failure(came)
    assert disposition is Disposition.FAILED
    assert "ReadTimeout" in cause
    assert len(account.orders) == 1, "the elder's telephone rings once at most"


def test_a_report_tells_sooner_than_the_list() -> None:
    async def story(placing: Placing, ringing: Ringing) -> str:
        asyncio.get_running_loop().call_later(0.5, ringing.note, news("ringing"))
        return await placing.place(order(), ringing)

    sid, at, _ = placed(StoryAccount([UnansweredError("ReadTimeout")]), story)
    assert sid == MINE
    assert at == pytest.approx(1.0)


def test_calls_of_before_and_of_others_are_not_taken_for_ours() -> None:
    earlier = Found(SID.format(7), "completed", MORNING - timedelta(minutes=2))
    other = Found(SID.format(8), "in-progress", MORNING)
    account = StoryAccount([UnansweredError("ReadTimeout")], calls=[other, earlier])
    came, _, _ = placed(account, one, known=(other.sid,))
    assert failure(came)[0] is Disposition.FAILED


def test_of_two_calls_that_came_of_one_order_one_is_sent_off() -> None:
    double = Found(SID.format(9), "queued", MORNING)
    account = StoryAccount([UnansweredError("ReadTimeout")], unheard_of=True, calls=[double])
    sid, _, sent_off = placed(account, one)
    assert sid == MINE
    assert sent_off == [double.sid]


def test_a_call_ordered_while_we_are_told_to_stop_does_not_ring_unowned() -> None:
    account = StoryAccount()

    async def story(placing: Placing, ringing: Ringing) -> None:
        task = asyncio.create_task(placing.place(order(), ringing))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        await asyncio.sleep(1.0)

    _, _, sent_off = placed(account, story)
    assert sent_off == [each.sid for each in account.calls]


def test_whoever_waits_for_a_turn_and_is_told_to_stop_orders_nothing() -> None:
    account = StoryAccount()

    async def story(placing: Placing, ringing: Ringing) -> None:
        await placing.place(order("visit-0"), ringing)
        task = asyncio.create_task(placing.place(order(), ringing))
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.wait({task})
        await asyncio.sleep(5.0)

    placed(account, story)
    assert len(account.orders) == 1
