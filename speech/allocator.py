"""How this process keeps the memory that engines ask for and give back."""

from __future__ import annotations

import ctypes
import sys

_ARENA_MAX = -8
"""``M_ARENA_MAX`` of glibc's malloc.h."""
_ARENAS = 2


def share_arenas() -> bool:
    """Let all threads share two of the system's pools of memory; to be called before threads are started.

    glibc gives nearly every thread a pool of its own, and each keeps what the largest utterance took: 130 MB
    for two ears. Pools that exist already stay, and threads are shared out among them. Nothing is slower for
    it. Returns false where there is no glibc, and nothing to be done.
    """
    if not sys.platform.startswith("linux"):
        return False
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    return set_option is not None and bool(set_option(_ARENA_MAX, _ARENAS))
