"""What every connected call of a real line has in common, whatever carries its sound."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

from ivr.lines import LineEvent
from ivr.lines.inbox import Inbox
from ivr.lines.pacing import Pacer
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, Pcm

HUNG_UP_HERE = "hung up here"


class ConnectedCall(ABC):
    """One connected call; implements ``ivr.lines.Call``. A line adds how frames leave and how it hangs up."""

    def __init__(self, provider_call_id: str, *, max_call_s: float, lead_s: float) -> None:
        """Begin now; after ``max_call_s`` the call ends, whatever happens.

        ``lead_s``: seconds of sound that the line is handed ahead of time.
        """
        self.provider_call_id = provider_call_id
        self._inbox = Inbox()
        self._lead_s = lead_s
        self._pacer = Pacer(lead_s)
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._hanging_up: asyncio.Task[None] | None = None
        self._limit = self._loop.call_later(max_call_s, self._run_out, max_call_s)

    @property
    def cause(self) -> str:
        """Why the call is over; empty while it goes on."""
        return self._inbox.cause

    @property
    def over(self) -> bool:
        """Whether the call has ended, for whatever reason."""
        return bool(self._inbox.cause)

    @property
    def seconds(self) -> float:
        """How long ago the call began."""
        return self._loop.time() - self._began

    async def receive(self) -> LineEvent:
        """The next event; once the call is over and all was received, FarEndHungUp for ever."""
        return await self._inbox.receive()

    async def send(self, pcm: Pcm) -> None:
        """Hand over one frame of 160 samples; returns when the next one is due.

        For one sender at a time. On a call that is over it still takes its 20 ms: nobody who only sends may
        spin. Raises ValueError for anything but a whole frame.
        """
        if self.over:
            await asyncio.sleep(FRAME_SECONDS)
            return
        if len(pcm) != FRAME_SAMPLES:
            raise ValueError(f"A frame has {FRAME_SAMPLES} samples, not {len(pcm)}")
        await self._play(pcm)
        await asyncio.sleep(self._pacer.wait_after(self._loop.time()))

    async def hang_up(self) -> None:
        """End the call; calling it again waits for the same end."""
        # Shielded: whoever stops waiting does not stop the hanging up.
        await asyncio.shield(self._start_parting())

    def _finish(self, cause: str) -> bool:
        """The call is over; False when it was already."""
        self._limit.cancel()
        return self._inbox.end(cause)

    def _run_out(self, seconds: float) -> None:
        self._end(f"the longest time for a call is over ({seconds:.0f} s)")

    def _end(self, cause: str) -> None:
        """Hang up for a reason of our own."""
        self._give_up(cause)
        self._start_parting()

    def _start_parting(self) -> asyncio.Task[None]:
        if self._hanging_up is None:
            self._hanging_up = self._loop.create_task(self._part())
        return self._hanging_up

    @abstractmethod
    async def _play(self, pcm: Pcm) -> None:
        """Hand one whole frame to what carries it."""

    @abstractmethod
    def _give_up(self, cause: str) -> None:
        """The call is over from our side; what carries it is seen to by ``_part``."""

    @abstractmethod
    async def _part(self) -> None:
        """Hang up at the network."""
