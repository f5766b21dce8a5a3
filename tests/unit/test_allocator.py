"""Engines' threads share pools of memory where the system lets them."""

from __future__ import annotations

import platform

from speech.allocator import NowAndThen, give_back, share_arenas


def test_pools_are_shared_where_there_is_glibc_and_nothing_happens_elsewhere() -> None:
    assert share_arenas() == (platform.libc_ver()[0] == "glibc")
    assert share_arenas() == share_arenas()


def test_free_memory_is_given_back_where_there_is_glibc() -> None:
    assert give_back() == (platform.libc_ver()[0] == "glibc")


def test_now_and_then_is_no_more_often_than_that() -> None:
    moment, done = [100.0], []
    tidy = NowAndThen(lambda: done.append(moment[0]), 30.0, lambda: moment[0])
    for moment[0] in (100.0, 129.9, 130.0, 131.0, 159.9, 200.0):
        tidy()
    assert done == [130.0, 200.0]
