"""The beat of 20 ms to which all calls of a line play."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import count

from speech.types import FRAME_SECONDS


class Metronome:
    """Beats every 20 ms for everybody who takes part, by absolute deadlines: a late beat is made up for."""

    def __init__(self) -> None:
        self._players: dict[Callable[[], None], None] = {}
        self._beats: Iterator[float] = iter(())
        self._timer: asyncio.TimerHandle | None = None

    def start(self, player: Callable[[], None]) -> None:
        """Take part from the next beat on."""
        self._players[player] = None
        if self._timer is None:
            loop = asyncio.get_running_loop()
            zero = loop.time()
            self._beats = (zero + number * FRAME_SECONDS for number in count(1))
            self._timer = loop.call_at(next(self._beats), self._beat, loop)

    def stop(self, player: Callable[[], None]) -> None:
        """Take no more part. Without anybody there is no beat, and virtual time may jump for hours."""
        self._players.pop(player, None)
        if not self._players and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_at(next(self._beats), self._beat, loop)
        for player in self._players:
            # Each in a callback of its own: one call's failure must not cost another its frame.
            loop.call_soon(player)
