"""What may call the robot away from what it is doing."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from ivr.bridge import Seat
from ivr.media import Media
from ivr.overhearing import Overhearing


class Stop(Enum):
    """Why the robot stops speaking or waiting."""

    DISTRESS = auto()
    MACHINE = auto()
    KEY = auto()
    NEWS = auto()
    SPEECH = auto()


class Attention:
    """Knows what comes first: distress, then the news that it is a machine, then keys, then who comes."""

    def __init__(self, media: Media, overhearing: Overhearing, seat: Seat) -> None:
        """``seat``: where the call is put through to a person, whose coming is news."""
        self._media = media
        self._seat = seat
        self._overhearing = overhearing
        self.answerer_known = False
        """Whether the dialogue knows if a person or a machine answered; then signs of either mean nothing."""

    def called_away(self, *, keys_since: int = 0, only_if_clear: bool = False) -> Stop | None:
        """The first reason there is, leaving aside keys from before the frame ``keys_since``.

        With ``only_if_clear`` distress that must be asked about can wait, such as until an opening is said.
        """
        self._overhearing.collect()
        urgent = self._overhearing.urgent
        if any(cry.clear for cry in urgent) if only_if_clear else urgent:
            return Stop.DISTRESS
        if self._overhearing.tape_runs and not self.answerer_known:
            return Stop.MACHINE
        if any(key.frame >= keys_since for key in self._media.keys):
            return Stop.KEY
        return Stop.NEWS if self._seat.news else None

    async def until(self, done: Callable[[], bool], *, patience_s: float | None = None) -> Stop | None:
        """Wait until ``done`` or called away, or for so long; returns what called away.

        Raises LineGoneError.
        """
        await self._media.until(lambda: done() or self.called_away() is not None, patience_s=patience_s)
        return self.called_away()
