"""How this process keeps the memory that engines ask for and give back."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Callable

_ARENA_MAX = -8
"""``M_ARENA_MAX`` of glibc's malloc.h."""
_ARENAS = 2


def share_arenas() -> bool:
    """Let all threads share two of the system's pools of memory; to be called before there are threads.

    Libraries start some when they are imported. glibc gives nearly every thread a pool of its own, and each
    keeps what the largest utterance took. Pools that exist already stay, and threads are
    shared out among them. Nothing is slower for it.
    Returns false where there is no glibc, and nothing to be done.
    """
    if not sys.platform.startswith("linux"):
        return False
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    return set_option is not None and bool(set_option(_ARENA_MAX, _ARENAS))


def give_back() -> bool:
    """Return free memory to the system, that between pieces in use included; some milliseconds.

    glibc by itself returns only what lies at the end of a pool, and something small always comes to lie
    there. Returns false where there is no glibc, and nothing to be done.
    """
    if not sys.platform.startswith("linux"):
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None:
        return False
    trim(0)
    return True


class NowAndThen:
    """Does something when it is called, but not more often than every so many seconds; for any threads."""

    def __init__(
        self, what: Callable[[], object], every_s: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        """The first time is ``every_s`` from now."""
        self._what = what
        self._every_s = every_s
        self._now = now
        self._last = now()
        self._lock = threading.Lock()

    def __call__(self) -> None:
        """Do it if it is time."""
        with self._lock:
            if self._now() - self._last < self._every_s:
                return
            self._last = self._now()
        self._what()
