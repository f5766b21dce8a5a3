"""Engines' threads share pools of memory where the system lets them."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

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


_POOLS = """
import ctypes, os, tempfile
import wenan.product
import concurrent.futures, threading
everybody = threading.Barrier(6)
with concurrent.futures.ThreadPoolExecutor(6) as threads:
    list(threads.map(lambda _: (bytearray(100_000), everybody.wait()), range(6)))
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
libc.fclose.argtypes = [ctypes.c_void_p]
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
with tempfile.NamedTemporaryFile() as told:
    file = libc.fopen(told.name.encode(), b"w")
    libc.malloc_info(0, file)
    libc.fclose(file)
    print(told.read().count(b"<heap nr="))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has pools to share")
def test_however_many_threads_a_gateway_has_there_are_two_pools() -> None:
    told = subprocess.run(  # noqa: S603 - a program of ours
        [sys.executable, "-c", _POOLS], check=True, capture_output=True, text=True
    )
    assert int(told.stdout) == 2
