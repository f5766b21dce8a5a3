"""How long a far end that should be heard has sent nothing. Pure: the time is handed in.

The stack has such a watch of its own, but it counts the time of a hold as soon as that is over: who was held
for longer than the time-out would be cut off at the very moment when they come back to the telephone.
"""

from __future__ import annotations


class Silence:
    """Watches one call."""

    def __init__(self, limit_s: float, now: float) -> None:
        """``limit_s`` seconds without sound end a call; 0: none ever do."""
        self._limit_s = limit_s
        self._since = now

    def lasts_too_long(self, now: float, *, heard: bool, held: bool) -> bool:
        """Whether the far end is dead at ``now``; asked over and over, in seconds of one clock.

        ``heard``: something has arrived since this was asked last. ``held``: the far end has put us on hold
        (RFC 3264 section 8.4), and need send nothing.
        """
        if heard or held:
            self._since = now
        return 0 < self._limit_s <= now - self._since
