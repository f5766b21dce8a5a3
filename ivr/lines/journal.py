"""The simulated exchange's own journal, and calls that come in through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ivr.clock import Clock
from ivr.lines import Call, Disposition


@dataclass(slots=True)
class CallEntry:
    """One line of the exchange's own journal: the proof of who was called, when and how often."""

    reference: str
    number: str
    dialled_at: datetime
    early_media: bool = False
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: str = ""
    """Why it ended: a disposition if nobody answered; ``normal``, ``hung up here``, or what went wrong."""


class SimulatedIncoming:
    """A telephone that rings here; implements ``ivr.lines.incoming.Incoming``."""

    def __init__(self, entry: CallEntry, connect: Callable[[], Call], clock: Clock) -> None:
        self.number = entry.number
        self.provider_call_id = entry.reference
        self._entry = entry
        self._connect = connect
        self._clock = clock

    async def answer(self) -> Call:
        """Pick up."""
        return self._connect()

    async def refuse(self) -> None:
        """Let the caller hear that we are busy."""
        self.end(Disposition.BUSY.value)

    def end(self, cause: str) -> None:
        """It came to nothing."""
        self._entry.cause, self._entry.ended_at = cause, self._clock.now()
