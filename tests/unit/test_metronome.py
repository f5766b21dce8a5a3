"""The beat to which all calls of a line play: it keeps time whatever delays it, and whoever breaks down."""

import asyncio
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from ivr.clock import LoopClock
from ivr.lines.metronome import Metronome
from ivr.virtual_time import run_virtual

NINE = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)


class Player:
    """Remembers when it was its turn."""

    def __init__(self) -> None:
        self.beats: list[float] = []

    def play(self) -> None:
        self.beats.append(asyncio.get_running_loop().time())


def test_every_beat_comes_twenty_milliseconds_after_the_one_before() -> None:
    async def main(clock: LoopClock) -> None:
        metronome, player = Metronome(), Player()
        metronome.start(player.play)
        await clock.sleep(10.01)
        metronome.stop(player.play)
        assert len(player.beats) == 500
        steps = [later - earlier for earlier, later in pairwise(player.beats)]
        assert steps == pytest.approx([0.02] * 499)

    run_virtual(main, NINE)


def test_a_program_that_was_held_up_makes_up_for_every_beat_and_keeps_no_delay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main(clock: LoopClock) -> None:
        loop = asyncio.get_running_loop()
        metronome, player = Metronome(), Player()
        real, held_up_by = loop.time, 0.0
        monkeypatch.setattr(loop, "time", lambda: real() + held_up_by)
        metronome.start(player.play)
        await clock.sleep(0.11)
        held_up_by = 0.313
        await clock.sleep(0.201)
        metronome.stop(player.play)
        assert len(player.beats) == 31, "0.624 s have passed, and no frame of them is left out"

    run_virtual(main, NINE)


def test_a_call_that_breaks_down_costs_no_other_call_its_frame() -> None:
    async def main(clock: LoopClock) -> None:
        broken: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, what: broken.append(what))
        metronome, player = Metronome(), Player()

        def breaks_down() -> None:
            raise RuntimeError("this call is broken")

        metronome.start(breaks_down)
        metronome.start(player.play)
        await clock.sleep(0.2)
        assert len(player.beats) >= 9
        assert len(broken) >= 9
        metronome.stop(breaks_down)
        metronome.stop(player.play)

    run_virtual(main, NINE)


def test_whoever_has_stopped_is_asked_no_more_and_whoever_starts_again_is() -> None:
    async def main(clock: LoopClock) -> None:
        metronome, player = Metronome(), Player()
        metronome.start(player.play)
        await clock.sleep(0.05)
        metronome.stop(player.play)
        played = len(player.beats)
        await clock.sleep(3600)
        assert len(player.beats) == played
        metronome.start(player.play)
        await clock.sleep(0.05)
        assert len(player.beats) - played in {2, 3}, "the hour between is not made up for"
        metronome.stop(player.play)

    run_virtual(main, NINE)
