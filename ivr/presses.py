"""Which of the keys that a line tells count: each press once, in whatever way and however often it comes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

_SAME_PRESS_FRAMES = 30
"""The same key again within 0.6 s is a trembling hand, not the answer to a question nobody has heard yet."""
_TOLD_LATE_FRAMES = 150
"""By so much (3 s) a network's word of a key may come after the key's own sound."""
_REMEMBERED = 20
_KEYS = frozenset("0123456789*#")


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it arrived."""

    digit: str
    frame: int
    """Where in the recording."""


class Presses:
    """The keys of one call.

    A line tells them as events, as sound, or both ways. Sound alone counts until the line has told one key
    as an event: it tells all of them then, and tones are only tones. The event of a key that has counted by
    its sound already does not count again.
    """

    def __init__(self) -> None:
        self._events_are_told = False
        self._by_sound: deque[Key] = deque(maxlen=_REMEMBERED)
        """Keys of which only the sound is known yet."""
        self._last: Key | None = None
        self._from = 0

    def told(self, key: Key) -> bool:
        """The line says that a key was pressed; returns whether it counts."""
        self._events_are_told = True
        while self._by_sound and key.frame - self._by_sound[0].frame > _TOLD_LATE_FRAMES:
            self._by_sound.popleft()
        for heard in self._by_sound:
            if heard.digit == key.digit:
                self._by_sound.remove(heard)
                return False
        return self._counts(key)

    def sounded(self, key: Key) -> bool:
        """A key was heard; returns whether it counts. The letters that some keypads have never do."""
        if self._events_are_told or key.digit not in _KEYS:
            return False
        self._by_sound.append(key)
        return self._counts(key)

    def ignore_until(self, frame: int) -> None:
        """Keys pressed before this frame are meant for what is over."""
        self._from = frame

    def _counts(self, key: Key) -> bool:
        last, self._last = self._last, key
        twice = last is not None and last.digit == key.digit and key.frame - last.frame < _SAME_PRESS_FRAMES
        return not twice and key.frame >= self._from
