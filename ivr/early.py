"""Reading what somebody has said so far while they may still go on: the reply need not wait for it."""

from __future__ import annotations

import asyncio

from ivr.listening import Stretch
from ivr.overhearing import SHORTEST_CRY_S, Overhearing
from ivr.senses import Reading


def more_urgent(earlier: Reading | None, later: Reading) -> Reading:
    """Of two readings of an utterance the more urgent, the later of equals: going on takes back no cry."""
    if earlier is not None and earlier.understanding.urgency > later.understanding.urgency:
        return earlier
    return later


class EarlyReading:
    """Reads one beginning of an utterance at a time; engines are never kept busy with two of one call.

    When the elder goes on, what was made out of the beginning is thrown away, but for its urgency.
    """

    def __init__(self, overhearing: Overhearing, question: str) -> None:
        self._overhearing = overhearing
        self._question = question
        self._stretch: Stretch | None = None
        self._task: asyncio.Task[Reading] | None = None
        self._before: tuple[Stretch, Reading] | None = None

    @property
    def before(self) -> Reading | None:
        """The most urgent of the readings after which the elder went on."""
        return self._before[1] if self._before else None

    def begin(self, stretch: Stretch) -> None:
        """Read this, unless it is too short for a word, or being read, or another reading still runs.

        Raises SensesFailedError when an earlier reading failed.
        """
        if stretch == self._stretch or stretch.voiced_s < SHORTEST_CRY_S:
            return
        if self._task is not None and self._stretch is not None:
            if not self._task.done():
                return
            self._before = (self._stretch, more_urgent(self.before, self._task.result()))
        self._stretch, self._task = stretch, self._overhearing.read(stretch, self._question)

    def result(self, stretch: Stretch) -> Reading | None:
        """What exactly this was made out to be; None if that is not known. Raises SensesFailedError."""
        if self._task is None or stretch != self._stretch or not self._task.done():
            return None
        return self._task.result()

    @property
    def idle(self) -> bool:
        """Whether nothing has been read yet."""
        return self._task is None

    @property
    def latest(self) -> tuple[Stretch, Reading] | None:
        """What was read last, and of how much, if that is done. Raises SensesFailedError."""
        if self._task is None or self._stretch is None or not self._task.done():
            return None
        return self._stretch, self._task.result()

    def reads(self, stretch: Stretch) -> bool:
        """Whether exactly this is being read, or has been."""
        return stretch == self._stretch

    def reading(self, stretch: Stretch) -> asyncio.Task[Reading]:
        """The reading of a finished utterance, perhaps begun or done already."""
        if self._task is not None and stretch == self._stretch:
            return self._task
        self._hand_over()
        return self._overhearing.read(stretch, self._question)

    def give_up(self) -> None:
        """Something else came first: what was read so far is only examined for what must not wait."""
        self._hand_over()
        if self._before is not None:
            self._overhearing.keep(*self._before)

    def _hand_over(self) -> None:
        if self._task is not None and self._stretch is not None:
            self._overhearing.adopt(self._stretch, self._task)
        self._stretch = self._task = None
