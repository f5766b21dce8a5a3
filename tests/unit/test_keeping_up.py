"""Calls begin a few at a time, more while answers are quick, and fewer as soon as they are not."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from support.calls import MORNING
from support.engines import SlowEngines

from ivr.keeping_up import FIRST, STEP_S, TOO_LONG_S, KeepingUp
from ivr.virtual_time import run_virtual


class Machine:
    """Takes so long for an answer, by the number of calls."""

    def __init__(self, per_call_s: float) -> None:
        self.per_call_s = per_call_s
        self.calls = 0
        self.now = 0.0
        self.keeping_up = KeepingUp(lambda: self.per_call_s * self.calls, lambda: self.now)

    def work(self, seconds: float, *, lines: int = 40, ended: int = 0) -> list[int]:
        """As a dialer does, every second; returns how many calls there were."""
        seen = []
        for _ in range(round(seconds)):
            self.now += 1.0
            self.calls = max(0, self.calls - ended)
            self.calls += min(lines - self.calls, self.keeping_up.room(self.calls))
            seen.append(self.calls)
        return seen


def test_on_a_quick_machine_all_lines_are_in_use_within_a_minute():
    calls = Machine(0.01).work(60)
    assert calls[0] == FIRST
    assert calls == sorted(calls)
    assert calls[-1] == 40


def test_on_a_slow_machine_no_more_begin_than_it_keeps_up_with():
    calls = Machine(0.5).work(600)
    assert max(calls) <= 10, "six are heard in three seconds; what was begun goes on to its end"
    assert calls[-1] >= 1


def test_when_something_else_takes_the_machine_calls_that_end_are_not_replaced_until_it_is_quick_again():
    machine = Machine(0.01)
    machine.work(60)
    machine.per_call_s = 1.0
    assert machine.work(60, ended=1)[-1] <= 4
    machine.per_call_s = 0.01
    assert machine.work(120)[-1] == 40


def test_however_slow_it_is_one_call_is_held():
    machine = Machine(100.0)
    machine.calls = 0
    assert machine.work(30)[-1] >= 1
    machine.calls = 0
    assert machine.keeping_up.room(0) >= 1


@given(st.lists(st.tuples(st.integers(0, 60), st.floats(0.0, 60.0)), max_size=60))
def test_what_is_promised_is_never_negative_and_nobody_begins_where_answers_take_too_long(looks):
    now, behind_s = 0.0, 0.0
    keeping_up = KeepingUp(lambda: behind_s, lambda: now)
    for calls, behind_s in looks:
        now += STEP_S
        room = keeping_up.room(calls)
        assert room >= 0
        assert room <= 1 or behind_s <= TOO_LONG_S
        assert calls or room >= 1


def test_the_queue_knows_how_long_those_take_who_are_waited_for():
    async def story() -> list[float]:
        engines = SlowEngines(4.0)
        seen = [engines.behind_s]
        engines.add(lambda: None, early=True)
        engines.add(lambda: None)
        await asyncio.sleep(3.0)
        seen.append(engines.behind_s)
        await asyncio.sleep(6.0)
        seen.append(engines.behind_s)
        await asyncio.sleep(20.0)
        seen.append(engines.behind_s)
        return [round(each, 1) for each in seen]

    assert run_virtual(lambda _clock: story(), MORNING) == [0.0, 3.0, 8.0, 0.0]
