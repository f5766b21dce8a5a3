"""Time that jumps when nothing happens and waits when somebody computes."""

import asyncio
import itertools
import os
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.clock import LoopClock
from ivr.virtual_time import VirtualDeadlockError, VirtualTimeLoop, run_virtual

MORNING = datetime(2024, 3, 5, 1, 0, tzinfo=UTC)


def test_waiting_for_something_that_never_comes_is_an_error_and_not_a_hang():
    async def main(_clock: LoopClock) -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(VirtualDeadlockError, match=r"Nothing is scheduled.*main"):
        run_virtual(main, MORNING)


def test_the_error_names_everybody_who_waits():
    async def forever() -> None:
        await asyncio.Event().wait()

    async def main(_clock: LoopClock) -> None:
        elder = asyncio.create_task(forever(), name="elder at the telephone")
        await elder

    with pytest.raises(VirtualDeadlockError, match=r"elder at the telephone at .*forever"):
        run_virtual(main, MORNING)


def test_an_exception_in_executor_work_reaches_whoever_waits_for_it():
    def stumble() -> None:
        raise ValueError("model fell over")

    async def main(clock: LoopClock) -> str:
        with pytest.raises(ValueError, match="model fell over"):
            await asyncio.get_running_loop().run_in_executor(None, stumble)
        await clock.sleep(3600)
        return "went on"

    assert run_virtual(main, MORNING) == "went on"


def test_an_hour_of_waiting_takes_no_time():
    async def main(clock: LoopClock) -> datetime:
        await clock.sleep(3600)
        return clock.now()

    began = time.monotonic()
    assert run_virtual(main, MORNING) == MORNING + timedelta(hours=1)
    assert time.monotonic() - began < 1.0


def test_time_stands_still_while_work_is_outstanding():
    release = threading.Event()

    async def main(clock: LoopClock) -> tuple[datetime, str]:
        ticks: list[datetime] = []

        async def ticking() -> None:
            while True:
                await clock.sleep(0.02)
                ticks.append(clock.now())

        ticker = asyncio.create_task(ticking())
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(None, release.wait, 5.0)
        threading.Timer(0.05, release.set).start()
        assert await work
        seen = clock.now()
        assert ticks == []
        ticker.cancel()
        return seen, "done"

    assert run_virtual(main, MORNING) == (MORNING, "done")


def test_the_result_arrives_at_the_moment_at_which_the_work_was_given():
    async def main(clock: LoopClock) -> list[datetime]:
        loop = asyncio.get_running_loop()

        async def caller(delay: float) -> datetime:
            await clock.sleep(delay)
            await loop.run_in_executor(None, sum, range(50_000))
            return clock.now()

        return await asyncio.gather(*(caller(n * 0.5) for n in range(8)))

    assert run_virtual(main, MORNING) == [MORNING + timedelta(seconds=n * 0.5) for n in range(8)]


def test_work_that_nobody_waits_for_any_more_still_holds_time():
    started, release = threading.Event(), threading.Event()
    finished_at: list[float] = []

    def slow() -> None:
        started.set()
        release.wait(5.0)
        finished_at.append(time.monotonic())

    async def main(clock: LoopClock) -> float:
        work = asyncio.get_running_loop().run_in_executor(None, slow)
        assert started.wait(5.0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        threading.Timer(0.05, release.set).start()
        await clock.sleep(60)
        return time.monotonic()

    moved_at = run_virtual(main, MORNING)
    assert finished_at[0] <= moved_at


def test_work_cancelled_before_it_began_does_not_hold_time_for_ever():
    release = threading.Event()

    async def main(clock: LoopClock) -> datetime:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(max_workers=1) as one:
            first = loop.run_in_executor(one, release.wait, 5.0)
            second = loop.run_in_executor(one, release.wait, 5.0)
            second.cancel()
            release.set()
            await first
            await clock.sleep(10)
        return clock.now()

    assert run_virtual(main, MORNING) == MORNING + timedelta(seconds=10)


def test_another_process_may_do_the_work():
    async def main(clock: LoopClock) -> tuple[int, datetime]:
        with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
            size = await asyncio.get_running_loop().run_in_executor(pool, len, "问安")
        return size, clock.now()

    assert run_virtual(main, MORNING) == (2, MORNING)


def test_a_thread_of_its_own_may_wake_the_loop_while_time_is_held():
    async def main(clock: LoopClock) -> datetime:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        told = loop.create_future()
        with loop.standing_still():
            threading.Timer(0.05, loop.call_soon_threadsafe, (told.set_result, "早上好")).start()
            assert await told == "早上好"
        return clock.now()

    assert run_virtual(main, MORNING) == MORNING


@pytest.fixture
def keyboard():
    """Ctrl-C means what it does in a terminal; a shell lets what it runs in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("keyboard")
def test_an_interrupt_from_the_keyboard_ends_the_run_even_while_work_is_outstanding():
    release = threading.Event()

    async def main(_clock: LoopClock) -> None:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            await asyncio.get_running_loop().run_in_executor(None, release.wait, 5.0)
        finally:
            release.set()

    with pytest.raises(KeyboardInterrupt):
        run_virtual(main, MORNING)


def test_a_timeout_on_virtual_time_runs_out():
    async def main(clock: LoopClock) -> datetime:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(15):
                await asyncio.Event().wait()
        return clock.now()

    assert run_virtual(main, MORNING) == MORNING + timedelta(seconds=15)


def test_a_year_of_frames_apart_the_pacing_is_still_exact():
    async def main(clock: LoopClock) -> list[float]:
        loop = asyncio.get_running_loop()
        await clock.sleep(366 * 86_400)
        zero = loop.time()
        gaps = []
        for n in range(1, 51):
            await clock.sleep(zero + n * 0.02 - loop.time())
            gaps.append(loop.time() - zero - n * 0.02)
        return gaps

    assert max(map(abs, run_virtual(main, MORNING))) < 1e-6


def test_the_clock_speaks_utc_whatever_zone_it_was_started_in():
    shanghai = datetime.fromisoformat("2024-03-05T09:00:00+08:00")

    async def main(clock: LoopClock) -> datetime:
        return clock.now()

    assert run_virtual(main, shanghai) == MORNING


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(min_value=0, max_value=86_400), min_size=1, max_size=20))
def test_whoever_sleeps_shorter_wakes_earlier(naps: list[float]):
    async def main(clock: LoopClock) -> list[float]:
        woken: list[float] = []

        async def nap(seconds: float) -> None:
            await clock.sleep(seconds)
            woken.append(seconds)

        await asyncio.gather(*map(nap, naps))
        assert (clock.now() - MORNING).total_seconds() == pytest.approx(max(naps), abs=1e-5)
        return woken

    woken = run_virtual(main, MORNING)
    assert all(earlier <= later + 1e-5 for earlier, later in itertools.pairwise(woken))
