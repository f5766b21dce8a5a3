"""Who is next at the engines, and from when an engine's time counts."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.calls import MORNING, Hears, senses
from support.engines import FOR_EVER_S, SlowEngines
from support.telephone import voice

from ivr.engine_queue import EngineQueue
from ivr.senses import ENGINE_PATIENCE_S, LOAD_PATIENCE_S, CallSenses, SensesFailedError
from ivr.virtual_time import run_virtual


def in_call_time(story) -> Any:
    return run_virtual(lambda _clock: story(), MORNING)


def hearing(recognizer: Hears, engines: EngineQueue) -> CallSenses:
    shared = senses(recognizer)
    vars(shared)["queue"] = engines
    return CallSenses(shared, "zh-CN")


def now() -> float:
    return asyncio.get_running_loop().time()


def test_what_is_waited_for_goes_before_what_may_still_be_overtaken():
    order: list[str] = []

    async def story() -> None:
        engines = SlowEngines(1.0)
        engines.add(lambda: order.append("under way"))
        engines.add(lambda: order.append("the beginning of one"), early=True)
        hurried = engines.add(lambda: order.append("one that is over now"), early=True)
        last = engines.add(lambda: order.append("an answer"))
        engines.hurry(hurried)
        await last.done
        await asyncio.sleep(2.0)

    in_call_time(story)
    assert order == ["under way", "one that is over now", "an answer", "the beginning of one"]


def test_what_was_overtaken_before_its_turn_costs_nothing():
    async def story() -> int:
        engines = SlowEngines(1.0)
        first, second = (engines.add(lambda: None, early=True) for _ in range(2))
        assert engines.withdraw(second)
        assert not engines.withdraw(first), "an engine has it"
        await first.done
        await asyncio.sleep(5.0)
        assert second.done.cancelled()
        return len(engines.begun)

    assert in_call_time(story) == 1


def test_time_spent_waiting_is_not_the_engines():
    """Ten answers at an engine that takes 15 s for each: the last one is read after 150 s all the same."""

    async def story() -> float:
        ears = hearing(Hears(*["好着呢"] * 10), SlowEngines(15.0))
        readings = await asyncio.gather(*(ears.read(voice("dui"), "any") for _ in range(10)))
        assert all(reading.heard.text == "好着呢" for reading in readings)
        return now()

    assert in_call_time(story) == pytest.approx(150.0)


def test_an_engine_that_has_begun_and_does_not_come_back_is_given_up():
    async def story() -> float:
        ears = hearing(Hears("好"), SlowEngines(FOR_EVER_S))
        with pytest.raises(SensesFailedError, match="the recognizer failed: no answer within 20 s"):
            await ears.read(voice("dui"), "any")
        return now()

    assert in_call_time(story) == pytest.approx(ENGINE_PATIENCE_S)


def test_behind_engines_that_hang_waiting_is_not_called_load():
    async def story() -> str:
        ears = hearing(Hears("好"), SlowEngines(FOR_EVER_S))
        with pytest.raises(SensesFailedError):
            await ears.read(voice("dui"), "any")
        return ears.why_waiting()

    assert in_call_time(story) == "all engines hang"


def test_a_sentence_that_must_wait_too_long_for_a_voice_is_told_as_load():
    async def story() -> float:
        ears = hearing(Hears(), SlowEngines(19.0))
        reading = asyncio.ensure_future(ears.read(voice("dui"), "any"))
        await asyncio.sleep(0)
        with pytest.raises(SensesFailedError, match="the engines are overloaded"):
            await ears.voice("您好", speed=1.0, gain_db=0.0)
        waited = now()
        await reading
        return waited

    assert in_call_time(story) == pytest.approx(LOAD_PATIENCE_S)


def test_an_executor_that_is_shut_down_is_a_failure_like_any_other():
    async def story() -> None:
        executor = ThreadPoolExecutor(1)
        executor.shutdown()
        with pytest.raises(SensesFailedError, match="the recognizer failed: RuntimeError"):
            await hearing(Hears("好"), EngineQueue(executor, 1)).read(voice("dui"), "any")

    asyncio.run(story())


def test_whoever_stops_waiting_takes_their_place_in_the_queue_along():
    async def story() -> int:
        engines = SlowEngines(1.0)
        ears = hearing(Hears("好"), engines)
        engines.add(lambda: None)
        reading = asyncio.ensure_future(ears.read(voice("dui"), "any"))
        await asyncio.sleep(0.5)
        reading.cancel()
        await asyncio.sleep(5.0)
        return len(engines.begun)

    assert in_call_time(story) == 1


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=12), st.integers(1, 3))
def test_all_work_is_done_once_and_waited_for_work_never_waits_for_early_work(works, at_once: int):
    """Whatever comes, and whatever is hurried: (early, hurried)."""
    done: list[int] = []

    async def story() -> list[tuple[bool, int]]:
        engines = SlowEngines(1.0, at_once=at_once)
        added = [
            engines.add(lambda number=number: done.append(number), early=early)
            for number, (early, _) in enumerate(works)
        ]
        for work, (_, hurried) in zip(added, works, strict=True):
            if hurried:
                engines.hurry(work)
        await asyncio.sleep(len(works) + 1.0)
        assert engines.waiting == 0
        return [work.place for work in engines.begun[at_once:]]

    places = in_call_time(story)
    assert sorted(done) == list(range(len(works)))
    assert places == sorted(places)
