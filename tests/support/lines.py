"""A simulated line with one person on it, in virtual time."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from ivr.clock import LoopClock
from ivr.lines import FarEndHungUp
from ivr.lines.simulated import SimulatedCall, SimulatedLine
from ivr.virtual_time import run_virtual
from support.telephone import Person

MORNING = datetime(2024, 3, 5, 1, 0, tzinfo=UTC)
NUMBER = "+865331234567"
T = TypeVar("T")


def with_line(
    person: Person, story: Callable[[SimulatedLine, LoopClock], Awaitable[T]], **quality: float
) -> T:
    async def main(clock: LoopClock) -> T:
        return await story(SimulatedLine({NUMBER: person}.__getitem__, clock, **quality), clock)

    return run_virtual(main, MORNING)


async def receive_all(call: SimulatedCall) -> list[object]:
    events: list[object] = []
    while not events or not isinstance(events[-1], FarEndHungUp):
        events.append(await call.receive())
    return events
