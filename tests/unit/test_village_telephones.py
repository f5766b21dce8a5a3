"""What a village telephone makes of packets, and the clock that leaps between calls."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.clock import LoopClock
from ivr.virtual_time import run_virtual
from speech.types import FRAME_SAMPLES, Pcm
from wenan.demo import ROSTER
from wenan.village.leaping import LeapingClock
from wenan.village.personas import load_village
from wenan.village.rtp import CUSHION, Heard
from wenan.village.selection import SHOWN, roster_of
from wenan.village.switchboard import Switchboard, TelephonesError

NINE = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)


def frame(level: int) -> Pcm:
    return np.full(FRAME_SAMPLES, level, np.int16)


def played(heard: Heard, frames: int) -> list[int]:
    return [int(heard.pull()[0]) for _ in range(frames)]


def test_nothing_is_played_until_there_is_a_cushion() -> None:
    heard = Heard()
    for number in range(CUSHION - 1):
        heard.push(number, frame(number + 1))
    assert played(heard, 1) == [0]
    heard.push(CUSHION - 1, frame(CUSHION))
    assert played(heard, CUSHION + 1) == [*range(1, CUSHION + 1), 0]


@given(
    first=st.integers(0, 65_535),
    missing=st.sets(st.integers(1, 18), max_size=6),
    twice=st.sets(st.integers(0, 19), max_size=4),
)
def test_what_is_lost_is_silence_and_what_comes_twice_is_heard_once(
    first: int, missing: set[int], twice: set[int]
) -> None:
    heard = Heard()
    for number in range(20):
        for _ in range(0 if number in missing else 2 if number in twice else 1):
            heard.push((first + number) % 65_536, frame(number + 1))
    assert played(heard, 20) == [0 if number in missing else number + 1 for number in range(20)]
    assert heard.lost == len(missing)
    assert heard.packets == 20 - len(missing)


def test_the_village_sleeps_as_we_do_until_its_time_leaps() -> None:
    async def main(_clock: LoopClock) -> None:
        loop = asyncio.get_running_loop()
        clock = LeapingClock(NINE)
        await clock.sleep(3.0)
        assert loop.time() == pytest.approx(3.0, abs=1e-3)
        soon, late = (asyncio.create_task(clock.sleep(hours * 3600.0)) for hours in (2, 6))
        await asyncio.sleep(1.0)
        clock.leap(clock.now() + timedelta(hours=4))
        await soon
        assert loop.time() < 5
        assert not late.done()
        await late
        assert clock.now() - NINE == pytest.approx(timedelta(hours=6, seconds=3), abs=timedelta(seconds=1))
        assert loop.time() == pytest.approx(2 * 3600 + 3, abs=2), "who slept on woke when it was time"

    run_virtual(main, NINE)


def test_the_villages_time_never_goes_back() -> None:
    async def main(_clock: LoopClock) -> None:
        clock = LeapingClock(NINE)
        clock.leap(NINE - timedelta(days=1))
        assert clock.now() >= NINE

    run_virtual(main, NINE)


def test_those_who_show_most_have_a_roster_of_their_own(tmp_path: Path) -> None:
    shown = [each for each in load_village() if each.id in SHOWN]
    assert len(shown) == len(SHOWN)
    sheet = openpyxl.load_workbook(roster_of(shown, ROSTER, tmp_path / "data")).worksheets[0]
    telephones = [str(row[5]) for row in sheet.iter_rows(min_row=5, values_only=True) if row[5]]
    assert [each[-7:] for each in telephones] == [each.number[-7:] for each in shown]


def test_without_their_stack_one_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(TelephonesError, match=r"pip install 'wenan\[sip,sip-village\]'"):
        Switchboard({})
