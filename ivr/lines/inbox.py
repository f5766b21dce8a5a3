"""What has come from the far end of a call and was not received yet, and that it is over."""

from __future__ import annotations

import asyncio
from collections import deque

from ivr.lines import FarEndHungUp, LineEvent


class Inbox:
    """Events in the order in which they came; after the last one the end of the call, for ever.

    Nothing is ever dropped: what an elder said may be late, never lost. For one receiver at a time.
    """

    def __init__(self) -> None:
        self.cause = ""
        """Why the call is over, in the line's own word; empty while it goes on."""
        self._arrived: deque[LineEvent] = deque()
        self._receiver: asyncio.Future[None] | None = None

    async def receive(self) -> LineEvent:
        """The next event; once the call is over and all was received, FarEndHungUp for ever."""
        while not self._arrived:
            if self.cause:
                return FarEndHungUp(self.cause)
            self._receiver = asyncio.get_running_loop().create_future()
            await self._receiver
        return self._arrived.popleft()

    def put(self, event: LineEvent) -> None:
        """Something came. After the end nothing counts any more."""
        if not self.cause:
            self._arrived.append(event)
            self._wake()

    def end(self, cause: str) -> bool:
        """The call is over; False when it was over already and the first cause stands."""
        if self.cause:
            return False
        self.cause = cause
        self._wake()
        return True

    def _wake(self) -> None:
        if self._receiver is not None and not self._receiver.done():
            self._receiver.set_result(None)
