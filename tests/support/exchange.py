"""A town exchange on loopback: a stateless proxy (RFC 3261, 16.11) that leads a number to its telephone.

It stands between our line and telephones of other makers, as a trunk does: our line knows one server, and
which telephone rings is decided by the number alone. What is said after the answer goes directly.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import cast

_BRANCH = "z9hG4bK-exchange-"
_USER = re.compile(r"^[A-Z]+ sip:([^@;> ]+)@")
_VIA = re.compile(r"^(?:Via|v)\s*:\s*(.*)$", re.IGNORECASE)
_SENT_BY = re.compile(r"SIP/2\.0/UDP\s+([\d.]+):(\d+)", re.IGNORECASE)
_RPORT = re.compile(r";rport(?==|;|$)(?:=(\d+))?")
_HOPS = re.compile(r"^Max-Forwards\s*:\s*(\d+)\s*$", re.IGNORECASE | re.MULTILINE)


class Exchange(asyncio.DatagramProtocol):
    """Forwards requests by the user of their address, and answers back the way they came."""

    def __init__(self, telephones: Mapping[str, int]) -> None:
        """``telephones``: number -> loopback port. Who is not named does not exist (404)."""
        self.telephones = dict(telephones)
        self.rung: list[str] = []
        """Numbers that were called, in order."""
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def port(self) -> int:
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace").split("\r\n")
        if len(lines) > 1:
            self._answer(lines, body) if lines[0].startswith("SIP/2.0 ") else self._ask(lines, body, addr)

    def _ask(self, lines: list[str], body: bytes, addr: tuple[str, int]) -> None:
        found = _USER.match(lines[0])
        number = found[1] if found else ""
        via = next(index for index, line in enumerate(lines) if _VIA.match(line))
        # CANCEL and the ACK of a refusal must take the branch of their INVITE: it follows from theirs.
        branch = _BRANCH + sha256(lines[via].split("branch=")[-1].split(";")[0].encode()).hexdigest()[:16]
        lines[via] = _RPORT.sub(f";rport={addr[1]};received={addr[0]}", lines[via])
        method = lines[0].split()[0]
        if method == "INVITE":
            self.rung.append(number)
        if number not in self.telephones:
            if method != "ACK":
                kept = [
                    x for x in lines if re.match(r"(Via|v|From|f|To|t|Call-ID|i|CSeq)\s*:", x, re.IGNORECASE)
                ]
                self._answer(["SIP/2.0 404 Not Found", f"Via: SIP/2.0/UDP x:1;branch={branch}", *kept,
                              "Content-Length: 0"], b"")  # fmt: skip
            return
        text = _HOPS.sub(lambda hops: f"Max-Forwards: {int(hops[1]) - 1}", "\n".join(lines))
        lines = text.split("\n")
        lines.insert(via, f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch}")
        self._send(lines, body, self.telephones[number])

    def _answer(self, lines: list[str], body: bytes) -> None:
        vias = [index for index, line in enumerate(lines) if _VIA.match(line)]
        del lines[vias[0]]
        way_back = lines[vias[1] - 1]
        seen, sent_by = _RPORT.search(way_back), _SENT_BY.search(way_back)
        port = seen[1] if seen and seen[1] else sent_by[2] if sent_by else ""
        if port:
            self._send(lines, body, int(port))

    def _send(self, lines: list[str], body: bytes, port: int) -> None:
        assert self._transport is not None
        self._transport.sendto("\r\n".join(lines).encode() + b"\r\n\r\n" + body, ("127.0.0.1", port))


@asynccontextmanager
async def exchange(telephones: Mapping[str, int]) -> AsyncIterator[Exchange]:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Exchange(telephones), local_addr=("127.0.0.1", 0)
    )
    try:
        yield protocol
    finally:
        transport.close()
