"""Two calls hear each other: what is passed on, who waits for whom, and how they part."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.calls import MORNING, Hears, Interview, Notes, bye, senses
from support.casebook import HandClock
from support.telephone import Behaviour, Person, hang_up
from support.transfers import ELDERS_VOICE, WORKERS_VOICE, hears, seconds_of, speaks, waits

from ivr import bridge as bridges
from ivr.bridge import MOST_FRAMES, Bridge, Pipe, Seat, Side
from ivr.call import converse
from ivr.clock import LoopClock
from ivr.dialogue.actions import Action, Join
from ivr.dialogue.events import NobodyCame, Parted, PersonRung, PersonThere
from ivr.lines.simulated import SimulatedLine
from ivr.lines.wire import SILENCE
from ivr.report import CallReport
from ivr.virtual_time import run_virtual
from speech.types import FRAME_SAMPLES

NUMBERS = {Side.ELDER: "+865331234567", Side.WORKER: "+8613853300011"}


@given(st.lists(st.booleans(), max_size=200))
def test_sound_comes_out_in_order_and_never_late(course: list[bool]) -> None:
    """True: a frame arrives; False: one is taken. What waits too long is left out, nothing is said twice."""
    pipe, put, taken = Pipe(), 0, list[int]()
    for arrives in course:
        if arrives:
            put += 1
            pipe.put(np.full(FRAME_SAMPLES, put, np.int16))
        elif (frame := pipe.take()) is not SILENCE:
            taken.append(int(frame[0]))
            assert put - taken[-1] < MOST_FRAMES
    assert taken == sorted(set(taken))


@dataclass
class Met:
    """What came of two calls."""

    bridge: Bridge
    people: dict[Side, Person]
    dialogues: dict[Side, Interview]
    reports: dict[Side, CallReport]

    def parted(self, side: Side) -> list[str]:
        return [event.how for event in self.dialogues[side].heard(Parted)]


def meet(elder: Callable[[], Behaviour], worker: Callable[[], Behaviour], *, late_s: float = 0.0) -> Met:
    """Both calls are answered and join at once, the worker's ``late_s`` later; then each says goodbye."""

    async def main(clock: LoopClock) -> Met:
        people = {Side.ELDER: Person(elder), Side.WORKER: Person(worker)}
        bridge, dialogues = Bridge(clock), dict[Side, Interview]()
        bridge.with_whom = "li"

        async def call(side: Side, executor: ThreadPoolExecutor) -> CallReport:
            await asyncio.sleep(late_s if side is Side.WORKER else 0.0)
            line = SimulatedLine({NUMBERS[side]: people[side]}.__getitem__, clock)
            joins: tuple[Action, ...] = (Join(),)
            dialogues[side] = Interview(joins, bye())
            return await converse(
                await line.dial(NUMBERS[side], reference=side.name),
                partner=dialogues[side],
                language="zh-CN",
                senses=senses(Hears(), executor=executor, energy=True),
                clock=clock,
                observer=Notes(),
                seat=Seat(side, bridge),
            )

        with ThreadPoolExecutor(2) as executor:
            reports = await asyncio.gather(*(call(side, executor) for side in Side))
        return Met(bridge, people, dialogues, dict(zip(Side, reports, strict=True)))

    return run_virtual(main, MORNING)


def in_turn(*then: Callable[[], Behaviour]) -> Callable[[], Behaviour]:
    def behaviour() -> Behaviour:
        for each in then:
            yield from each()

    return behaviour


def test_each_hears_the_other_once() -> None:
    elder = in_turn(hears(WORKERS_VOICE), waits(3), speaks(ELDERS_VOICE, 1.0), waits(60))
    worker = in_turn(waits(4), speaks(WORKERS_VOICE, 2.0), hears(ELDERS_VOICE), waits(2), hang_up)
    met = meet(elder, worker)
    assert seconds_of(met.people[Side.ELDER].heard, WORKERS_VOICE) == pytest.approx(2.0, abs=0.05)
    assert seconds_of(met.people[Side.WORKER].heard, ELDERS_VOICE) == pytest.approx(1.0, abs=0.05)
    assert seconds_of(met.people[Side.ELDER].heard, ELDERS_VOICE) == 0, "nobody hears themselves"
    assert met.parted(Side.ELDER) == ["left"]
    assert met.reports[Side.WORKER].cause == "normal"
    assert met.reports[Side.ELDER].duration_s < 20, "who is left alone is spoken to, not left in silence"
    talked = met.bridge.talked
    assert talked is not None
    assert talked.to == "li"
    assert 5 < talked.seconds < 12


