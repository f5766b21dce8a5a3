"""How many calls at once the engines keep up with, learnt from how long those who are waited for take.

A machine that is too slow for its calls, or busy with something else, serves all of them badly: everybody
waits, is asked again, and gives the engines more to do. So calls begin a few at a time, more while answers
are quick, and fewer as soon as they are not. One call is always held, however slow that is.
"""

from __future__ import annotations

from collections.abc import Callable

FIRST = 2
"""Calls that are begun before anything is known."""
TOO_LONG_S = 3.0
"""Seconds for an answer to be heard, its wait for the engines included, from which they do not keep up. Ten
times what a hearing takes, and about as long as people bear silence on the telephone."""
STEP_S = 5.0
"""So long all must have gone well for more calls to be begun."""
GROWTH, SHRINKING = 1.5, 0.7


class KeepingUp:
    """Says how many more calls may begin."""

    def __init__(self, behind_s: Callable[[], float], now: Callable[[], float]) -> None:
        """``behind_s``: seconds that answers take at the moment; ``now``: call time in seconds."""
        self._behind_s = behind_s
        self._now = now
        self._allowed = float(FIRST)
        self._changed_at: float | None = None

    def room(self, calls: int) -> int:
        """How many more calls may begin beside so many."""
        now = self._now()
        if self._changed_at is None:
            self._changed_at = now
        rested = now - self._changed_at >= STEP_S
        if self._behind_s() > TOO_LONG_S:
            if rested:
                self._change(max(1.0, min(self._allowed, float(calls)) * SHRINKING), now)
            return 0 if calls else 1
        if rested and calls >= int(self._allowed):
            self._change(max(self._allowed * GROWTH, self._allowed + 1.0), now)
        return max(0, int(self._allowed) - calls)

    def _change(self, allowed: float, now: float) -> None:
        self._allowed, self._changed_at = allowed, now
