"""Calls that come in: somebody rings us, and is answered or hears that we are busy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from ivr.lines import Call


class Incoming(Protocol):
    """One telephone that rings here."""

    @property
    def number(self) -> str:
        """Who rings, E.164; empty when the number is withheld or cannot be read. Numbers can be forged."""

    @property
    def provider_call_id(self) -> str:
        """The provider's name for the call."""

    async def answer(self) -> Call:
        """Pick up. Raises CallNotConnectedError when the caller is gone already."""

    async def refuse(self) -> None:
        """Let the caller hear that we are busy. Raises nothing."""


Take = Callable[[Incoming], None]
"""Is given every call that comes in, on the event loop, and sees to it that it is answered or refused."""


@runtime_checkable
class Answerable(Protocol):
    """A line on which we can be called. Until somebody takes the calls, callers hear that we are busy."""

    def take_calls(self, take: Take | None) -> None:
        """Give every call that comes in to ``take`` from now on; to nobody with None."""
