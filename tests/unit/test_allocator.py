"""Engines' threads share pools of memory where the system lets them."""

from __future__ import annotations

import platform

from speech.allocator import share_arenas


def test_pools_are_shared_where_there_is_glibc_and_nothing_happens_elsewhere() -> None:
    assert share_arenas() == (platform.libc_ver()[0] == "glibc")
    assert share_arenas() == share_arenas()
