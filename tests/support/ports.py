"""Free loopback ports for programs that are told theirs; no two processes of tests are given the same one.

A port that the system picks for a probe may be somebody else's by the time the program it is meant for takes
it. So every process of tests holds a block of its own, above the ports that Linux gives out by itself
(32768-60999), and takes one after the other: by the time it comes back to the first, that one is long free.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle, islice
from pathlib import Path

LOOPBACK = "127.0.0.1"
BLOCKS = range(61_000, 65_500, 100)
"""First port of each block: it is not given out, who has it bound holds the block."""


def free_port() -> int:
    """A port that nobody uses, neither by TCP nor by UDP. Raises OSError when this process has none left."""
    for port in islice(_own_ports(), BLOCKS.step):
        if _is_free(port):
            return port
    raise OSError("every port of this process is in use")


def is_taken(port: int, *, tcp: bool) -> bool:
    """Whether somebody has the port: the system is asked, for a try would keep it from whose it is to be.

    Where the system does not tell (it is not Linux), it is tried all the same.
    """
    sockets = Path(f"/proc/self/net/{'tcp' if tcp else 'udp'}")
    if not sockets.exists():
        return not _is_free(port)
    lines = sockets.read_text(encoding="ascii").splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") for line in lines)


@cache
def _own_ports() -> Iterator[int]:
    """The ports of this process, over and over."""
    for first in BLOCKS:
        holding = socket.socket()
        try:
            holding.bind((LOOPBACK, first))
        except OSError:
            holding.close()
            continue
        holding.detach()  # stays bound until the process ends, however that ends
        return cycle(range(first + 1, first + BLOCKS.step))
    raise OSError(f"{len(BLOCKS)} processes are testing already")


def _is_free(port: int) -> bool:
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        try:
            tcp.bind((LOOPBACK, port))
            udp.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
