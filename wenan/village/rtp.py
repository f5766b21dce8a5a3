"""The sound of one telephone of the SIP village: 20 ms frames of G.711 and keys over RTP.

After RFC 3550 (packets), RFC 3551 (payload types 0 and 8) and RFC 4733 (keys). Shares nothing with the stack
that the product telephones with.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from ivr.lines.concealment import SILENCE
from speech.audio import alaw_decode, alaw_encode, mulaw_decode, mulaw_encode
from speech.types import FRAME_SAMPLES, Pcm

PCMU, PCMA = 0, 8
CODECS: dict[int, tuple[Callable[[Pcm], bytes], Callable[[bytes], Pcm]]] = {
    PCMU: (mulaw_encode, mulaw_decode),
    PCMA: (alaw_encode, alaw_decode),
}
KEYS = "0123456789*#"
CUSHION = 4
"""Frames waited for before playing: telephones even out what a network delivers unevenly."""
MOST = 25
"""Frames in hand above which the oldest are skipped: half a second behind is no conversation."""
LARGEST_GAP = 50
"""Lost packets in a row that are filled with silence; after more the count begins anew."""

_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_STAMP = struct.Struct("@ll")
_SO_TIMESTAMPNS = 35
"""Linux: the kernel notes when a packet came, however late this process looks. Python has no name for it."""
_VERSION_2 = 0x80
_MARKER = 0x80
_END_OF_KEY = 0x8A
_HELD = 0x0A
_HELD_FRAMES, _END_PACKETS = 4, 3
"""A key is held for 80 ms; its end is told three times, in case one gets lost."""
_WHOLE_COUNT = 1 << 16


class Heard:
    """What arrived, in order, and silence where something is missing. Pure."""

    def __init__(self) -> None:
        self._frames: deque[Pcm] = deque()
        self._next: int | None = None
        self._playing = False
        self.packets = self.lost = 0

    def push(self, sequence: int, pcm: Pcm) -> None:
        """Take the packet of this number (16 bits); what comes twice or too late is dropped."""
        ahead = 0 if self._next is None else (sequence - self._next) % _WHOLE_COUNT
        if ahead >= _WHOLE_COUNT // 2:
            return
        self.packets += 1
        self.lost += ahead
        if ahead <= LARGEST_GAP:
            self._frames.extend([SILENCE] * ahead)
        self._frames.append(pcm)
        self._next = (sequence + 1) % _WHOLE_COUNT
        while len(self._frames) > MOST:
            self._frames.popleft()

    def pull(self) -> Pcm:
        """The next frame of 20 ms; silence while there is none."""
        if not self._playing and len(self._frames) >= CUSHION:
            self._playing = True
        if self._playing and self._frames:
            return self._frames.popleft()
        self._playing = False
        return SILENCE


class RtpAudio:
    """One call's audio on a UDP port of loopback. Made on a running event loop; to be closed."""

    def __init__(self, payload: int, key_payload: int | None, there: tuple[str, int]) -> None:
        """``payload`` is a key of ``CODECS``; ``key_payload`` what the other side reads keys from."""
        self._encode, self._decode = CODECS[payload]
        self._payload, self._key_payload = payload, key_payload
        self._there = there
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", 0))
        with suppress(OSError):  # elsewhere than on Linux our own clock must do
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self.port: int = self._socket.getsockname()[1]
        self._heard = Heard()
        self._sequence = random.randrange(_WHOLE_COUNT)
        self._timestamp = random.randrange(1 << 31)
        self._source = random.randrange(1 << 32)
        self._key: deque[bytes] = deque()
        self._key_began = 0
        self.arrivals: list[float] = []
        """When each audio packet arrived, in seconds, by the kernel's own note where it makes one."""
        self.last_arrival: float = time.monotonic()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._receive)

    @property
    def packets(self) -> int:
        """How many audio packets arrived in order."""
        return self._heard.packets

    @property
    def lost(self) -> int:
        """How many were missing between them."""
        return self._heard.lost

    def close(self) -> None:
        """Give up the port."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def hear(self) -> Pcm:
        """Twenty milliseconds of what the other side says."""
        return self._heard.pull()

    def say(self, pcm: Pcm) -> None:
        """Send one frame of 160 samples, or what is left to be told of a key that was pressed."""
        if self._key:
            self._tell_key()
        else:
            self._send(self._payload, self._timestamp, self._encode(pcm))
        self._timestamp = (self._timestamp + FRAME_SAMPLES) % (1 << 32)

    def press(self, digit: str) -> None:
        """Press one of ``KEYS``, as far as the other side can be told."""
        if self._key_payload is None:
            return
        which = KEYS.index(digit)
        self._key.extend(
            _EVENT.pack(which, _HELD, number * FRAME_SAMPLES) for number in range(1, _HELD_FRAMES)
        )
        self._key.append(_EVENT.pack(which, _END_OF_KEY, _HELD_FRAMES * FRAME_SAMPLES))

    def _tell_key(self) -> None:
        event = self._key.popleft()
        if _EVENT.unpack(event)[2] == FRAME_SAMPLES:
            self._key_began = self._timestamp
        ends = event[1] == _END_OF_KEY
        for _ in range(_END_PACKETS if ends else 1):
            self._send(self._key_payload or 0, self._key_began, event)

    def _send(self, payload: int, timestamp: int, body: bytes) -> None:
        header = _HEADER.pack(_VERSION_2, payload, self._sequence, timestamp, self._source)
        self._sequence = (self._sequence + 1) % _WHOLE_COUNT
        try:
            self._socket.sendto(header + body, self._there)
        except OSError:  # the other side has closed its port, or the buffer is full: a packet is lost
            return

    def _receive(self) -> None:
        while True:
            try:
                data, notes, _, _ = self._socket.recvmsg(2048, 64)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if len(data) <= _HEADER.size:
                continue
            _, payload, sequence, _, _ = _HEADER.unpack_from(data)
            self.last_arrival = time.monotonic()
            if payload & ~_MARKER == self._payload:
                self.arrivals.append(_noted(notes))
                self._heard.push(sequence, self._decode(data[_HEADER.size :]))


def _noted(notes: list[tuple[int, int, bytes]]) -> float:
    """When the kernel saw the packet; where it does not say, now."""
    for level, kind, data in notes:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS) and len(data) >= _STAMP.size:
            seconds, nanoseconds = _STAMP.unpack_from(data)
            return float(seconds) + float(nanoseconds) * 1e-9
    return time.time()