def test_both_are_recorded_on_the_elders_call() -> None:
    elder = in_turn(hears(WORKERS_VOICE), speaks(ELDERS_VOICE, 1.0), waits(2), hang_up)
    met = meet(elder, in_turn(waits(4), speaks(WORKERS_VOICE, 2.0), waits(60)))
    recording = met.reports[Side.ELDER].recording
    assert recording is not None
    whole = recording[: len(recording) // FRAME_SAMPLES * FRAME_SAMPLES]
    left, right = (list(whole[:, side].reshape(-1, FRAME_SAMPLES)) for side in (0, 1))
    assert seconds_of(left, WORKERS_VOICE) == pytest.approx(2.0, abs=0.1)
    assert seconds_of(right, ELDERS_VOICE) == pytest.approx(1.0, abs=0.1)


def test_nobody_talks_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridges, "LONGEST_TALK_S", 10.0)
    met = meet(in_turn(waits(90)), in_turn(waits(90)))
    assert met.parted(Side.ELDER) == met.parted(Side.WORKER) == ["time"]


def test_who_waits_in_vain_hears_of_it() -> None:
    met = meet(in_turn(waits(90)), in_turn(waits(90)), late_s=60.0)
    assert met.parted(Side.ELDER) == met.parted(Side.WORKER) == ["never"]
    assert met.bridge.talked is None


def test_who_comes_to_somebody_who_has_gone_is_told_at_once() -> None:
    met = meet(in_turn(waits(4), hang_up), in_turn(waits(90)), late_s=6.0)
    assert met.parted(Side.WORKER) == ["never"]


class TestNews:
    """What the elder's dialogue is told, and what not."""

    def test_it_is_told_once_that_somebody_is_rung(self) -> None:
        bridge = _bridge()
        bridge.rung()
        bridge.rung()
        assert list(bridge.news) == [PersonRung()]

    def test_nobody_is_told_anything_who_has_gone(self) -> None:
        bridge = _bridge()
        bridge.rung()
        bridge.leave(Side.ELDER)
        bridge.nobody()
        assert not bridge.news
        assert not bridge.awaited

    def test_a_worker_who_was_rung_and_did_not_come_changes_nothing(self) -> None:
        bridge = _bridge()
        bridge.leave(Side.WORKER)
        still: bool = bridge.awaited
        assert still

    def test_after_the_last_nobody_is_awaited(self) -> None:
        bridge = _bridge()
        bridge.nobody(taken=True)
        assert list(bridge.news) == [NobodyCame(taken=True)]
        assert not bridge.awaited

    def test_a_call_without_a_bridge_has_no_news(self) -> None:
        seat = Seat(Side.ELDER)
        assert not seat.news
        with pytest.raises(LookupError):
            seat.take_news()
        seat.leave()


def test_who_has_gone_before_the_elder_was_told_is_somebody_who_took_the_order() -> None:
    """The elder hears that somebody has taken it, not that they are connected."""
    met: list[object] = []

    async def main(clock: LoopClock) -> None:
        bridge = Bridge(clock)
        line = SimulatedLine({NUMBERS[Side.WORKER]: Person(in_turn(waits(6), hang_up))}.__getitem__, clock)
        with ThreadPoolExecutor(2) as executor:
            await converse(
                await line.dial(NUMBERS[Side.WORKER], reference="worker"),
                partner=Interview((Join(),), bye()),
                language="zh-CN",
                senses=senses(Hears(), executor=executor, energy=True),
                clock=clock,
                observer=Notes(),
                seat=Seat(Side.WORKER, bridge),
            )
        met.extend(bridge.news)

    run_virtual(main, MORNING)
    assert met == [NobodyCame(taken=True)]
    assert PersonThere() not in met


def _bridge() -> Bridge:
    return Bridge(HandClock(MORNING))
