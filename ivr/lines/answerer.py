"""Who picked up in the network's own opinion: evidence for our ears, which decide."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, runtime_checkable

from ivr.lines import Call


class NetworkSays(StrEnum):
    """What a network that listens to the first seconds takes whoever picked up for."""

    PERSON = "person"
    MACHINE = "machine"


@runtime_checkable
class TellsAnswerer(Protocol):
    """A call whose network may say who picked up, seconds later or never."""

    @property
    def answerer(self) -> NetworkSays | None:
        """What it has said so far; None for nothing, or that it does not know."""


def network_says(call: Call) -> NetworkSays | None:
    """What the network of a call has said so far of who picked up."""
    return call.answerer if isinstance(call, TellsAnswerer) else None
