"""Ports for servers of tests: runs side by side are given none twice."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support import ports
from support.ports import BLOCKS, LOOPBACK, free_port, is_taken

TESTS = Path(__file__).parents[1]


def test_a_process_is_given_each_of_its_ports_once_before_one_comes_again():
    given = [free_port() for _ in range(20)]
    assert len(set(given)) == len(given)
    (first,) = {port - port % BLOCKS.step for port in given}
    assert first in BLOCKS
    assert first not in given, "it stands for the block"


def test_another_process_is_given_others():
    ours = free_port()
    theirs = subprocess.run(
        [sys.executable, "-c", "from support.ports import free_port; print(free_port())"],
        cwd=TESTS,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(theirs.stdout) // BLOCKS.step != ours // BLOCKS.step


def test_a_port_in_use_is_passed_over():
    before = free_port()
    expected = before + 1 if (before + 1) % BLOCKS.step else before + 2 - BLOCKS.step
    with socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind((LOOPBACK, expected))
        assert free_port() != expected


def test_with_no_port_left_it_is_an_error(monkeypatch):
    monkeypatch.setattr(ports, "_is_free", lambda _port: False)
    with pytest.raises(OSError, match="in use"):
        free_port()


@pytest.mark.parametrize("tcp", [False, True])
def test_who_waits_for_a_server_sees_it_take_its_port(tcp):
    port = free_port()
    assert not is_taken(port, tcp=tcp)
    with socket.socket(type=socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as server:
        server.bind((LOOPBACK, port))
        if tcp:
            server.listen()
        assert is_taken(port, tcp=tcp)
        assert not is_taken(port, tcp=not tcp)


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells who has a port without taking it for a moment"
)
@pytest.mark.parametrize("tcp", [False, True])
def test_who_waits_for_a_server_never_keeps_the_port_from_it(tcp, monkeypatch):
    port = free_port()
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a socket of the one who waits"))
    assert not is_taken(port, tcp=tcp)
