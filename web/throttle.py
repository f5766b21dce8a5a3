"""Slows down guessing: after a few wrong passwords a login from an address has to wait."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

Key = tuple[str, str]
"""(login, address of the client)."""


@dataclass(slots=True)
class _Record:
    failures: int
    last: datetime


class SignInThrottle:
    """Counts wrong passwords per (login, address) in memory; forgets them after a quiet spell.

    Up to ``free`` failures cost nothing; then the wait doubles with each further one, from ``first_wait``
    up to ``longest_wait``. One process serves the panel, so memory is enough. At most ``capacity`` pairs
    are remembered; the one that failed longest ago is forgotten first.
    """

    def __init__(
        self,
        *,
        free: int = 5,
        first_wait: timedelta = timedelta(seconds=30),
        longest_wait: timedelta = timedelta(minutes=15),
        capacity: int = 10_000,
    ) -> None:
        self._free = free
        self._first_wait = first_wait
        self._longest_wait = longest_wait
        self._capacity = capacity
        self._records: OrderedDict[Key, _Record] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, key: Key, now: datetime) -> timedelta:
        """How long this login must wait at ``now`` before the next try; zero when it may try."""
        with self._lock:
            record = self._records.get(key)
            if record is None:
                return timedelta(0)
            if now - record.last > self._longest_wait:
                del self._records[key]
                return timedelta(0)
            return max(timedelta(0), record.last + self._penalty(record.failures) - now)

    def failed(self, key: Key, now: datetime) -> None:
        """Note a wrong password."""
        with self._lock:
            record = self._records.setdefault(key, _Record(0, now))
            record.failures += 1
            record.last = now
            self._records.move_to_end(key)
            while len(self._records) > self._capacity:
                self._records.popitem(last=False)

    def succeeded(self, key: Key) -> None:
        """Forget the failures of a login that got in."""
        with self._lock:
            self._records.pop(key, None)

    def _penalty(self, failures: int) -> timedelta:
        if failures < self._free:
            return timedelta(0)
        doublings = min(failures - self._free, 16)
        return min(self._longest_wait, self._first_wait * (1 << doublings))
