"""What a call sounded like: both sides, aligned by time, in bounded memory."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from speech.audio import alaw_decode, alaw_encode, mulaw_decode, mulaw_encode
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, Pcm

_FRAME_BYTES = 2 * FRAME_SAMPLES
_BLOCK_FRAMES = 100
_BLOCK_BYTES = _BLOCK_FRAMES * _FRAME_BYTES
_RECENT_BYTES = 5 * _BLOCK_BYTES
"""Ten seconds are at hand as they are: nearly all that is read again was said just now."""
_SLACK_FRAMES = 5
"""How far (100 ms) one side may lag behind the other before silence is put in its gap. The same line paces
both sides, so a longer lag is a real gap: a line that sends nothing in silence, a sender that stalled."""


_PLAIN, _ALAW, _MULAW = b"\0", b"A", b"M"
"""How a block is packed: as samples, or as the codes in which a telephone line carries them."""
_CODES: Mapping[bytes, tuple[Callable[[Pcm], bytes], Callable[[bytes], Pcm]]] = {
    _ALAW: (alaw_encode, alaw_decode),
    _MULAW: (mulaw_encode, mulaw_decode),
}


class Track:
    """One side of a call, frame after frame; what is older than some seconds is kept packed, without loss."""

    def __init__(self, most_frames: int, *, as_heard: bool = False) -> None:
        """Frames after the first ``most_frames`` are not kept.

        ``as_heard``: what is packed is what G.711 leaves of it; a voice of our own, which is finer than any
        telephone line, takes half as much so.
        """
        self._packed: list[bytes] = []
        """Blocks of ``_BLOCK_FRAMES``: half of their size or less, a third of a millisecond of work each."""
        self._recent = bytearray()
        self._as_heard = as_heard
        self._most_frames = most_frames
        self.frames = 0
        """Frames so far, kept or not."""

    def add(self, pcm: Pcm) -> None:
        """Append one frame of 160 samples."""
        if self.frames < self._most_frames:
            self._keep(pcm.tobytes())
        self.frames += 1

    @property
    def kept(self) -> int:
        """Frames that were kept."""
        return len(self._packed) * _BLOCK_FRAMES + len(self._recent) // _FRAME_BYTES

    def pieces(self) -> Iterator[Pcm]:
        """All that was kept, piece by piece: a whole call need not be in memory twice."""
        for block in self._packed:
            yield np.frombuffer(_unpacked(block), dtype=np.int16)
        yield np.frombuffer(bytes(self._recent), dtype=np.int16)

    def fill_up_to(self, frames: int) -> None:
        """Append silence until the track has so many frames."""
        missing = frames - self.frames
        if missing > 0:
            self._keep(bytes(_FRAME_BYTES * min(missing, max(0, self._most_frames - self.frames))))
            self.frames = frames

    def between(self, start: int, end: int) -> Pcm:
        """A copy of the frames from ``start`` up to but not including ``end``, as far as they were kept."""
        first, last = max(0, start) * _FRAME_BYTES, max(0, end) * _FRAME_BYTES
        block = min(first // _BLOCK_BYTES, len(self._packed))
        needed = self._packed[block : max(block, -(-last // _BLOCK_BYTES))]
        older = b"".join(map(_unpacked, needed))
        before = block * _BLOCK_BYTES
        piece = older[first - before : last - before]
        recent_from = len(self._packed) * _BLOCK_BYTES
        if last > recent_from:
            piece += self._recent[max(0, first - recent_from) : last - recent_from]
        return np.frombuffer(piece, dtype=np.int16)

    def forget(self) -> None:
        """Let go of everything, and keep nothing more; how many frames there were stays known."""
        self._packed.clear()
        self._recent = bytearray()
        self._most_frames = 0

    def _keep(self, sound: bytes) -> None:
        self._recent += sound
        while len(self._recent) >= _RECENT_BYTES + _BLOCK_BYTES:
            self._packed.append(_packed(bytes(self._recent[:_BLOCK_BYTES]), as_heard=self._as_heard))
            del self._recent[:_BLOCK_BYTES]


def _packed(sound: bytes, *, as_heard: bool) -> bytes:
    """A block, packed; as the line's own codes where it came in them."""
    pcm = np.frombuffer(sound, np.int16)
    if as_heard:
        return _MULAW + zlib.compress(mulaw_encode(pcm), level=1)
    for kind, (encode, decode) in _CODES.items():
        codes = encode(pcm)
        if np.array_equal(decode(codes), pcm):
            return kind + zlib.compress(codes, level=1)
    return _PLAIN + zlib.compress(sound, level=1)


def _unpacked(block: bytes) -> bytes:
    kind, inside = block[:1], zlib.decompress(block[1:])
    return inside if kind == _PLAIN else _CODES[kind][1](inside).tobytes()


class Recording:
    """The robot and the elder; time in a call is measured by it."""

    def __init__(self, max_seconds: float) -> None:
        """What comes after ``max_seconds`` is not kept: 24 kB of memory a second at most, mostly a third."""
        most = round(max_seconds / FRAME_SECONDS)
        self._robot = Track(most, as_heard=True)
        self._elder = Track(most)

    @property
    def frames(self) -> int:
        """How many frames the call has lasted so far."""
        return max(self._robot.frames, self._elder.frames)

    @property
    def seconds(self) -> float:
        """How long the call has lasted so far."""
        return self.frames * FRAME_SECONDS

    def add_robot(self, pcm: Pcm) -> None:
        """What the robot just sent: 160 samples."""
        self._robot.fill_up_to(self._elder.frames - _SLACK_FRAMES)
        self._robot.add(pcm)

    def add_elder(self, pcm: Pcm) -> int:
        """What the elder just sent, 160 samples; returns the index of this frame on the elder's side."""
        self._elder.fill_up_to(self._robot.frames - _SLACK_FRAMES)
        self._elder.add(pcm)
        return self._elder.frames - 1

    def elder(self, start: int, end: int) -> Pcm:
        """The elder from frame ``start`` up to but not including frame ``end``."""
        return self._elder.between(start, end)

    def forget(self) -> None:
        """Let go of the sound once it was given out; how long the call lasted stays known.

        A call is a knot of objects that know each other, and stays in memory until the collector of cycles
        comes round. Its sound is most of it.
        """
        self._robot.forget()
        self._elder.forget()

    def stereo(self) -> NDArray[np.int16]:
        """The whole call, shape (samples, 2): the robot left, the elder right."""
        sides = (self._robot, self._elder)
        both = np.zeros((max(track.kept for track in sides) * FRAME_SAMPLES, 2), np.int16)
        for channel, track in enumerate(sides):
            at = 0
            for piece in track.pieces():
                both[at : at + len(piece), channel] = piece
                at += len(piece)
        return both
