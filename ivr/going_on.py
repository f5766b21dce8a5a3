"""Whether the robot took its turn too soon: an elder who goes on speaking is given more time from then on."""

from __future__ import annotations

from ivr.listening import Stretch
from ivr.media import Media
from ivr.pace import Pace
from speech.types import FRAME_SECONDS

_GOING_ON_FRAMES = 35
"""Whoever speaks within 0.7 s of the robot's first sound does not answer it: they had not finished."""


class GoingOn:
    """Remembers where an answer ended, and learns from what is said right after the reply has begun."""

    def __init__(self, media: Media, pace: Pace) -> None:
        self._media = media
        self._pace = pace
        self._heard_until: int | None = None
        """Where what was said last ended, if it was an answer."""

    def replying_to(self, frame: int, waited_s: float) -> None:
        """What the robot says next answers something that was over at this frame, after such a wait."""
        self._heard_until = frame
        self._media.gaps.answered(frame, waited_s)

    def spoke(self, stretch: Stretch, *, barge_in: bool) -> None:
        """Whoever paused for long, or was cut off because they paused for longer, is given more time."""
        self._pace.paused(self._media.ear.voice(stretch).longest_pause_s or 0.0)
        replied = self._media.gaps.replied_at
        heard, self._heard_until = self._heard_until, None
        if not barge_in or replied is None or heard is None:
            return
        if stretch.start - replied < _GOING_ON_FRAMES:
            self._pace.paused((stretch.start - heard) * FRAME_SECONDS)
