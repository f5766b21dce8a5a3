"""The registration comes back by itself, and one knows at any time whether it is there."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from itertools import pairwise

import pytest

from ivr.clock import LoopClock
from ivr.lines.health import LineHealth, LineState
from ivr.lines.sip.registration import Registration, pause_after
from ivr.lines.sip.stack import NativeCall, StackEvent
from ivr.virtual_time import run_virtual

NINE = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)


class RegistrarError(Exception):
    def __init__(self, answer: str) -> None:
        super().__init__(answer)
        self.status = int(answer[:3])


class Happening(Enum):
    REGISTER_FAIL = 2


@dataclass
class Event:
    event: Enum
    text: str | None = None
    call: int = 0


class Provider:
    """A user agent whose provider answers REGISTER as told; implements ``UserAgent``."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked_at: list[float] = []
        self.listeners: list[Callable[[StackEvent], None]] = []

    async def register(self, *, timeout: float) -> None:  # noqa: ARG002, ASYNC109
        self.asked_at.append(asyncio.get_running_loop().time())
        answer = self.answers.pop(0) if self.answers else "200 OK"
        await asyncio.sleep(0.1)
        if answer != "200 OK":
            raise RegistrarError(answer)

    async def unregister(self, *, timeout: float) -> None:  # noqa: ASYNC109
        raise NotImplementedError

    async def dial(self, uri: str, headers: dict[str, str] | None = None) -> NativeCall:
        raise NotImplementedError

    def on(self, listener: Callable[[StackEvent], None]) -> None:
        self.listeners.append(listener)

    def on_incoming(self, callback: Callable[[NativeCall], None]) -> None:
        raise NotImplementedError

    def loses_it(self) -> None:
        for listener in self.listeners:
            listener(Event(Happening.REGISTER_FAIL, "503 Service Unavailable"))


def test_a_provider_that_is_down_is_asked_again_and_again() -> None:
    provider = Provider("500 Server Error", "503 Service Unavailable")

    async def main(_clock: LoopClock) -> None:
        registration = Registration(provider, RegistrarError)
        assert registration.health == LineHealth(LineState.STARTING, "not registered yet")
        keeping = asyncio.create_task(registration.keep())
        assert not await registration.wait_ready(1.0)
        assert registration.health == LineHealth(LineState.DOWN, "not registered: 500 Server Error")
        assert await registration.wait_ready(60.0)
        assert registration.health == LineHealth(LineState.READY)
        keeping.cancel()

    run_virtual(main, NINE)
    assert len(provider.asked_at) == 3


def test_a_provider_that_refuses_us_is_not_pestered() -> None:
    provider = Provider("403 Forbidden")

    async def main(clock: LoopClock) -> None:
        registration = Registration(provider, RegistrarError)
        keeping = asyncio.create_task(registration.keep())
        await clock.sleep(299.0)
        assert len(provider.asked_at) == 1
        await clock.sleep(2.0)
        assert registration.health == LineHealth(LineState.READY)
        keeping.cancel()

    run_virtual(main, NINE)


@pytest.mark.parametrize("answer", ["401 Unauthorized", "403 Wrong Password", "404 Not Found"])
def test_a_refused_password_is_told_at_once_to_whoever_starts_or_dials(answer: str) -> None:
    provider = Provider(answer)

    async def main(clock: LoopClock) -> None:
        loop = asyncio.get_running_loop()
        registration = Registration(provider, RegistrarError)
        keeping = asyncio.create_task(registration.keep())
        began = loop.time()
        assert not await registration.wait_ready(30.0)
        assert registration.health == LineHealth(LineState.DOWN, f"not registered: {answer}")
        await clock.sleep(60.0)
        assert not await registration.wait_ready(30.0), "whoever dials a minute later need not wait either"
        assert loop.time() - began < 61.0
        await clock.sleep(240.05)
        assert await registration.wait_ready(30.0), "while it is asked again, that is worth waiting for"
        keeping.cancel()

    run_virtual(main, NINE)


def test_a_registration_that_is_lost_comes_back() -> None:
    provider = Provider()

    async def main(clock: LoopClock) -> None:
        registration = Registration(provider, RegistrarError)
        keeping = asyncio.create_task(registration.keep())
        assert await registration.wait_ready(1.0)
        await clock.sleep(3600)
        provider.loses_it()
        assert registration.health == LineHealth(LineState.DOWN, "not registered: 503 Service Unavailable")
        assert await registration.wait_ready(10.0)
        keeping.cancel()

    run_virtual(main, NINE)
    assert len(provider.asked_at) == 2


def test_after_a_time_without_trouble_a_lost_registration_is_asked_for_soon() -> None:
    provider = Provider(*["503 Service Unavailable"] * 6)

    async def main(clock: LoopClock) -> None:
        registration = Registration(provider, RegistrarError)
        keeping = asyncio.create_task(registration.keep())
        assert await registration.wait_ready(300.0)
        await clock.sleep(3600)
        provider.loses_it()
        assert await registration.wait_ready(3.0), "what was wrong an hour ago makes nobody wait a minute now"
        keeping.cancel()

    run_virtual(main, NINE)


def test_pauses_grow_to_a_minute_and_no_further() -> None:
    pauses = [pause_after(failures) for failures in range(1, 50)]
    assert pauses[0] == 2.0
    assert pauses[-1] == 60.0
    assert all(before <= after for before, after in pairwise(pauses))
