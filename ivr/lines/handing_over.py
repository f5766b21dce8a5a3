"""Calls that the network can connect with each other, so that two people go on talking without us.

What no line can do of this it says, and the two are bridged in our own process instead (``ivr.bridge``).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol, runtime_checkable

from ivr.lines import Call

HANDED_OVER = "handed over to the network"
"""Cause of a call that is over here and goes on between two others."""


class Referred(Enum):
    """What came of asking the network to ring somebody for the far end of a call."""

    CONNECTED = auto()
    """They speak with each other; the call is over here."""
    NOT_REACHED = auto()
    """It rang in vain, or was busy; the call goes on as before."""
    IMPOSSIBLE = auto()
    """The network does not do it; the call goes on as before, unless somebody hung up."""


@runtime_checkable
class Transferable(Protocol):
    """A call that can be connected with another of ours by the network (an attended transfer)."""

    async def hand_over(self, other: Call) -> bool:
        """Have the far ends of this call and of ``other`` connected. Raises nothing.

        True: they are, and both calls are over here. False: both go on as before, unless somebody hung up.
        """


@runtime_checkable
class Referable(Protocol):
    """A call whose far end can be sent to a number (a blind transfer)."""

    async def refer(self, number: str, *, ring_seconds: float) -> Referred:
        """Have ``number`` (E.164) rung and connected with the far end. Raises nothing.

        Sound goes both ways until somebody answers there.
        """
