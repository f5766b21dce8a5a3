"""The audio side of a telephone, packet by packet: what a SIPp scenario names as its RTP port."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from speech.audio import alaw_encode
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, Pcm
from support.telephone import frames_of

_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
PCMA = 8
KEYS = 101
_KEYS = "0123456789*#"


@dataclass(frozen=True)
class Packet:
    kind: int
    sequence: int
    timestamp: int
    source: int
    payload: bytes


class RtpSocket(asyncio.DatagramProtocol):
    """Keeps what arrives and sends to wherever it came from."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.audio_came: list[float] = []
        """When each packet of audio arrived, by the loop's clock."""
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._there: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()
        self._sequence = 100
        self._timestamp = 8000

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        _, kind, sequence, timestamp, source = _HEADER.unpack_from(data)
        self.packets.append(Packet(kind & 0x7F, sequence, timestamp, source, data[_HEADER.size :]))
        if kind & 0x7F == PCMA:
            self.audio_came.append(asyncio.get_running_loop().time())
        if not self._there.done():
            self._there.set_result(addr)

    def audio(self) -> list[Packet]:
        return [packet for packet in self.packets if packet.kind == PCMA]

    async def say(self, pcm: Pcm, *, losing: Collection[int] = ()) -> None:
        """Send audio in its own time; packets of these numbers get lost on the way."""
        await self._there
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number, frame in enumerate(frames_of(pcm)):
            await asyncio.sleep(began + number * FRAME_SECONDS - loop.time())
            self._send(PCMA, bytes(alaw_encode(frame)), arrives=number not in losing)
            self._timestamp += FRAME_SAMPLES

    async def press(self, digit: str, *, released: bool = True) -> None:
        """A key as RFC 4733 events: three while it is held, three that tell its end (or none: all lost)."""
        await self._there
        for number in range(1, 7):
            ends = number > 3
            event = _EVENT.pack(_KEYS.index(digit), 0x8A if ends else 0x0A, min(number, 3) * FRAME_SAMPLES)
            self._send(KEYS, event, arrives=released or not ends, marks=number == 1)
            if not ends:
                await asyncio.sleep(FRAME_SECONDS)
        self._timestamp += 4 * FRAME_SAMPLES

    def _send(self, kind: int, payload: bytes, *, arrives: bool = True, marks: bool = False) -> None:
        assert self._transport is not None
        header = _HEADER.pack(
            0x80, kind | (0x80 if marks else 0), self._sequence & 0xFFFF, self._timestamp, 7
        )
        self._sequence += 1
        if arrives:
            self._transport.sendto(header + payload, self._there.result())


@asynccontextmanager
async def rtp_socket() -> AsyncIterator[RtpSocket]:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        RtpSocket, local_addr=("127.0.0.1", 0)
    )
    try:
        yield protocol
    finally:
        transport.close()
